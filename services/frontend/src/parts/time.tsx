const SHOWN = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** A moment as people here write it. */
export function Time({ at }: { at: string }) {
  return <time dateTime={at}>{SHOWN.format(new Date(at))}</time>;
}
