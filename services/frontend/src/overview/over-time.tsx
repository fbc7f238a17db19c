import { useQuery } from "@tanstack/react-query";
import { Answered } from "./answered";
import { LabelsChart } from "./labels-chart";
import { Panel } from "./panel";
import { statisticsQuery, throughputQuery } from "./queries";
import { ScoresChart } from "./scores-chart";
import { ThroughputChart } from "./throughput-chart";
import type { View } from "./view";

/** How many images there were at which time, and what they were. */
export function OverTime({ view }: { view: View }) {
  const { filter, days } = view;
  const throughput = useQuery(throughputQuery(filter));
  const statistics = useQuery(statisticsQuery(view));
  return (
    <>
      <Answered question={throughput} about="Images per minute">
        {(found, at) => (
          <Panel title="Images per minute" note="over the last 24 hours">
            <ThroughputChart throughput={found} at={at} />
          </Panel>
        )}
      </Answered>
      <Answered question={statistics} about="Labels and scores">
        {(found) => (
          <>
            <Panel title="Labels by day" note={`over the last ${days} days`} width="twoThirds">
              <LabelsChart statistics={found} filter={filter} />
            </Panel>
            <Panel title="Scores" note={`over the last ${days} days; a bar leads to its images`} width="third">
              <ScoresChart statistics={found} filter={filter} />
            </Panel>
          </>
        )}
      </Answered>
    </>
  );
}
