import { useQuery } from "@tanstack/react-query";
import { ArrowDownUp, RotateCw, SlidersHorizontal } from "lucide-react";
import { Dialog, DialogTrigger, Popover } from "react-aria-components";
import { useMay } from "../access/gate";
import { countsQuery } from "../api/counts";
import { type ListQuery, newJobAddress, OUTCOMES, REASONS, SORTS, withParts } from "../api/filter";
import { Button, ButtonLink, IconButton } from "../parts/button";
import { SelectField, TextField } from "../parts/field";
import { LabelField } from "../parts/label-field";
import parts from "../parts/parts.module.css";
import styles from "./archive.module.css";
import { ExportMenu } from "./export-menu";
import { DayField, ScoreField } from "./filter-fields";

interface Props {
  filter: ListQuery;
  onChange(filter: ListQuery): void;
}

type Parts = Parameters<typeof withParts>[1];

/** Which images to show, and in which order. */
export function FilterBar({ filter, onChange }: Props) {
  const set = (parts: Parts) => onChange(withParts(filter, parts));
  const mayOperate = useMay("operate");
  const isAscending = filter.order === "ascending";
  const more = MORE.filter((name) => filter[name] !== undefined).length;
  return (
    <search className={styles.bar}>
      <LabelField label="Label" value={filter.label ?? ""} onChoose={(label) => set({ label })} />
      <TextField label="Name begins with" value={filter.prefix ?? ""} onChange={(prefix) => set({ prefix })} />
      <SelectField
        label="Outcome"
        value={filter.outcome ?? ""}
        choices={[{ value: "", name: "any" }, ...OUTCOMES.map((value) => ({ value, name: value }))]}
        onChange={(outcome) => set({ outcome: outcome as ListQuery["outcome"] & string, reason: "" })}
      />
      <SelectField
        label="Sorted by"
        value={filter.sort ?? "time"}
        choices={SORTS.map((value) => ({ value, name: value }))}
        onChange={(sort) => set({ sort: sort === "time" ? "" : (sort as (typeof SORTS)[number]) })}
      />
      <IconButton
        label={isAscending ? "Smallest first: turn round" : "Greatest first: turn round"}
        onPress={() => set({ order: isAscending ? "" : "ascending" })}
      >
        <ArrowDownUp size={18} />
      </IconButton>
      <DialogTrigger>
        <Button>
          <SlidersHorizontal size={16} aria-hidden /> More filters{more > 0 && ` (${more})`}
        </Button>
        <Popover className={parts.popover ?? ""}>
          <Dialog aria-label="More filters" className={styles.more ?? ""}>
            <MoreFilters filter={filter} set={set} />
          </Dialog>
        </Popover>
      </DialogTrigger>
      {Object.keys(filter).length > 0 && <Button onPress={() => onChange({})}>Clear</Button>}
      {mayOperate && (
        <ButtonLink to={newJobAddress(filter)}>
          <RotateCw size={16} aria-hidden /> Classify these again…
        </ButtonLink>
      )}
      <ExportMenu filter={filter} />
    </search>
  );
}

const MORE = [
  "min_score",
  "max_score",
  "min_uncertainty",
  "max_uncertainty",
  "reviewed",
  "conflict",
  "reason",
  "model",
  "container",
  "since",
  "until",
] as const;

const CONFLICT = "conflict";

function MoreFilters({ filter, set }: { filter: ListQuery; set(parts: Parts): void }) {
  const { data: counts } = useQuery(countsQuery({}));
  const [models, containers] = [Object.keys(counts?.models ?? {}), Object.keys(counts?.containers ?? {})];
  return (
    <>
      <ScoreField
        label="Score"
        least={filter.min_score ?? 0}
        most={filter.max_score ?? 1}
        onChange={(least, most) => set({ min_score: least || "", max_score: most < 1 ? most : "" })}
      />
      <ScoreField
        label="Uncertainty"
        least={filter.min_uncertainty ?? 0}
        most={filter.max_uncertainty ?? 1}
        onChange={(least, most) => set({ min_uncertainty: least || "", max_uncertainty: most < 1 ? most : "" })}
      />
      <SelectField
        label="Reviewed"
        value={filter.conflict ? CONFLICT : String(filter.reviewed ?? "")}
        choices={[
          { value: "", name: "any" },
          { value: "true", name: "by a person" },
          { value: CONFLICT, name: "and reviewers disagree" },
          { value: "false", name: "not yet" },
        ]}
        onChange={(value) =>
          set({
            reviewed: value === "" || value === CONFLICT ? "" : value === "true",
            conflict: value === CONFLICT ? true : "",
          })
        }
      />
      <SelectField
        label="Why it was rejected"
        value={filter.reason ?? ""}
        choices={[{ value: "", name: "any" }, ...REASONS.map((value) => ({ value, name: value.replaceAll("_", " ") }))]}
        onChange={(reason) => set({ reason: reason as ListQuery["reason"] & string })}
      />
      <SelectField
        label="Model"
        value={filter.model ?? ""}
        choices={[{ value: "", name: "any" }, ...models.map((value) => ({ value, name: value }))]}
        onChange={(model) => set({ model })}
      />
      {containers.length > 1 && (
        <SelectField
          label="Container"
          value={filter.container ?? ""}
          choices={[{ value: "", name: "any" }, ...containers.map((value) => ({ value, name: value }))]}
          onChange={(container) => set({ container })}
        />
      )}
      <DayField label="Since" value={filter.since ?? ""} onChange={(since) => set({ since })} />
      <DayField label="Before" value={filter.until ?? ""} onChange={(until) => set({ until })} />
    </>
  );
}
