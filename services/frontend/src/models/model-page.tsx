import { useQuery } from "@tanstack/react-query";
import { ArrowLeft, Undo2 } from "lucide-react";
import { Link, useParams } from "react-router";
import { useMay } from "../access/gate";
import { type Model, modelQuery, rollBack } from "../api/models";
import { ApiProblem, NOT_FOUND } from "../api/problem";
import { Message } from "../parts/message";
import { Problem } from "../parts/problem";
import { Title } from "../parts/title";
import { ChangeButton } from "./change-button";
import { Changes } from "./changes";
import { Drift } from "./drift";
import styles from "./models.module.css";
import { VersionCard } from "./version-card";
import { releaseText } from "./words";

const LIST = "/models";
const INVALID = 422;

/** One model: its versions, which of them answer, and what was changed. */
export function ModelPage() {
  const { name = "" } = useParams();
  const { data: model, error, refetch } = useQuery(modelQuery(name));
  return (
    <article className={styles.page} key={name}>
      <Link to={LIST} className={styles.back}>
        <ArrowLeft size={16} aria-hidden /> Models
      </Link>
      {error && <NoModel error={error} retry={refetch} />}
      {model && <Content model={model} />}
    </article>
  );
}

function Content({ model }: { model: Model }) {
  const mayChange = useMay("operate");
  const { name, release, versions } = model;
  return (
    <>
      <header className={styles.heading}>
        <Title text={name} />
        {mayChange && release && release.previous != null && (
          <ChangeButton
            model={name}
            isRisky
            question={`Go back to version ${release.previous}?`}
            meaning={
              `It answers for all images from some seconds from now on, in place of version ${release.serving}. ` +
              "A canary ends."
            }
            action="Go back"
            change={({ why }) => rollBack(name, { why })}
          >
            <Undo2 size={16} aria-hidden /> Go back to version {release.previous}
          </ChangeButton>
        )}
      </header>
      <p role="status">{releaseText(release)}</p>
      <section className={styles.section}>
        <h2>Versions</h2>
        <ul aria-label="Versions" className={styles.cards}>
          {versions.map((version) => (
            <VersionCard key={version.version} model={model} version={version} mayChange={mayChange} />
          ))}
        </ul>
      </section>
      {release && <Drift model={`${name}:${release.serving}`} />}
      {release && <Changes release={release} />}
    </>
  );
}

function NoModel({ error, retry }: { error: Error; retry(): unknown }) {
  const isUnknown = error instanceof ApiProblem && [NOT_FOUND, INVALID].includes(error.status);
  if (!isUnknown) return <Problem error={error} retry={retry} />;
  return (
    <Message title="There is no such model">
      <Link to={LIST}>Show all models</Link>
    </Message>
  );
}
