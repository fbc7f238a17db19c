import { useQuery } from "@tanstack/react-query";
import { ArrowLeft } from "lucide-react";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { useMay } from "../access/gate";
import type { Schemas } from "../api/client";
import { keyOf, pageOf } from "../api/entries";
import { type Done, letterQuery } from "../api/letters";
import { ApiProblem, NOT_FOUND } from "../api/problem";
import { type Fact, FactList } from "../parts/fact-list";
import { Message } from "../parts/message";
import { Problem } from "../parts/problem";
import { Time } from "../parts/time";
import { Title } from "../parts/title";
import { useKey } from "../parts/use-key";
import { notify } from "../shell/notices";
import { ActionButton } from "./action-button";
import styles from "./letters.module.css";
import { readable } from "./readable";
import { Refusal } from "./refusal";
import { sentencesOf } from "./words";

const LIST = "/dead-letters";

/** One dead letter: why it was set aside, what it says, and what can be done with it. */
export function LetterPage() {
  const may = useMay("operate");
  const { id = "" } = useParams();
  const navigate = useNavigate();
  const { data: letter, error, refetch } = useQuery({ ...letterQuery(id), enabled: may });
  useKey("Escape", () => void navigate(LIST));
  if (!may) return <Refusal />;
  return (
    <article className={styles.page}>
      <Link to={LIST} className={styles.back}>
        <ArrowLeft size={16} aria-hidden /> Dead letters
      </Link>
      <Title text="Dead letter" />
      {letter ? <Content letter={letter} /> : error && <NoLetter error={error} retry={refetch} />}
    </article>
  );
}

function Content({ letter }: { letter: Schemas["DeadLetterInFull"] }) {
  const navigate = useNavigate();
  const [problem, setProblem] = useState<Error | null>(null);
  const choice = { ids: [letter.id] };
  const facts: Fact[] = [
    ["Reason", letter.reason],
    ["Source", letter.source],
    ["Set aside", letter.at ? <Time key="at" at={letter.at} /> : "not noted when"],
  ];

  /** Back to the list: it is not a dead letter any more. */
  function leave(sentence: string) {
    notify(sentence);
    void navigate(LIST, { replace: true });
  }

  return (
    <>
      <FactList facts={facts} />
      <div className={styles.actions}>
        <ActionButton
          action="replay"
          choice={choice}
          subject="this dead letter"
          isDisabled={letter.obstacle !== null}
          onDone={(done: Done) => leave(sentencesOf("replay", done))}
          onError={setProblem}
        />
        <ActionButton
          action="dismiss"
          choice={choice}
          subject="this dead letter"
          onDone={(done: Done) => leave(sentencesOf("dismiss", done))}
          onError={setProblem}
        />
      </div>
      {letter.obstacle && <p className={styles.obstacle}>It cannot be replayed: {letter.obstacle}.</p>}
      {problem && <Problem error={problem} />}
      {letter.images.length > 0 && (
        <section>
          <h2>Images that it names</h2>
          <ul className={styles.images}>
            {letter.images.map((image) => (
              <li key={keyOf(image)}>
                <Link to={pageOf(image)}>{keyOf(image)}</Link>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section>
        <h2>Message</h2>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: keys cannot scroll what cannot be focused */}
        <pre aria-label="Message" tabIndex={0} role="group" className={styles.message}>
          {readable(letter.message)}
        </pre>
      </section>
    </>
  );
}

function NoLetter({ error, retry }: { error: Error; retry(): unknown }) {
  if (!(error instanceof ApiProblem && error.status === NOT_FOUND)) return <Problem error={error} retry={retry} />;
  return (
    <Message title="There is no such dead letter any more">
      <p>It was replayed, dismissed or forgotten.</p>
      <Link to={LIST}>Show all dead letters</Link>
    </Message>
  );
}
