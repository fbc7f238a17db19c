import type { Schemas } from "../api/client";
import { type CountFilter, ranked } from "../api/counts";
import type { ListQuery } from "../api/filter";
import { BarList } from "./bar-list";
import { Panel } from "./panel";
import { imagesOf } from "./view";

const TOP = 10;

interface Props {
  counts: Schemas["Counts"];
  filter: CountFilter;
}

/** What became of all images, and why. */
export function Breakdown({ counts, filter }: Props) {
  const address = (parts: ListQuery) => imagesOf({ ...filter, ...parts });
  const reasons = ranked(counts.reasons);
  const labels = ranked(counts.labels);
  return (
    <>
      <Panel title="Outcomes" width="third">
        <BarList
          entries={ranked(counts.outcomes)}
          addressOf={(outcome) => address({ outcome: outcome as Schemas["Outcome"] })}
        />
      </Panel>
      <Panel title="Why images were rejected" width="third">
        {reasons.length ? (
          <BarList
            entries={reasons}
            nameOf={(reason) => reason.replaceAll("_", " ")}
            addressOf={(reason) => address({ outcome: "rejected", reason: reason as Schemas["Reason"] })}
          />
        ) : (
          <p>No image was rejected.</p>
        )}
      </Panel>
      <Panel
        title="Labels"
        note={labels.length > TOP ? `the ${TOP} most frequent of ${labels.length}` : ""}
        width="third"
      >
        {labels.length ? (
          <BarList entries={labels.slice(0, TOP)} addressOf={(label) => address({ label })} />
        ) : (
          <p>No image was classified.</p>
        )}
      </Panel>
    </>
  );
}
