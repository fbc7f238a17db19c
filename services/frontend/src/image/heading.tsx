import { ArrowLeft, ChevronLeft, ChevronRight, Copy } from "lucide-react";
import { Link, useNavigate } from "react-router";
import { fileName, type Name, pageOf } from "../api/entries";
import { neighboursOf } from "../archive/remembered";
import { Button, IconButton } from "../parts/button";
import { Title } from "../parts/title";
import { useKey } from "../parts/use-key";
import { notify } from "../shell/notices";
import styles from "./image.module.css";

/** What the image is called, and the ways from here: back, and to the images before and after it in the list. */
export function Heading({ name }: { name: Name }) {
  const navigate = useNavigate();
  const { previous, next } = neighboursOf(name);

  function show(image: Name | undefined) {
    // In place of this one, so that going back leads to the list.
    if (image) void navigate(pageOf(image), { replace: true });
  }
  useKey("ArrowLeft", () => show(neighboursOf(name).previous)); // not as of the last drawing: keys may come sooner
  useKey("ArrowRight", () => show(neighboursOf(name).next));
  useKey("Escape", () => void navigate(-1));

  async function copy() {
    await navigator.clipboard.writeText(location.href);
    notify("The link is in the clipboard.");
  }

  return (
    <header className={styles.heading}>
      <Link to="/" className={styles.back}>
        <ArrowLeft size={16} aria-hidden /> Archive
      </Link>
      <Title text={fileName(name.blob)} />
      <span className={styles.folder}>{name.blob}</span>
      {(previous || next) && (
        <span className={styles.ways}>
          <IconButton label="The image before" isDisabled={!previous} onPress={() => show(previous)}>
            <ChevronLeft size={18} />
          </IconButton>
          <IconButton label="The next image" isDisabled={!next} onPress={() => show(next)}>
            <ChevronRight size={18} />
          </IconButton>
        </span>
      )}
      <Button onPress={copy}>
        <Copy size={16} aria-hidden /> Copy link
      </Button>
    </header>
  );
}
