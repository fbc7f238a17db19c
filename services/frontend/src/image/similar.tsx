import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { fileName, keyOf, type Name, pageOf } from "../api/entries";
import { similarQuery } from "../api/images";
import { ApiProblem, NOT_FOUND } from "../api/problem";
import { Problem } from "../parts/problem";
import { percent } from "../parts/score";
import { Thumbnail } from "../parts/thumbnail";
import styles from "./image.module.css";

/** Images that look alike to the model. */
export function Similar({ name }: { name: Name }) {
  const { data, error, refetch } = useQuery(similarQuery(name));
  if (error instanceof ApiProblem && error.status === NOT_FOUND) return null; // it has no embedding
  if (error) return <Problem error={error} retry={refetch} />;
  if (!data?.images.length) return null;
  return (
    <section>
      <h2>Similar images</h2>
      <ul className={styles.similar}>
        {data.images.map(({ image: result, similarity }) => (
          <li key={keyOf(result.image)}>
            <Link to={pageOf(result.image)} title={result.image.blob}>
              <span className={styles.square}>
                <Thumbnail name={result.image} version={result.image.etag} alt={fileName(result.image.blob)} />
              </span>
              <span className={styles.caption}>
                <span>{result.label}</span>
                <span>{percent(Math.max(0, similarity))}</span>
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
