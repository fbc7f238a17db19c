/** Questions about models, and what people do with their releases. */

import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, api, type Schemas } from "./client";

export type Model = Schemas["ModelInFull"];
export type Release = Schemas["Release"];
export type Version = Schemas["Version"];

/** What all questions about models begin with in the cache. */
const MODELS = "models";

const CHECKED_EVERY_MS = 10_000;

/** All models with their releases. */
export function modelsQuery() {
  return queryOptions({
    queryKey: [MODELS, "list"],
    queryFn: ({ signal }) => answer(api.GET("/v1/models", { signal })),
    refetchInterval: CHECKED_EVERY_MS,
  });
}

/** One of them, with what is known of its versions. */
export function modelQuery(name: string) {
  return queryOptions({
    queryKey: [MODELS, "one", name],
    queryFn: ({ signal }) => answer(api.GET("/v1/models/{name}", { params: { path: { name } }, signal })),
    refetchInterval: CHECKED_EVERY_MS,
  });
}

export function promote(name: string, body: Schemas["Promotion"]): Promise<Release> {
  return answer(api.POST("/v1/models/{name}/promote", { params: { path: { name } }, body }));
}

export function tryOnPart(name: string, body: Schemas["CanaryWanted"]): Promise<Release> {
  return answer(api.POST("/v1/models/{name}/canary", { params: { path: { name } }, body }));
}

export function lookOn(name: string, body: Schemas["ShadowsWanted"]): Promise<Release> {
  return answer(api.POST("/v1/models/{name}/shadow", { params: { path: { name } }, body }));
}

export function rollBack(name: string, body: Schemas["Why"]): Promise<Release> {
  return answer(api.POST("/v1/models/{name}/rollback", { params: { path: { name } }, body }));
}

/** Change the release of a model by one of these, and show it as it is then. */
export function useRelease(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: () => Promise<Release>) => change(),
    onSuccess: (release) => {
      client.setQueryData(modelQuery(name).queryKey, (known) => known && { ...known, release });
      return client.invalidateQueries({ queryKey: [MODELS] });
    },
  });
}
