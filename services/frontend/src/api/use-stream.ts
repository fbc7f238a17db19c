import { useEffect, useEffectEvent, useState } from "react";
import type { Schemas } from "./client";
import { follow, type ImageFilter } from "./stream";

const ignore = () => {};

/**
 * Follow the archive while the component is shown.
 *
 * @returns whether the connection stands, for people to see that what they look at is up to date.
 */
export function useStream(
  filter: ImageFilter,
  onImages: (images: Schemas["ResultDocument"][]) => void,
  onReload: () => void,
  onJob: (job: Schemas["Job"]) => void = ignore,
): boolean {
  const [isLive, setIsLive] = useState(false);
  const images = useEffectEvent(onImages);
  const reload = useEffectEvent(onReload);
  const job = useEffectEvent(onJob);
  const key = JSON.stringify(filter);
  useEffect(() => {
    const stop = new AbortController();
    void follow(
      JSON.parse(key),
      { onImages: (found) => images(found), onJob: (told) => job(told), onReload: () => reload(), onLive: setIsLive },
      stop.signal,
    );
    return () => stop.abort();
  }, [key]);
  return isLive;
}
