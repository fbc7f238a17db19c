import type { Result } from "../api/entries";
import type { Named } from "./choice";
import { type Totals, totalsOf } from "./totals";
import { after, type Event, type Upload } from "./upload";

/** All uploads at one moment, in the order in which they were added. */
export interface Snapshot {
  uploads: readonly Upload[];
  totals: Totals;
}

const NOTHING: Snapshot = { uploads: [], totals: totalsOf([]) };

/**
 * The uploads of this tab. It lives outside of pages, so that uploads go on while one looks at others.
 *
 * What happens is noted at once, because a tab in the background is never drawn. Listeners are told before the next time
 * that something is drawn, so that thousands of events cost one update.
 */
export class UploadStore {
  readonly #uploads = new Map<number, Upload>();
  readonly #listeners = new Set<() => void>();
  readonly #beforeDrawing: (tell: () => void) => void;
  #snapshot = NOTHING;
  #isTelling = false;
  #lastId = 0;

  constructor(beforeDrawing: (tell: () => void) => void) {
    this.#beforeDrawing = beforeDrawing;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** What listeners were told of last. */
  readonly snapshot = (): Snapshot => this.#snapshot;

  /** Everything as it is now. */
  all(): Upload[] {
    return [...this.#uploads.values()];
  }

  get(id: number): Upload | undefined {
    return this.#uploads.get(id);
  }

  /** Queue files. They take the places of uploads that have the same names. */
  add(files: Named[]): { added: number[]; replaced: number[] } {
    const names = new Set(files.map((file) => file.blob));
    const replaced = this.all().filter((upload) => names.has(upload.blob));
    this.remove(replaced.map((upload) => upload.id));
    const added = files.map(({ blob, file }) => {
      this.#lastId += 1;
      this.#uploads.set(this.#lastId, { id: this.#lastId, blob, file, phase: { is: "queued" } });
      return this.#lastId;
    });
    return { added, replaced: replaced.map((upload) => upload.id) };
  }

  remove(ids: number[]): void {
    for (const id of ids) this.#uploads.delete(id);
    this.#tell();
  }

  dispatch(id: number, event: Event): void {
    const upload = this.#uploads.get(id);
    const phase = upload && after(upload, event);
    if (!phase || phase === upload.phase) return;
    this.#uploads.set(id, { ...upload, phase });
    this.#tell();
  }

  /** Give answers to the uploads that wait for them. */
  answer(results: Result[]): void {
    const byBlob = new Map(results.map((result) => [result.image.blob, result]));
    for (const { id, blob } of this.all()) {
      const result = byBlob.get(blob);
      if (result) this.dispatch(id, { type: "answered", result });
    }
  }

  #tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    this.#beforeDrawing(() => {
      this.#isTelling = false;
      const uploads = this.all();
      this.#snapshot = { uploads, totals: totalsOf(uploads) };
      for (const listener of this.#listeners) listener();
    });
  }
}
