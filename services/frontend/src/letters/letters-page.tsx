import { useSearchParams } from "react-router";
import { useMay } from "../access/gate";
import type { LetterFilter } from "../api/letters";
import { SelectField, TextField } from "../parts/field";
import { Title } from "../parts/title";
import { readLetterFilter, SOURCES, writeLetterFilter } from "./filter";
import { LetterList } from "./letter-list";
import styles from "./letters.module.css";
import { Refusal } from "./refusal";

/** What was set aside because it can never be handled, for a person to look at. */
export function LettersPage() {
  const may = useMay("operate");
  const [address, setAddress] = useSearchParams();
  const filter = readLetterFilter(address);
  const show = (parts: Partial<Record<keyof LetterFilter, string>>) =>
    setAddress(writeLetterFilter({ ...filter, ...parts } as LetterFilter));
  if (!may) return <Refusal />;
  return (
    <div className={styles.page}>
      <Title text="Dead letters" />
      <search className={styles.bar}>
        <SelectField
          label="Source"
          value={filter.source ?? ""}
          choices={[{ value: "", name: "any" }, ...SOURCES.map((value) => ({ value, name: value }))]}
          onChange={(source) => show({ source })}
        />
        <TextField label="Reason contains" value={filter.reason ?? ""} onChange={(reason) => show({ reason })} />
      </search>
      <LetterList key={String(writeLetterFilter(filter))} filter={filter} onClear={() => setAddress({})} />
    </div>
  );
}
