/** A batch job that is not submitted yet, as it stands in the form. */

import type { Schemas } from "../api/client";
import { readFilter } from "../api/filter";
import type { JobRequest } from "../api/jobs";
import { ApiProblem, CONFLICT, sentence } from "../api/problem";
import { ANY_NUMBER } from "./words";

export const INPUTS = ["prefix", "names", "filter"] as const;
export const FORMATS = ["csv", "jsonl", "parquet"] as const satisfies Schemas["OutputRequest"]["format"][];

export interface Draft {
  input: (typeof INPUTS)[number];
  prefix: string;
  glob: string;
  /** A name a line. */
  names: string;
  filter: Schemas["ImageFilter"];
  /** As name:version; empty for the one that workers of batch jobs serve. */
  model: string;
  miniBatchSize: string;
  /** Empty for any number. */
  errorThreshold: string;
  maxRetries: string;
  again: boolean;
  /** Whether pictures are not needed where the archive has embeddings that fit. */
  fromEmbeddings: boolean;
  /** Name of the file; empty for none. */
  output: string;
  format: (typeof FORMATS)[number];
}

/** What the form begins with. An address may bring a filter of the archive. */
export function draftOf(address: URLSearchParams): Draft {
  const { sort: _sort, order: _order, ...filter } = readFilter(address);
  return {
    input: INPUTS.find((input) => input === address.get("input")) ?? "prefix",
    prefix: "",
    glob: "",
    names: "",
    filter,
    model: "",
    miniBatchSize: "32",
    errorThreshold: "",
    maxRetries: "3",
    again: false,
    fromEmbeddings: false,
    output: "",
    format: "csv",
  };
}

/** The format that a file's name ends in; nothing, if it tells none. */
export function formatIn(name: string): Draft["format"] | undefined {
  return FORMATS.find((format) => name.toLowerCase().endsWith(`.${format}`));
}

/** The names that were entered, without empty lines. Blanks around a name are not of it. */
export function namesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}

/** What is asked of the API. */
export function requestOf(draft: Draft): JobRequest {
  const { output: name, format } = draft;
  return {
    ...inputOf(draft),
    ...(draft.model && { model: draft.model }),
    mini_batch_size: Number(draft.miniBatchSize),
    error_threshold: draft.errorThreshold === "" ? ANY_NUMBER : Number(draft.errorThreshold),
    max_retries: Number(draft.maxRetries),
    again: draft.again,
    from_embeddings: draft.fromEmbeddings,
    ...(name && { output: { name, format } }),
  };
}

function inputOf({ input, prefix, glob, names, filter }: Draft): Partial<JobRequest> {
  if (input === "names") return { names: namesOf(names) };
  if (input === "filter") return { filter };
  return { ...((prefix || !glob) && { prefix }), ...(glob && { glob }) };
}

/** Parts of the form that can be wrong, by the API's names. */
export const PLACES = [
  "prefix",
  "glob",
  "names",
  "filter",
  "model",
  "mini_batch_size",
  "error_threshold",
  "max_retries",
  "output",
] as const;
export type Place = (typeof PLACES)[number];

const NOT_VALID = 422;
const NOT_SET_UP = 501;

/** What is wrong with which part of the form; nothing, if it is not about a part of it. */
export function placed(error: Error, request: JobRequest): Partial<Record<Place, string>> {
  if (!(error instanceof ApiProblem)) return {};
  if (error.status === NOT_VALID && error.mistakes.length) {
    const mistakes = error.mistakes.map(({ where, problem }) => [placeOf(where, request), problem] as const);
    return Object.fromEntries(mistakes.reverse()); // of several with the same part, the first
  }
  // Without a place in the request, it is the model that does not fit the workers, and an output that cannot be written.
  if (error.status === NOT_VALID) return { model: sentence(error) };
  const isOfOutput = request.output && error.status === CONFLICT && error.detail.includes(request.output.name);
  return error.status === NOT_SET_UP || isOfOutput ? { output: sentence(error) } : {};
}

/** The part that a place in the request belongs to. What is said of the request as a whole is said of its input. */
function placeOf(where: readonly (string | number)[], request: JobRequest): Place {
  const named = PLACES.find((place) => place === where[1]);
  return named ?? (request.names ? "names" : request.filter ? "filter" : request.glob ? "glob" : "prefix");
}

const JOB_ID = /[0-9a-f]{14}-[0-9a-f]{8}/;

/** The job that stands in the way, if a problem names one. */
export function jobNamedIn(error: Error): string | null {
  return JOB_ID.exec(error.message)?.[0] ?? null;
}
