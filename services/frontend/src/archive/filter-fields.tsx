import { useState } from "react";
import { Label, Slider, SliderOutput, SliderThumb, SliderTrack } from "react-aria-components";
import { Field } from "../parts/field";
import parts from "../parts/parts.module.css";
import { percent } from "../parts/score";

interface DayProps {
  label: string;
  value: string;
  onChange(value: string): void;
}

/** A day, as the moment in UTC at which it begins here. */
export function DayField({ label, value, onChange }: DayProps) {
  return (
    <Field label={label}>
      <input
        type="date"
        value={value ? localDay(new Date(value)) : ""}
        onChange={(event) => onChange(event.target.value && new Date(`${event.target.value}T00:00`).toISOString())}
      />
    </Field>
  );
}

function localDay(moment: Date): string {
  const [month, day] = [moment.getMonth() + 1, moment.getDate()].map((part) => String(part).padStart(2, "0"));
  return `${moment.getFullYear()}-${month}-${day}`;
}

interface ScoreProps {
  label: string;
  least: number;
  most: number;
  onChange(least: number, most: number): void;
}

/** From one probability to another. */
export function ScoreField({ label, least, most, onChange }: ScoreProps) {
  const [value, setValue] = useState([least, most]);
  const [from = 0, to = 1] = value;
  return (
    <Slider
      className={parts.slider ?? ""}
      value={value}
      minValue={0}
      maxValue={1}
      step={0.01}
      onChange={setValue}
      onChangeEnd={([low = 0, high = 1]) => onChange(low, high)}
    >
      <Label>{label}</Label>
      <SliderOutput>
        {percent(from)} – {percent(to)}
      </SliderOutput>
      <SliderTrack className={parts.track ?? ""}>
        <SliderThumb index={0} aria-label={`Least ${label.toLowerCase()}`} className={parts.thumb ?? ""} />
        <SliderThumb index={1} aria-label={`Greatest ${label.toLowerCase()}`} className={parts.thumb ?? ""} />
      </SliderTrack>
    </Slider>
  );
}
