/** Questions about dead letters, and what people do with them. */

import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { inParts } from "./at-once";
import { answer, api, type Schemas } from "./client";

export type Letter = Schemas["DeadLetter"];
export type LetterFilter = Schemas["LetterFilter"];

/** What all questions about dead letters begin with in the cache. */
const LETTERS = "letters";

const PER_PAGE = 200;

/** Dead letters that match, the newest first. */
export function lettersQuery(filter: LetterFilter) {
  return infiniteQueryOptions({
    queryKey: [LETTERS, "list", filter],
    queryFn: ({ pageParam: cursor, signal }) => {
      const query = { ...filter, limit: PER_PAGE, ...(cursor && { cursor }) };
      return answer(api.GET("/v1/dead-letters", { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
}

export function letterQuery(id: string) {
  return queryOptions({
    queryKey: [LETTERS, "one", id],
    queryFn: ({ signal }) => answer(api.GET("/v1/dead-letters/{id}", { params: { path: { id } }, signal })),
  });
}

/** Which letters: these, or all that match. */
export type Choice = { ids: readonly string[] } | { filter: LetterFilter };

/** What became of letters. */
export interface Done {
  done: number;
  /** Why letters were left where they are; the first few. */
  refusals: string[];
  refused: number;
  /** How many there were not any more. */
  missing: number;
  /** Whether more match than are done at once. */
  more: boolean;
}

export type LetterAction = "replay" | "dismiss";

/** Have letters handled again, or remove them. */
export function useLetterAction(action: LetterAction) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (choice: Choice) =>
      "ids" in choice
        ? together(await inParts(choice.ids, (ids) => ASK[action]({ ids })))
        : ASK[action]({ filter: choice.filter }),
    // Also when it failed, which may have been half-way.
    onSettled: () => client.invalidateQueries({ queryKey: [LETTERS, "list"] }),
  });
}

type Body = Schemas["LettersById"] | Schemas["LettersByFilter"];

const ASK: Record<LetterAction, (body: Body) => Promise<Done>> = {
  async replay(body) {
    const { replayed, refusals, ...rest } = await answer(api.POST("/v1/dead-letters/replay", { body }));
    return { ...rest, done: replayed, refusals: refusals.map(({ detail }) => detail) };
  },
  async dismiss(body) {
    const { dismissed, ...rest } = await answer(api.POST("/v1/dead-letters/dismiss", { body }));
    return { ...rest, done: dismissed, refusals: [], refused: 0 };
  },
};

function together(all: readonly Done[]): Done {
  return all.reduce((one, other) => ({
    done: one.done + other.done,
    refusals: [...one.refusals, ...other.refusals],
    refused: one.refused + other.refused,
    missing: one.missing + other.missing,
    more: one.more || other.more,
  }));
}
