import { useQuery } from "@tanstack/react-query";
import { type Dispatch, useEffect, useEffectEvent, useState } from "react";
import { answer, api } from "../api/client";
import type { ReviewFilter } from "./filter";
import { type Action, passedOf, type Queue, unreviewed } from "./queue";
import { drawSession, giveBack } from "./session";

/** So many are claimed at once: enough to go on quickly, and few that others have to wait for. */
const AHEAD = 6;
const FEW = 3;
const MAX_LIMIT = 50;
const LOOK_AGAIN_MS = 15_000;
const MIN_RENEWAL_MS = 15_000;
const MAX_RENEWAL_MS = 120_000;

interface Supply {
  /** Why there are no images, if that is the reason. */
  error: unknown;
  /** Ask again, now. */
  ask(): void;
}

/** Keeps a queue supplied while the component is shown, and its images from others. */
export function useSupply(filter: ReviewFilter, queue: Queue, dispatch: Dispatch<Action>): Supply {
  const [session] = useState(drawSession);
  const { waiting, isEmpty } = queue;
  const { data, error, refetch } = useQuery({
    queryKey: ["review-queue", session],
    queryFn: async ({ signal }) => {
      const limit = Math.min(Math.max(AHEAD, waiting.length), MAX_LIMIT);
      const body = { ...filter, session, limit, passed: passedOf(queue) };
      const { images, claimed_until } = await answer(api.POST("/v1/review-queue", { body, signal }));
      return { images, renewalMs: renewalOf(claimed_until) };
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    structuralSharing: false,
    refetchInterval: ({ state }) => (isEmpty ? LOOK_AGAIN_MS : (state.data?.renewalMs ?? false)),
    refetchOnWindowFocus: "always", // claims are not renewed for those who look elsewhere, and may have run out
  });
  useEffect(() => {
    if (data) dispatch({ type: "loaded", candidates: data.images });
  }, [data, dispatch]);

  const refill = useEffectEvent(() => {
    if (data) void refetch();
  });
  const missing = isEmpty ? 0 : Math.max(0, FEW + 1 - waiting.length);
  useEffect(() => {
    if (missing > 0) refill();
  }, [missing]);

  const giveAllBack = useEffectEvent(() => giveBack(session, unreviewed(queue)));
  useEffect(() => {
    const leave = () => giveAllBack();
    addEventListener("pagehide", leave);
    return () => {
      removeEventListener("pagehide", leave);
      leave();
      dispatch({ type: "restarted" });
    };
  }, [dispatch]);

  return { error: waiting.length ? null : error, ask: () => void refetch() };
}

/** When to ask again: long before the claims run out, and not too often if this machine's clock is wrong. */
function renewalOf(claimedUntil: string): number {
  const half = (Date.parse(claimedUntil) - Date.now()) / 2;
  return Math.min(Math.max(half, MIN_RENEWAL_MS), MAX_RENEWAL_MS);
}
