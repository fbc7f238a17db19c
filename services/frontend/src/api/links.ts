/**
 * Links to pictures and thumbnails. The API gives many at once, components want one each: what is wanted within a moment
 * is asked for together, and what is out of sight again by then is not asked for.
 */

import { useQuery } from "@tanstack/react-query";
import { answer, api, type Schemas } from "./client";

export type Links = Schemas["PictureLinks"];
type Name = Schemas["ImageName"];

const GATHER_MS = 40;
const AT_ONCE = 40;
/** Links are valid for ten minutes at least. */
const FRESH_MS = 8 * 60_000;
const KEPT_MS = 60_000;
const ASK_AGAIN_MS = 15_000;

interface Wanted {
  name: Name;
  signal: AbortSignal;
  resolve(links: Links): void;
  reject(error: unknown): void;
}

let waiting: Wanted[] = [];

/** The links of a picture. `version` is its etag: another version has another thumbnail. */
export function useLinks(name: Name, version: string) {
  return useQuery({
    queryKey: ["links", name.container, name.blob, version],
    queryFn: ({ signal }) => want({ container: name.container, blob: name.blob }, signal),
    staleTime: FRESH_MS,
    gcTime: KEPT_MS,
    // Without a thumbnail there is a problem, which may pass: storage was slow, or many wait for theirs.
    refetchInterval: ({ state: { data } }) => (data?.content && !data.thumbnail ? ASK_AGAIN_MS : false),
  });
}

function want(name: Name, signal: AbortSignal): Promise<Links> {
  return new Promise((resolve, reject) => {
    waiting.push({ name, signal, resolve, reject });
    if (waiting.length === 1) setTimeout(ask, GATHER_MS);
  });
}

function ask(): void {
  const [gone, wanted] = [waiting.filter((one) => one.signal.aborted), waiting.filter((one) => !one.signal.aborted)];
  waiting = [];
  for (const one of gone) one.reject(one.signal.reason);
  for (let start = 0; start < wanted.length; start += AT_ONCE) void askFor(wanted.slice(start, start + AT_ONCE));
}

async function askFor(wanted: Wanted[]): Promise<void> {
  try {
    const given = await answer(api.POST("/v1/links", { body: { images: wanted.map((one) => one.name) } }));
    for (const [place, links] of given.images.entries()) wanted[place]?.resolve(links);
  } catch (error) {
    for (const one of wanted) one.reject(error);
  }
}
