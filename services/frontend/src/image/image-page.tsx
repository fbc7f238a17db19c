import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { keyOf, type Name, type Result } from "../api/entries";
import { historyQuery, imageQuery } from "../api/images";
import { ApiProblem, NOT_FOUND } from "../api/problem";
import { useStream } from "../api/use-stream";
import { Message } from "../parts/message";
import { Problem } from "../parts/problem";
import { ClassifyAgain } from "./classify-again";
import { Facts } from "./facts";
import { useFading } from "./fading";
import { Heading } from "./heading";
import { History } from "./history";
import styles from "./image.module.css";
import { Passage } from "./passage";
import { Picture } from "./picture";
import { Predictions } from "./predictions";
import { Say } from "./say";
import { Similar } from "./similar";

/** One image: what was found on it, and why. */
export function ImagePage() {
  const [address] = useSearchParams();
  const name = { container: address.get("container") ?? "", blob: address.get("blob") ?? "" };
  const { data: result, error, refetch } = useQuery(imageQuery(name));
  useFollowing(name);
  return (
    <article className={styles.page} key={keyOf(name)}>
      <Heading name={name} />
      {result ? <Answer result={result} /> : error && <NoAnswer name={name} error={error} retry={refetch} />}
    </article>
  );
}

function Answer({ result }: { result: Result }) {
  const fading = useFading();
  return (
    <>
      <Picture result={result} fading={fading} key={result.image.etag} />
      <div className={styles.answer}>
        <Verdict result={result} />
        <Say result={result} />
        <section>
          <h2>Where the time went</h2>
          <Passage result={result} />
        </section>
        <Facts result={result} />
        {result.outcome !== "deleted" && <ClassifyAgain name={result.image} />}
        <History name={result.image} />
      </div>
      {result.outcome === "classified" && <Similar name={result.image} />}
    </>
  );
}

function NoAnswer({ name, error, retry }: { name: Name; error: Error; retry(): unknown }) {
  if (!(error instanceof ApiProblem && error.status === NOT_FOUND)) return <Problem error={error} retry={retry} />;
  return (
    <Message title="This image is not in the archive">
      <p>Nothing is known of {keyOf(name)}. If it has just been uploaded, its answer appears here by itself.</p>
      <Link to="/">Go to the archive</Link>
    </Message>
  );
}

/** Show what changes while one looks. */
function useFollowing(name: Name): void {
  const client = useQueryClient();
  const refresh = () => void client.invalidateQueries({ queryKey: imageQuery(name).queryKey });
  useStream(
    { container: name.container, prefix: name.blob },
    (results) => {
      const result = results.findLast((one) => one.image.blob === name.blob);
      if (!result) return;
      client.setQueryData(imageQuery(name).queryKey, result);
      void client.invalidateQueries({ queryKey: historyQuery(name).queryKey });
    },
    refresh,
  );
}

function Verdict({ result }: { result: Result }) {
  if (result.outcome === "classified") return <Predictions predictions={result.predictions} />;
  const reasons = {
    rejected: `It was rejected: ${result.reason?.replaceAll("_", " ")}. ${result.detail ?? ""}`,
    superseded: "It was replaced before it was read. The new version has an answer of its own.",
    deleted: "It was deleted.",
  };
  return (
    <p role="status" className={styles.verdict} data-outcome={result.outcome}>
      {reasons[result.outcome]}
    </p>
  );
}
