import { useQuery } from "@tanstack/react-query";
import { countsQuery } from "../api/counts";
import { SelectField, TextField } from "../parts/field";
import { LabelField } from "../parts/label-field";
import type { ReviewFilter } from "./filter";
import styles from "./review.module.css";

interface Props {
  filter: ReviewFilter;
  onChange(filter: ReviewFilter): void;
}

/** Which images to review. */
export function FilterBar({ filter, onChange }: Props) {
  const { data: counts } = useQuery(countsQuery({}));
  const models = Object.keys(counts?.models ?? {});
  const set = (part: ReviewFilter) => onChange({ ...filter, ...part });
  return (
    <search className={styles.filter}>
      <LabelField label="Label" value={filter.label ?? ""} onChoose={(label) => set({ label })} />
      <TextField label="Name begins with" value={filter.prefix ?? ""} onChange={(prefix) => set({ prefix })} />
      <SelectField
        label="Model"
        value={filter.model ?? ""}
        choices={[{ value: "", name: "any" }, ...models.map((value) => ({ value, name: value }))]}
        onChange={(model) => set({ model })}
      />
    </search>
  );
}
