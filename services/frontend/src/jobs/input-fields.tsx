import { Link } from "react-router";
import { writeFilter } from "../api/filter";
import { counted } from "../parts/counted";
import { type Draft, INPUTS, namesOf } from "./draft";
import { LinesEntry, TextEntry } from "./form-fields";
import styles from "./jobs.module.css";
import { filterText } from "./words";

const NAMES: Record<Draft["input"], string> = {
  prefix: "Images of the container, by their names",
  names: "Images that are named one by one",
  filter: "Images that the archive shows for a filter",
};

interface Props {
  draft: Draft;
  set(parts: Partial<Draft>): void;
  /** What is wrong with the filter, which has no field. */
  problem: string | undefined;
}

/** Which images the job classifies. */
export function InputFields({ draft, set, problem }: Props) {
  return (
    <fieldset className={styles.fields}>
      <legend>Which images</legend>
      <div className={styles.kinds}>
        {INPUTS.map((input) => (
          <label key={input}>
            <input type="radio" name="input" checked={draft.input === input} onChange={() => set({ input })} />
            {NAMES[input]}
          </label>
        ))}
      </div>
      {draft.input === "prefix" && (
        <>
          <TextEntry
            name="prefix"
            label="Name begins with"
            value={draft.prefix}
            onChange={(prefix) => set({ prefix })}
            hint="Without a beginning and a pattern, it is the whole container."
          />
          <TextEntry
            name="glob"
            label="Name matches"
            placeholder="**/*.jpg"
            value={draft.glob}
            onChange={(glob) => set({ glob })}
            hint="A pattern: * and ? stay within a folder, ** does not, [a-z] is one of them."
          />
        </>
      )}
      {draft.input === "names" && (
        <LinesEntry
          name="names"
          label="Names"
          isRequired
          value={draft.names}
          onChange={(names) => set({ names })}
          hint={`A name in each line, without the container: ${counted(namesOf(draft.names).length, "image")}.`}
        />
      )}
      {draft.input === "filter" && (
        <p className={styles.wide}>
          {filterText(draft.filter)}, as of the moment of submission.{" "}
          <Link to={`/?${writeFilter(draft.filter)}`}>Choose others in the archive</Link>
          {problem && <span className={styles.wrong}> {problem}</span>}
        </p>
      )}
    </fieldset>
  );
}
