/** A number of bytes as people read it. */
export function readableSize(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000).toLocaleString()} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
