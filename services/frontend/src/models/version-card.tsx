import type { Model, Version } from "../api/models";
import { type Fact, FactList } from "../parts/fact-list";
import { percent } from "../parts/score";
import { Objections } from "./change-button";
import styles from "./models.module.css";
import { VersionActions } from "./version-actions";
import { partOf } from "./words";

/** A version: what it does, how good it is, and what speaks against it. */
export function VersionCard({ model, version, mayChange }: { model: Model; version: Version; mayChange: boolean }) {
  const part = partOf(version.version, model.release);
  return (
    <li className={styles.card} aria-label={`Version ${version.version}`}>
      <div className={styles.title}>
        <h3>Version {version.version}</h3>
        {part && (
          <span className={styles.part} data-part={part}>
            {part === "canary" ? `canary, ${percent(model.release?.canary?.share ?? 0)}` : part}
          </span>
        )}
      </div>
      <FactList facts={factsOf(version)} />
      {version.objections.length > 0 && <Objections objections={version.objections} />}
      {mayChange && <VersionActions model={model} version={version} part={part} />}
    </li>
  );
}

function factsOf({ labels, metrics, quantization, provenance }: Version): Fact[] {
  const facts: Fact[] = [["Labels", labels.toLocaleString()]];
  if (metrics) {
    const { accuracy, balanced_accuracy, images, latency } = metrics;
    facts.push([
      "Accuracy",
      `${digits(accuracy)}, balanced ${digits(balanced_accuracy)}, of ${images.toLocaleString()} images`,
    ]);
    if (latency) facts.push(["Latency", `${latency.milliseconds.toFixed(1)} ms on ${latency.machine}`]);
  }
  if (quantization) facts.push(["Int8", `agrees with fp32 on ${digits(quantization.agreement)}`]);
  facts.push(["Weights", `${provenance.weights} (${provenance.licence})`]);
  return facts;
}

/** With a digit behind the point: versions of a model differ by little. */
function digits(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
