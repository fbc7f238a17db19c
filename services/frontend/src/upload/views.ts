import { isRepeatable, isUnsent, type Upload } from "./upload";

/** Which uploads the list shows. */
const VIEWS = {
  all: () => true,
  "on their way": (upload) => isUnsent(upload) || upload.phase.is === "stored",
  "failed or cancelled": isRepeatable,
  rejected: ({ phase }) => phase.is === "answered" && phase.entry.outcome === "rejected",
} satisfies Record<string, (upload: Upload) => boolean>;

export type View = keyof typeof VIEWS;

export const VIEW_NAMES = Object.keys(VIEWS) as View[];

export function seen(uploads: readonly Upload[], view: View): readonly Upload[] {
  return view === "all" ? uploads : uploads.filter(VIEWS[view]);
}
