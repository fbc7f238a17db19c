import type { Link, Transport } from "./transport";

/** Few enough that a link is used long before it expires, and enough that hardly anyone waits for one. */
const AT_ONCE = 200;
/** Clocks differ, and storage looks at the link when the request arrives. */
const LEAST_VALIDITY_MS = 60_000;

/** Links for uploading: asked for by the hundred, shortly before they are needed. */
export class LinkSupply {
  readonly #transport: Transport;
  readonly #upcoming: () => string[];
  readonly #links = new Map<string, Link>();
  #asking: Promise<void> | null = null;

  /** @param upcoming Names of the blobs that are uploaded next. */
  constructor(transport: Transport, upcoming: () => string[]) {
    this.#transport = transport;
    this.#upcoming = upcoming;
  }

  /** The link of a blob. One that was just given is used whatever the clock of this machine says of it. */
  async get(blob: string): Promise<Link> {
    const known = this.#links.get(blob);
    if (known && known.expiresAt - Date.now() < LEAST_VALIDITY_MS) this.forget(blob);
    for (;;) {
      const link = this.#links.get(blob);
      if (link) return link;
      this.#asking ??= this.#ask(blob).finally(() => {
        this.#asking = null;
      });
      await this.#asking;
    }
  }

  /** A link is not needed any more, or is not worth anything. */
  forget(blob: string): void {
    this.#links.delete(blob);
  }

  async #ask(blob: string): Promise<void> {
    const blobs = [...new Set([blob, ...this.#upcoming()])].slice(0, AT_ONCE);
    const links = await this.#transport.links(blobs);
    for (const [place, link] of links.entries()) this.#links.set(blobs[place] ?? "", link);
  }
}
