import { pause, RETRIES, retryDelay } from "../api/retry";
import type { Named } from "./choice";
import { LinkSupply } from "./link-supply";
import { isRefused, mayPass, sentenceOf } from "./problems";
import type { UploadStore } from "./store";
import type { Transport, Version } from "./transport";
import { isRepeatable, isUnsent, type Upload } from "./upload";

const CONCURRENT = 4;
/** More names than are ever asked for at once. */
const UPCOMING = 500;

/** Sends what is queued, some files at a time, and tries again what may succeed a moment later. */
export class Uploader {
  readonly #store: UploadStore;
  readonly #transport: Transport;
  readonly #links: LinkSupply;
  readonly #running = new Map<number, AbortController>();
  #queue: number[] = [];

  constructor(store: UploadStore, transport: Transport) {
    this.#store = store;
    this.#transport = transport;
    this.#links = new LinkSupply(transport, () => this.#upcoming());
  }

  /** Whether something would be lost if the page were left. */
  get isBusy(): boolean {
    return this.#running.size > 0;
  }

  add(files: Named[]): void {
    const { added, replaced } = this.#store.add(files);
    this.#stop(replaced);
    this.#enqueue(added);
  }

  cancel(ids: number[]): void {
    for (const id of ids) this.#store.dispatch(id, { type: "cancelled" });
    this.#stop(ids);
    this.#fill();
  }

  cancelAll(): void {
    this.cancel(this.#those(isUnsent));
  }

  retry(ids: number[]): void {
    for (const id of ids) this.#store.dispatch(id, { type: "requeued" });
    this.#enqueue(ids);
  }

  retryAll(): void {
    this.retry(this.#those(isRepeatable));
  }

  /** Forget the uploads with which nothing happens any more. */
  clear(): void {
    this.#store.remove(this.#those((upload) => !isUnsent(upload) && upload.phase.is !== "stored"));
  }

  #those(condition: (upload: Upload) => boolean): number[] {
    return this.#store
      .all()
      .filter(condition)
      .map((upload) => upload.id);
  }

  #enqueue(ids: number[]): void {
    this.#queue = [...this.#queue, ...ids];
    this.#fill();
  }

  #stop(ids: number[]): void {
    for (const id of ids) {
      this.#running.get(id)?.abort();
      this.#running.delete(id);
    }
  }

  /** Keep as many at work as may be. */
  #fill(): void {
    while (this.#running.size < CONCURRENT) {
      const id = this.#queue.shift();
      if (id === undefined) return;
      const upload = this.#store.get(id);
      if (upload?.phase.is === "queued" && !this.#running.has(id)) void this.#run(upload);
    }
  }

  #upcoming(): string[] {
    const uploads = this.#queue.slice(0, UPCOMING).map((id) => this.#store.get(id));
    return uploads.filter((upload) => upload?.phase.is === "queued").map((upload) => upload?.blob ?? "");
  }

  async #run(upload: Upload): Promise<void> {
    const stop = new AbortController();
    this.#running.set(upload.id, stop);
    try {
      const version = await this.#send(upload, stop.signal);
      this.#store.dispatch(upload.id, { type: "stored", version });
    } catch (error) {
      if (!stop.signal.aborted) this.#store.dispatch(upload.id, { type: "failed", reason: sentenceOf(error) });
    }
    if (stop.signal.aborted) return; // whoever stopped it has given its place to another
    this.#links.forget(upload.blob);
    this.#running.delete(upload.id);
    this.#fill();
  }

  async #send(upload: Upload, signal: AbortSignal): Promise<Version> {
    let failures = 0;
    let hasNewLink = false;
    for (;;) {
      try {
        return await this.#attempt(upload, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (isRefused(error) && !hasNewLink) {
          hasNewLink = true;
          this.#links.forget(upload.blob);
          continue;
        }
        if (!mayPass(error) || failures === RETRIES) throw error;
        this.#store.dispatch(upload.id, { type: "delayed", reason: sentenceOf(error) });
        await pause(retryDelay(failures, error), signal);
        signal.throwIfAborted();
        failures += 1;
      }
    }
  }

  async #attempt({ id, blob, file }: Upload, signal: AbortSignal): Promise<Version> {
    const link = await this.#links.get(blob);
    signal.throwIfAborted();
    const sent = (bytes: number) => this.#store.dispatch(id, { type: "sent", bytes });
    sent(0);
    return this.#transport.put(link, file, sent, signal);
  }
}
