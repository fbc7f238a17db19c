import { useQuery } from "@tanstack/react-query";
import { SelectField } from "../parts/field";
import styles from "./overview.module.css";
import { currentCountsQuery } from "./queries";
import { DAYS, type View } from "./view";

interface Props {
  view: View;
  onChange(view: View): void;
}

/** What the page counts. */
export function ViewBar({ view, onChange }: Props) {
  const { data: counts } = useQuery(currentCountsQuery({}));
  const { filter, days } = view;
  return (
    <search className={styles.bar}>
      <Choice
        label="Model"
        value={filter.model}
        names={Object.keys(counts?.models ?? {})}
        onChange={(model) => onChange({ days, filter: { ...filter, model } })}
      />
      <Choice
        label="Container"
        value={filter.container}
        names={Object.keys(counts?.containers ?? {})}
        onChange={(container) => onChange({ days, filter: { ...filter, container } })}
      />
      <SelectField
        label="Labels and scores of"
        value={String(days)}
        choices={DAYS.map((count) => ({ value: String(count), name: `the last ${count} days` }))}
        onChange={(count) => onChange({ filter, days: Number(count) })}
      />
    </search>
  );
}

interface ChoiceProps {
  label: string;
  value: string | undefined;
  names: string[];
  onChange(name: string): void;
}

/** One of several, or all. What the address has chosen can be taken back, even if there is no such thing. */
function Choice({ label, value = "", names, onChange }: ChoiceProps) {
  const choices = [...new Set(value ? [...names, value] : names)].sort();
  if (choices.length < 2 && !value) return null;
  return (
    <SelectField
      label={label}
      value={value}
      choices={[{ value: "", name: "any" }, ...choices.map((name) => ({ value: name, name }))]}
      onChange={onChange}
    />
  );
}
