/** Questions about batch jobs, and what people do with them. */

import {
  infiniteQueryOptions,
  type QueryClient,
  queryOptions,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { answer, api, type Schemas } from "./client";
import { isActive, latest, STATES, type State, withJob } from "./job-pages";

export type Job = Schemas["Job"];
export type JobRequest = Schemas["JobRequest"];

/** What all questions about jobs begin with in the cache. */
export const JOBS = "jobs";

const PER_PAGE = 30;
const FAILURES_PER_PAGE = 200;
/** The stream tells what changes; this finds what it told in another order than it happened. */
const CHECKED_EVERY_MS = 10_000;

/** Jobs in a state, or all, the newest first. */
export function jobsQuery(state: State | null) {
  return infiniteQueryOptions({
    queryKey: [JOBS, "list", state],
    queryFn: ({ pageParam: cursor, signal }) => {
      const query = { limit: PER_PAGE, ...(state && { state }), ...(cursor && { cursor }) };
      return answer(api.GET("/v1/jobs", { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: ({ state: { data } }) =>
      data?.pages.some((page) => page.jobs.some(isActive)) ? CHECKED_EVERY_MS : false,
  });
}

export function jobQuery(id: string) {
  return queryOptions({
    queryKey: [JOBS, "one", id],
    queryFn: ({ signal }) => answer(api.GET("/v1/jobs/{id}", { params: { path: { id } }, signal })),
    refetchInterval: ({ state: { data } }) => (data && isActive(data) ? CHECKED_EVERY_MS : false),
  });
}

/** The images of a job that have no answer. */
export function failuresQuery(id: string) {
  return infiniteQueryOptions({
    queryKey: [JOBS, "failures", id],
    queryFn: ({ pageParam: cursor, signal }) => {
      const query = { limit: FAILURES_PER_PAGE, ...(cursor && { cursor }) };
      return answer(api.GET("/v1/jobs/{id}/failures", { params: { path: { id }, query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
}

/** Show a job as it is now, wherever it is shown. */
export function showJob(client: QueryClient, job: Job): void {
  client.setQueryData(jobQuery(job.id).queryKey, (known) => known && latest(known, job));
  for (const state of [null, ...STATES]) {
    client.setQueryData(
      jobsQuery(state).queryKey,
      (known) => known && { ...known, pages: withJob(known.pages, job, state) },
    );
  }
}

const ACTIONS = {
  pause: (id: string) => api.POST("/v1/jobs/{id}/pause", { params: { path: { id } } }),
  resume: (id: string) => api.POST("/v1/jobs/{id}/resume", { params: { path: { id } } }),
  cancel: (id: string) => api.POST("/v1/jobs/{id}/cancel", { params: { path: { id } } }),
  retry: (id: string) => api.POST("/v1/jobs/{id}/retry", { params: { path: { id } } }),
};

export type JobAction = keyof typeof ACTIONS;

/** Pause, resume or cancel a job; or make a new one of its failures. */
export function useJobAction(id: string) {
  return useShowing((action: JobAction) => answer<Job>(ACTIONS[action](id)));
}

export function useSubmit() {
  return useShowing((body: JobRequest) => answer(api.POST("/v1/jobs", { body })));
}

function useShowing<Wanted>(mutationFn: (wanted: Wanted) => Promise<Job>) {
  const client = useQueryClient();
  return useMutation({ mutationFn, onSuccess: (job) => showJob(client, job) });
}
