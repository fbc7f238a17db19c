/** How files get into storage. */

/** Where to put one blob. */
export interface Link {
  url: string;
  container: string;
  /** What the request must have. */
  headers: Record<string, string>;
  /** In milliseconds, by the clock of `Date`. */
  expiresAt: number;
}

/** One version of a blob, as storage has taken it. */
export interface Version {
  container: string;
  /** Without quotes; unknown if storage does not let pages read it. */
  etag: string | null;
  /** When storage took it, by its own clock, in milliseconds; of which it tells whole seconds. */
  takenAt: number;
}

export interface Transport {
  /** A link for each of these names, 500 at most, in this order. */
  links(blobs: string[]): Promise<Link[]>;
  /** Send a file, and tell how many bytes of it are sent. Ends with the reason of the signal when that says stop. */
  put(link: Link, file: File, onSent: (bytes: number) => void, signal: AbortSignal): Promise<Version>;
}
