import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { type LetterFilter, lettersQuery } from "../api/letters";
import { Button } from "../parts/button";
import { EndlessList } from "../parts/endless-list";
import { Message } from "../parts/message";
import { Problem } from "../parts/problem";
import { ActionBar } from "./action-bar";
import { LetterRow } from "./letter-row";
import styles from "./letters.module.css";

const ROW_PX = 72;

interface Props {
  filter: LetterFilter;
  onClear(): void;
}

/** Dead letters that match, some of which can be chosen. */
export function LetterList({ filter, onClear }: Props) {
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
    lettersQuery(filter),
  );
  const letters = useMemo(() => data?.pages.flatMap((page) => page.letters) ?? [], [data]);
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  // What is gone by now is not chosen any more.
  const chosen = useMemo(() => letters.filter(({ id }) => marked.has(id)).map(({ id }) => id), [letters, marked]);

  function mark(id: string) {
    const next = new Set(marked);
    if (!next.delete(id)) next.add(id);
    setMarked(next);
  }

  if (!data) return error && <Problem error={error} retry={refetch} />;
  return (
    <>
      <ActionBar filter={filter} chosen={chosen} isEmpty={letters.length === 0} />
      {error && <Problem error={error} retry={refetch} />}
      {letters.length > 0 ? (
        <EndlessList
          label="Dead letters"
          items={letters}
          keyOf={({ id }) => id}
          rowPx={ROW_PX}
          className={styles.list}
          {...(hasNextPage && { onEnd: () => !isFetchingNextPage && void fetchNextPage() })}
        >
          {(letter) => <LetterRow letter={letter} isMarked={marked.has(letter.id)} onMark={() => mark(letter.id)} />}
        </EndlessList>
      ) : (
        <Nothing filter={filter} onClear={onClear} />
      )}
    </>
  );
}

function Nothing({ filter, onClear }: Props) {
  if (!filter.source && !filter.reason) {
    return (
      <Message title="There are no dead letters">
        <p>Every message was handled. What never can be is set aside, and appears here with the reason.</p>
      </Message>
    );
  }
  return (
    <Message title="No dead letter is like that">
      <Button onPress={onClear}>Show all dead letters</Button>
    </Message>
  );
}
