/** Questions about single images, and what people say of them. */

import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { inParts } from "./at-once";
import { answer, api } from "./client";
import { type Entry, entryOf, keyOf, type Name, type Result } from "./entries";

export function imageQuery(name: Name) {
  return queryOptions({
    queryKey: ["image", keyOf(name)],
    queryFn: ({ signal }) => answer(api.GET("/v1/images/{container}/{blob}", { params: { path: name }, signal })),
  });
}

export function historyQuery(name: Name) {
  return queryOptions({
    queryKey: ["history", keyOf(name)],
    queryFn: ({ signal }) => answer(api.GET("/v1/history/{container}/{blob}", { params: { path: name }, signal })),
  });
}

const SIMILAR = 12;

export function similarQuery(name: Name) {
  return queryOptions({
    queryKey: ["similar", keyOf(name)],
    queryFn: ({ signal }) =>
      answer(api.GET("/v1/similar/{container}/{blob}", { params: { path: name, query: { limit: SIMILAR } }, signal })),
  });
}

const REVIEW = "/v1/reviews/{container}/{blob}";

/** What a person says of an image. Without a label, what was said is taken back. */
export interface Saying {
  name: Name;
  /** The version of the image that the person saw. */
  etag: string;
  label: string | null;
  /** Whether it is said even if the page is left meanwhile. Browsers allow that for few requests at a time. */
  keepalive?: boolean;
}

/** Say what an image shows; everything on the page that shows this image knows at once. */
export function useSay() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ name, etag, label, keepalive = false }: Saying) =>
      label === null
        ? answer(api.DELETE(REVIEW, { params: { path: name, query: { etag } }, keepalive }))
        : answer(api.PUT(REVIEW, { params: { path: name }, body: { label, etag }, keepalive })),
    onSuccess: (result) => {
      client.setQueryData(imageQuery(result.image).queryKey, result);
      replaceEntry(client, result);
    },
  });
}

/** Have images classified again. Gives how many will be; those that were deleted will not. */
export function useReclassify() {
  return useMutation({
    mutationFn: async (names: readonly Name[]) => {
      const images = names.map(({ container, blob }) => ({ container, blob }));
      const parts = await inParts(images, (part) =>
        answer(api.POST("/v1/images/reclassify", { body: { images: part } })),
      );
      return parts.reduce((asked, part) => asked + part.asked, 0);
    },
  });
}

/** The key under which all pages of lists lie. */
export const PAGES = "pages";

/** A page of a list, of which only the entries are kept. */
export interface Page {
  entries: Entry[];
  next: string | null;
}

/** Show a result wherever lists show this image. Tells whether one does. */
export function replaceEntry(client: ReturnType<typeof useQueryClient>, result: Result): boolean {
  const entry = entryOf(result);
  const key = keyOf(entry);
  let found = false;
  client.setQueriesData<Page>({ queryKey: [PAGES] }, (page) => {
    const place = page?.entries.findIndex((one) => keyOf(one) === key) ?? -1;
    if (!page || place < 0) return page;
    found = true;
    return { ...page, entries: page.entries.with(place, entry) };
  });
  return found;
}
