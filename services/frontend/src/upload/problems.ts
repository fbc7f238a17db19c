/** Why an upload does not succeed. */

import { ApiProblem, isTransient, sentence, Unreachable } from "../api/problem";

const FORBIDDEN = 403;
const TOO_LARGE = 413;
const TOO_MANY = 429;
const SERVER_ERROR = 500;

/** Storage answered that it does not take a file. */
export class StorageProblem extends Error {
  override name = "StorageProblem";
  readonly status: number;

  constructor(status: number) {
    super(`storage answers with status ${status}`);
    this.status = status;
  }
}

/** Storage did not answer. */
export class StorageUnreachable extends Error {
  override name = "StorageUnreachable";
}

/** The file is not what it was when it was chosen. */
export class FileGone extends Error {
  override name = "FileGone";
}

/** Whether storage refuses a link: it has expired, or does not allow this. */
export function isRefused(error: unknown): boolean {
  return error instanceof StorageProblem && error.status === FORBIDDEN;
}

/** Whether the same upload may succeed a moment later. */
export function mayPass(error: unknown): boolean {
  if (error instanceof StorageProblem) return error.status === TOO_MANY || error.status >= SERVER_ERROR;
  return error instanceof StorageUnreachable || isTransient(error);
}

/** What happened and what to do, in a sentence or two. */
export function sentenceOf(error: unknown): string {
  if (error instanceof FileGone) return "The file was moved or changed after it was chosen: choose it again.";
  if (error instanceof StorageUnreachable) return "Storage does not answer: check your connection.";
  if (error instanceof Unreachable) return "Loupe does not answer: check your connection, and that the service runs.";
  if (error instanceof ApiProblem || !(error instanceof StorageProblem)) return sentence(error);
  switch (error.status) {
    case FORBIDDEN:
      return "Storage refuses the upload, with a new link too. Try again later, or ask whoever runs Loupe.";
    case TOO_LARGE:
      return "The file is too large for storage.";
    default:
      return `Storage does not take the file now: it answers with status ${error.status}.`;
  }
}
