import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { modelsQuery } from "../api/models";
import { ApiProblem } from "../api/problem";
import { Message } from "../parts/message";
import { Problem } from "../parts/problem";
import { Title } from "../parts/title";
import styles from "./models.module.css";
import { releaseText } from "./words";

const NOT_SET_UP = 501;

/** All models, and which of their versions answer. */
export function ModelsPage() {
  const { data, error, refetch } = useQuery(modelsQuery());
  return (
    <div className={styles.page}>
      <header className={styles.heading}>
        <Title text="Models" />
      </header>
      {error && <NoModels error={error} retry={refetch} />}
      {data?.models.length === 0 && (
        <Message title="No model is registered yet">
          <p>
            <code>loupe models register FOLDER</code> registers the bundle that a training has written.
          </p>
        </Message>
      )}
      {data && data.models.length > 0 && (
        <ul aria-label="Models" className={styles.cards}>
          {data.models.map(({ name, versions, release }) => (
            <li key={name} className={styles.card}>
              <div className={styles.title}>
                <Link to={`/models/${name}`}>{name}</Link>
              </div>
              <p>{releaseText(release)}</p>
              <p className={styles.about}>Versions: {versions.join(", ")}</p>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function NoModels({ error, retry }: { error: Error; retry(): unknown }) {
  if (!(error instanceof ApiProblem) || error.status !== NOT_SET_UP) return <Problem error={error} retry={retry} />;
  return (
    <Message title="There is no registry of models here">
      <p>Workers serve the bundle that they are given. LOUPE_MODEL_CONTAINER names a container for a registry.</p>
    </Message>
  );
}
