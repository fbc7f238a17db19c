import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type DriftReport, driftQuery } from "../api/drift";
import { lastDays } from "../overview/days";
import { type Fact, FactList } from "../parts/fact-list";
import { SelectField } from "../parts/field";
import { Problem } from "../parts/problem";
import { changedLabels, figureText, verdictText } from "./drift-words";
import styles from "./models.module.css";

const DAY_MS = 24 * 60 * 60_000;
const DAYS = 7;
const DAYS_BEFORE = 28;

const TRAINING = "training";
const CHOICES = [
  { value: TRAINING, name: "its training" },
  { value: "archive", name: `the ${DAYS_BEFORE} days before` },
];
const NAMES = { labels: "Labels", scores: "Scores", embeddings: "Embeddings" };

/** Whether the images of the last days are still such as the version that serves was trained for. */
export function Drift({ model }: { model: string }) {
  const [others, setOthers] = useState(TRAINING);
  const now = Date.now();
  const before = others === TRAINING ? null : lastDays(DAYS_BEFORE, now - DAYS * DAY_MS);
  const { data: report, error, refetch } = useQuery(driftQuery(model, lastDays(DAYS, now), before));
  return (
    <section className={styles.section} aria-label="Drift">
      <h2>Drift</h2>
      <SelectField
        label={`The last ${DAYS} days, compared with`}
        value={others}
        choices={CHOICES}
        onChange={setOthers}
      />
      {error && <Problem error={error} retry={refetch} />}
      {report && <Found report={report} />}
    </section>
  );
}

function Found({ report }: { report: DriftReport }) {
  const facts: Fact[] = report.figures.map((figure) => [NAMES[figure.aspect], figureText(figure)]);
  const changed = changedLabels(report.figures);
  if (changed.length > 0) facts.push(["Changed", changed.join(" · ")]);
  return (
    <div className={styles.card}>
      <p className={styles.title} data-verdict={report.verdict}>
        {verdictText(report)}
      </p>
      {report.note && <p className={styles.about}>{report.note}</p>}
      {facts.length > 0 && <FactList facts={facts} />}
    </div>
  );
}
