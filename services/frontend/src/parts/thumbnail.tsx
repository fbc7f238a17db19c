import { ImageOff } from "lucide-react";
import { useState } from "react";
import type { Name } from "../api/entries";
import { useLinks } from "../api/links";
import styles from "./parts.module.css";

interface Props {
  name: Name;
  /** The etag of the image: another version looks different. */
  version: string;
  /** What it shows, if nothing beside it says so. */
  alt?: string;
}

/** The thumbnail of an image, or why there is none. */
export function Thumbnail({ name, version, alt = "" }: Props) {
  const { data, isError, refetch } = useLinks(name, version);
  const [failures, setFailures] = useState(0);
  const link = data?.thumbnail;

  function failed() {
    setFailures(failures + 1);
    if (failures === 0) void refetch(); // the link may have expired while the page was in the background
  }

  if (link && failures < 2) {
    return (
      <span className={styles.thumbnail}>
        <img key={failures} src={link} alt={alt} decoding="async" draggable={false} onError={failed} />
      </span>
    );
  }
  const reason = data?.problem ?? (isError || failures ? "the picture cannot be loaded" : undefined);
  return (
    <span className={styles.thumbnail} title={reason}>
      {reason && <ImageOff aria-hidden size={22} />}
    </span>
  );
}
