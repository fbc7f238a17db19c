import type { ReactNode } from "react";
import styles from "./parts.module.css";

interface Props {
  label: string;
  children: ReactNode;
}

/** A form field under its label. */
export function Field({ label, children }: Props) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is among the children
    <label className={styles.field}>
      <span>{label}</span>
      {children}
    </label>
  );
}

interface Choice {
  value: string;
  name: string;
}

interface SelectProps {
  label: string;
  value: string;
  choices: Choice[];
  onChange(value: string): void;
}

/** One of a few. */
export function SelectField({ label, value, choices, onChange }: SelectProps) {
  return (
    <Field label={label}>
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.name}
          </option>
        ))}
      </select>
    </Field>
  );
}

interface TextProps {
  label: string;
  value: string;
  onChange(value: string): void;
}

/** A text that counts when one leaves the field or presses Enter, and not with every letter. */
export function TextField({ label, value, onChange }: TextProps) {
  return (
    <Field label={label}>
      <input
        key={value}
        type="text"
        defaultValue={value}
        placeholder="any"
        onBlur={(event) => event.target.value !== value && onChange(event.target.value)}
        onKeyDown={(event) => event.key === "Enter" && onChange(event.currentTarget.value)}
      />
    </Field>
  );
}
