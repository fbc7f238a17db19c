import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowLeft, Copy } from "lucide-react";
import { useEffect } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import { fileName, keyOf, type Name, type Result } from "../api/entries";
import { historyQuery, imageQuery } from "../api/images";
import { ApiProblem, NOT_FOUND } from "../api/problem";
import { useStream } from "../api/use-stream";
import { Button } from "../parts/button";
import { Message } from "../parts/message";
import { Problem } from "../parts/problem";
import { Title } from "../parts/title";
import { notify } from "../shell/notices";
import { Facts } from "./facts";
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

  if (error instanceof ApiProblem && error.status === NOT_FOUND) {
    return (
      <Message title="This image is not in the archive">
        <p>Nothing is known of {keyOf(name)}. If it has just been uploaded, its page appears here by itself.</p>
        <Link to="/">Go to the archive</Link>
      </Message>
    );
  }
  if (error && !result) return <Problem error={error} retry={refetch} />;
  if (!result) return null;
  return (
    <article className={styles.page} key={keyOf(name)}>
      <Heading name={name} />
      <Picture result={result} key={result.image.etag} />
      <div className={styles.answer}>
        <Verdict result={result} />
        <Say result={result} />
        <section>
          <h2>Where the time went</h2>
          <Passage result={result} />
        </section>
        <Facts result={result} />
        <History name={name} />
      </div>
      <Similar name={name} />
    </article>
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

function Heading({ name }: { name: Name }) {
  const navigate = useNavigate();
  useEffect(() => {
    const back = (event: KeyboardEvent) => {
      if (event.key === "Escape" && event.target === document.body) void navigate(-1);
    };
    document.addEventListener("keydown", back);
    return () => document.removeEventListener("keydown", back);
  }, [navigate]);

  async function copy() {
    await navigator.clipboard.writeText(location.href);
    notify("The link is in the clipboard.");
  }

  return (
    <header className={styles.heading}>
      <Link to="/" className={styles.back}>
        <ArrowLeft size={16} aria-hidden /> Archive
      </Link>
      <Title text={fileName(name.blob)} />
      <span className={styles.folder}>{name.blob}</span>
      <Button onPress={copy}>
        <Copy size={16} aria-hidden /> Copy link
      </Button>
    </header>
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
