import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useRef } from "react";
import { answer, api } from "../api/client";
import type { Result } from "../api/entries";
import { imageQuery } from "../api/images";
import { useStream } from "../api/use-stream";
import { Problem } from "../parts/problem";
import { commonFolder } from "./names";
import type { Upload } from "./upload";
import { uploads as store } from "./use-uploads";

const ASK_AGAIN_MS = 3000;
/** As many as the API tells of at once. */
const AT_ONCE = 500;

/** Brings the answers to what is uploaded, as they come; and asks for those of which the stream has not told. */
export function Answers({ uploads }: { uploads: readonly Upload[] }) {
  const client = useQueryClient();
  const asked = useRef(0);
  const prefix = useMemo(() => commonFolder(uploads.map((upload) => upload.blob)), [uploads]);

  function take(results: Result[]) {
    for (const result of results) {
      client.setQueryData(imageQuery(result.image).queryKey, (known) => known && result); // of what it has replaced
    }
    store.answer(results);
  }

  const { error, refetch } = useQuery({
    queryKey: ["answers"],
    queryFn: async ({ signal }) => {
      const waiting = store.all().flatMap(({ blob, phase }) => {
        return phase.is === "stored" ? [{ container: phase.version.container, blob }] : [];
      });
      // Others have their turn too while some never get an answer.
      const start = asked.current < waiting.length ? asked.current : 0;
      asked.current = start + AT_ONCE;
      const images = waiting.slice(start, start + AT_ONCE);
      if (images.length) take((await answer(api.POST("/v1/images/batch", { body: { images }, signal }))).images);
      return images.length;
    },
    refetchInterval: ASK_AGAIN_MS,
    gcTime: 0,
  });
  useStream({ prefix }, take, () => void refetch());
  return error && <Problem error={error} />;
}
