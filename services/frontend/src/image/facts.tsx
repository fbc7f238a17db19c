import type { ReactNode } from "react";
import type { Result } from "../api/entries";
import { readableSize } from "../parts/size";
import { Time } from "../parts/time";
import styles from "./image.module.css";

/** What else is known of an image. */
export function Facts({ result }: { result: Result }) {
  const { image, model, properties, review } = result;
  const facts: [string, ReactNode][] = [
    ["Model", model ? `${model.name}:${model.version} (${model.precision})` : "none"],
    ["Uploaded", <Time key="uploaded" at={image.uploaded_at} />],
    ["Answered", <Time key="answered" at={result.completed_at} />],
  ];
  if (properties) {
    const { format, width, height, size_bytes } = properties;
    facts.push(["Picture", `${format}, ${width} × ${height}, ${readableSize(size_bytes)}`]);
  }
  if (review) {
    const who = (
      <>
        {review.label}, says {review.reviewer}, <Time at={review.reviewed_at} />
      </>
    );
    facts.push(["Review", who]);
  }
  facts.push(["Container", image.container], ["Version", image.etag]);
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
