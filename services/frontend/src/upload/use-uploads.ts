import { useSyncExternalStore } from "react";
import { type Snapshot, UploadStore } from "./store";

/** What is uploaded in this tab. */
export const uploads = new UploadStore((tell) => requestAnimationFrame(tell));

export function useUploads(): Snapshot {
  return useSyncExternalStore(uploads.subscribe, uploads.snapshot);
}
