import { FieldError, Input, Label, Text, TextArea, TextField } from "react-aria-components";
import parts from "../parts/parts.module.css";
import type { Place } from "./draft";
import styles from "./jobs.module.css";

interface Props {
  name: Place;
  label: string;
  value: string;
  onChange(value: string): void;
  /** What it means, where the label does not say it all. */
  hint?: string;
  placeholder?: string;
  isRequired?: boolean;
  /** Names that can be chosen from. */
  choices?: readonly string[];
}

/** A text of the form, and under it what it means and what is wrong with it. */
export function TextEntry({ hint, placeholder = "", choices = [], label, ...field }: Props) {
  const list = `${field.name}-choices`;
  return (
    <TextField {...field} className={`${parts.field} ${styles.field}`} autoComplete="off">
      <Label>{label}</Label>
      <Input placeholder={placeholder} spellCheck={false} {...(choices.length && { list })} />
      {choices.length > 0 && (
        <datalist id={list}>
          {choices.map((choice) => (
            <option key={choice} value={choice} />
          ))}
        </datalist>
      )}
      <Below hint={hint} />
    </TextField>
  );
}

/** Many names. */
export function LinesEntry({ hint, label, ...field }: Props) {
  return (
    <TextField {...field} className={`${parts.field} ${styles.field}`}>
      <Label>{label}</Label>
      <TextArea rows={8} spellCheck={false} />
      <Below hint={hint} />
    </TextField>
  );
}

interface NumberProps extends Props {
  least: number;
  most?: number;
}

/** A whole number. */
export function NumberEntry({ hint, placeholder = "", label, least, most, ...field }: NumberProps) {
  return (
    <TextField {...field} type="number" className={`${parts.field} ${styles.field}`}>
      <Label>{label}</Label>
      <Input placeholder={placeholder} inputMode="numeric" min={least} max={most} step={1} />
      <Below hint={hint} />
    </TextField>
  );
}

function Below({ hint }: { hint: string | undefined }) {
  return (
    <>
      {hint && <Text slot="description">{hint}</Text>}
      <FieldError className={styles.wrong ?? ""} />
    </>
  );
}
