import { useQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { total } from "../api/counts";
import { Button } from "../parts/button";
import { Message } from "../parts/message";
import { Title } from "../parts/title";
import { Answered } from "./answered";
import { Breakdown } from "./breakdown";
import { Figures } from "./figures";
import { OverTime } from "./over-time";
import styles from "./overview.module.css";
import { PipelinePanels } from "./pipeline-panels";
import { currentCountsQuery } from "./queries";
import { readView, type View, writeView } from "./view";
import { ViewBar } from "./view-bar";

/** How all images are doing: what became of them, how many came at which time, and what is on its way. */
export function OverviewPage() {
  const [address, setAddress] = useSearchParams();
  const view = readView(address);
  const show = (wanted: View) => setAddress(writeView(wanted));
  const counts = useQuery(currentCountsQuery(view.filter));
  const isEmpty = counts.data !== undefined && total(counts.data.outcomes) === 0;
  return (
    <div className={styles.page}>
      <header className={styles.heading}>
        <Title text="Overview" />
        <ViewBar view={view} onChange={show} />
      </header>
      {isEmpty ? (
        <Nothing view={view} onClear={() => show({ ...view, filter: {} })} />
      ) : (
        <>
          <Figures filter={view.filter} />
          <OverTime view={view} />
          <Answered question={counts} about="Outcomes">
            {(found) => <Breakdown counts={found} filter={view.filter} />}
          </Answered>
        </>
      )}
      <PipelinePanels />
    </div>
  );
}

function Nothing({ view, onClear }: { view: View; onClear(): void }) {
  if (Object.keys(view.filter).length > 0) {
    return (
      <Message title="No image is like that">
        <Button onPress={onClear}>Count all images</Button>
      </Message>
    );
  }
  return (
    <Message title="There are no images yet">
      <p>Drop some into the container, and they are counted here as soon as they are classified.</p>
      <Link to="/upload">Upload pictures</Link>
    </Message>
  );
}
