/** The API, with the types of its own description. */

import createClient from "openapi-fetch";
import type { Readable } from "openapi-typescript-helpers";
import { authorization, refuse } from "../access/credentials";
import { ApiProblem, isSignedOut, Unreachable } from "./problem";
import type { components, paths } from "./schema";

/** What the API gives, by the names of its description. */
export type Schemas = { [Name in keyof components["schemas"]]: Readable<components["schemas"][Name]> };

/** Asks as whoever has signed in. Whatever is not a success is thrown: `ApiProblem` or `Unreachable`. */
export const api = createClient<paths>();

api.use({
  async onRequest({ request }) {
    const value = await authorization();
    if (value) request.headers.set("Authorization", value);
  },
  async onResponse({ response }) {
    if (!response.ok && response.status !== 304) throw await problemOf(response);
  },
  onError({ error }) {
    return error instanceof TypeError ? new Unreachable(error.message, { cause: error }) : undefined;
  },
});

/** The body of an answer. */
export async function answer<T>(call: Promise<{ data?: T }>): Promise<T> {
  const { data } = await call;
  if (data === undefined) throw new Unreachable("the answer has no body");
  return data;
}

/** A response that the generated client cannot take: a stream, or a file. */
export async function open(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const value = await authorization();
  if (value) headers.set("Authorization", value);
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers });
  } catch (error) {
    if (error instanceof TypeError) throw new Unreachable(error.message, { cause: error });
    throw error;
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function problemOf(response: Response): Promise<ApiProblem> {
  const problem = await ApiProblem.of(response);
  if (isSignedOut(problem)) refuse();
  return problem;
}
