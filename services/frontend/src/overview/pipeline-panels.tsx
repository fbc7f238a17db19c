import { useQuery } from "@tanstack/react-query";
import { Answered } from "./answered";
import { Panel } from "./panel";
import { pipelineQuery } from "./queries";
import { Queues } from "./queues";
import { Workers } from "./workers";

/** What is on its way, and who works on it: of all models and containers. */
export function PipelinePanels() {
  const pipeline = useQuery(pipelineQuery());
  return (
    <Answered question={pipeline} about="Queues and workers">
      {({ queues, workers }, at) => (
        <>
          <Panel title="Workers" note="of all models and containers">
            <Workers workers={workers} at={at} />
          </Panel>
          <Panel title="Queues" note="of all models and containers; a job has several images">
            <Queues queues={queues} />
          </Panel>
        </>
      )}
    </Answered>
  );
}
