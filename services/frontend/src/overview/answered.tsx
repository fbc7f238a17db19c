import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Problem } from "../parts/problem";
import { Panel } from "./panel";

interface Props<Data> {
  question: UseQueryResult<Data>;
  /** What the question is about, for when there is no answer. */
  about: string;
  /** Shows an answer, and is told when it came. */
  children(data: Data, at: number): ReactNode;
}

/** What follows from the answer to a question. When something went wrong, that is said above the last answer. */
export function Answered<Data>({ question, about, children }: Props<Data>) {
  const failure = useFailure(question);
  return (
    <>
      {failure && (
        <Panel title={about}>
          <Problem error={failure} retry={question.refetch} />
        </Panel>
      )}
      {question.data !== undefined && children(question.data, question.dataUpdatedAt)}
    </>
  );
}

/** What went wrong, until there is an answer: a question that never had one forgets its error when it is asked again. */
function useFailure({ error, isSuccess }: UseQueryResult<unknown>): Error | null {
  const [failure, setFailure] = useState<Error | null>(null);
  const known = isSuccess ? null : (error ?? failure);
  if (known !== failure) setFailure(known);
  return known;
}
