import { useQuery } from "@tanstack/react-query";
import { answer, api } from "../api/client";
import { countsQuery } from "../api/counts";
import { SelectField } from "../parts/field";
import { type Draft, FORMATS, formatIn } from "./draft";
import { NumberEntry, TextEntry } from "./form-fields";
import styles from "./jobs.module.css";

const MOST_IN_MESSAGE = 1000;
const MOST_RETRIES = 10;

interface Props {
  draft: Draft;
  set(parts: Partial<Draft>): void;
}

/** How the job is done. */
export function SettingsFields({ draft, set }: Props) {
  return (
    <fieldset className={styles.fields}>
      <legend>How</legend>
      <TextEntry
        name="model"
        label="Model"
        placeholder="the one that workers serve"
        value={draft.model}
        onChange={(model) => set({ model })}
        choices={useModels()}
        hint="As name:version. Without one, it is the model that workers of batch jobs serve."
      />
      <NumberEntry
        name="mini_batch_size"
        label="Images in one message"
        isRequired
        least={1}
        most={MOST_IN_MESSAGE}
        value={draft.miniBatchSize}
        onChange={(miniBatchSize) => set({ miniBatchSize })}
        hint="What a worker takes at once."
      />
      <NumberEntry
        name="error_threshold"
        label="Failures that it can do with"
        placeholder="any number"
        least={0}
        value={draft.errorThreshold}
        onChange={(errorThreshold) => set({ errorThreshold })}
        hint="With more than these, the job fails."
      />
      <NumberEntry
        name="max_retries"
        label="Times to try again"
        isRequired
        least={0}
        most={MOST_RETRIES}
        value={draft.maxRetries}
        onChange={(maxRetries) => set({ maxRetries })}
        hint="An image that vanished without an outcome."
      />
      <label className={styles.check}>
        <input type="checkbox" checked={draft.again} onChange={(event) => set({ again: event.target.checked })} />
        Classify images again that this model has answered already
      </label>
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={draft.fromEmbeddings}
          onChange={(event) => set({ fromEmbeddings: event.target.checked })}
        />
        Answer from stored embeddings where they fit, without heatmaps
      </label>
      <TextEntry
        name="output"
        label="File with the answers"
        placeholder="none"
        value={draft.output}
        onChange={(output) => set({ output, format: formatIn(output) ?? draft.format })}
        hint="Its name in the output container, as soon as the job has ended."
      />
      {draft.output && (
        <SelectField
          label="Format"
          value={draft.format}
          choices={FORMATS.map((value) => ({ value, name: value }))}
          onChange={(format) => set({ format: format as Draft["format"] })}
        />
      )}
    </fieldset>
  );
}

/** Models that workers serve or that have answered before. */
function useModels(): string[] {
  const { data: counts } = useQuery(countsQuery({}));
  const { data: pipeline } = useQuery({
    queryKey: ["pipeline"],
    queryFn: ({ signal }) => answer(api.GET("/v1/pipeline", { signal })),
  });
  const served = pipeline?.workers.flatMap(({ model }) => model ?? []) ?? [];
  return [...new Set([...served, ...Object.keys(counts?.models ?? {})])].sort();
}
