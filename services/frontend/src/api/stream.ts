/**
 * What happens in the archive, as it happens: server-sent events over `fetch`, because an `EventSource` cannot send keys.
 *
 * The protocol is that of the HTML standard, section 9.2: `id` says where to go on after a broken connection, `retry`
 * how long to wait before.
 */

import { EventSourceParserStream } from "eventsource-parser/stream";
import { open, type Schemas } from "./client";
import { isSignedOut } from "./problem";
import { pause } from "./retry";

export type ImageFilter = { container?: string; prefix?: string; label?: string; outcome?: string } & Record<
  string,
  string | undefined
>;

export interface Following {
  /** Images whose result is new or has changed, in order. */
  onImages(images: Schemas["ResultDocument"][]): void;
  /** A batch job that is new or has changed, whatever images are followed. */
  onJob(job: Schemas["Job"]): void;
  /** Some changes were missed: what is shown should be asked for again. */
  onReload(): void;
  /** Whether the connection stands. */
  onLive(isLive: boolean): void;
}

const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 15_000;
/** Images that come within this time are told of at once, so that a flood costs one update and not a thousand. */
const GATHER_MS = 80;

/** Follow the stream until the signal says stop. It comes back by itself after a broken connection. */
export async function follow(filter: ImageFilter, following: Following, signal: AbortSignal): Promise<void> {
  const query = new URLSearchParams(Object.entries(filter).filter((entry): entry is [string, string] => !!entry[1]));
  let lastId: string | null = null;
  let retry = FIRST_RETRY_MS;
  while (!signal.aborted) {
    try {
      const headers = lastId ? { "Last-Event-ID": lastId } : undefined;
      const response = await open(`/v1/stream?${query}`, { headers, signal });
      if (!response.body) throw new Error("a stream without a body");
      following.onLive(true);
      retry = FIRST_RETRY_MS;
      const gathered = gather(following, signal);
      const events = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
      for await (const event of events) {
        lastId = event.id ?? lastId;
        if (event.event === "reload") following.onReload();
        if (event.event === "image") gathered(JSON.parse(event.data));
        if (event.event === "job") following.onJob(JSON.parse(event.data));
      }
    } catch (error) {
      if (signal.aborted || isSignedOut(error)) return;
    }
    following.onLive(false);
    await pause(retry, signal);
    retry = Math.min(retry * 2, MAX_RETRY_MS);
  }
}

function gather(following: Following, signal: AbortSignal): (image: Schemas["ResultDocument"]) => void {
  let waiting: Schemas["ResultDocument"][] = [];
  return (image) => {
    waiting.push(image);
    if (waiting.length > 1) return;
    setTimeout(() => {
      const images = waiting;
      waiting = [];
      if (!signal.aborted) following.onImages(images);
    }, GATHER_MS);
  };
}
