/** What has become of all uploads together. */

import { isUnsent, type Upload } from "./upload";

export interface Totals {
  uploads: number;
  unsent: number;
  stored: number;
  answered: number;
  /** Of those that are answered. */
  rejected: number;
  failed: number;
  cancelled: number;
  /** Of all that are sent or are to be sent. */
  bytes: number;
  sentBytes: number;
}

export function totalsOf(uploads: readonly Upload[]): Totals {
  const totals = {
    uploads: uploads.length,
    unsent: 0,
    stored: 0,
    answered: 0,
    rejected: 0,
    failed: 0,
    cancelled: 0,
    bytes: 0,
    sentBytes: 0,
  };
  for (const upload of uploads) {
    const { phase, file } = upload;
    if (isUnsent(upload)) totals.unsent += 1;
    else totals[phase.is as "stored" | "answered" | "failed" | "cancelled"] += 1;
    if (phase.is === "answered" && phase.entry.outcome === "rejected") totals.rejected += 1;
    if (phase.is === "failed" || phase.is === "cancelled") continue;
    totals.bytes += file.size;
    if (phase.is === "sending") totals.sentBytes += phase.sent;
    if (phase.is === "stored" || phase.is === "answered") totals.sentBytes += file.size;
  }
  return totals;
}

/** What screen readers are told: it changes with every stage, and not with every file. */
export function announcement({ uploads, unsent, stored, failed }: Totals): string {
  if (!uploads) return "";
  if (unsent) return failed ? "Uploading. Some have failed." : "Uploading.";
  const ended = `All uploads have ended${failed ? ", some have failed" : ""}.`;
  return `${ended} ${stored ? "Answers follow." : "All answers are here."}`;
}
