import { useQuery } from "@tanstack/react-query";
import type { Name } from "../api/entries";
import { historyQuery } from "../api/images";
import { Problem } from "../parts/problem";
import { percent } from "../parts/score";
import { Time } from "../parts/time";
import styles from "./image.module.css";

/** What was known of the image earlier: of other versions of it, and by other models. */
export function History({ name }: { name: Name }) {
  const { data, error, refetch } = useQuery(historyQuery(name));
  if (error) return <Problem error={error} retry={refetch} />;
  if (!data?.images.length) return null;
  return (
    <section>
      <h2>Earlier answers</h2>
      <table className={styles.history}>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Model</th>
            <th scope="col">Answer</th>
            <th scope="col">Score</th>
          </tr>
        </thead>
        <tbody>
          {data.images.map((result) => (
            <tr key={`${result.image.sequencer} ${result.completed_at}`}>
              <td>
                <Time at={result.completed_at} />
              </td>
              <td>{result.model ? `${result.model.name}:${result.model.version}` : "–"}</td>
              <td>{result.label ?? result.reason?.replaceAll("_", " ") ?? result.outcome}</td>
              <td>{result.score === null ? "–" : percent(result.score)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
