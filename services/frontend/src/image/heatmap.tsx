import { useEffect, useRef } from "react";
import styles from "./image.module.css";

const FULL = 255;

interface Props {
  /** Class-activation map: rows of 0 (no influence) to 255 (most). */
  map: number[][];
  /** The part of the picture that it lies over: left, top, right and bottom, as parts of width and height. */
  seen: number[];
  /** From 0 (not to be seen) to 1. */
  opacity: number;
}

/** What the model looked at, laid over the picture: from clear through yellow to red. */
export function Heatmap({ map, seen, opacity }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const columns = map[0]?.length ?? 0;
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || !columns) return;
    context.putImageData(new ImageData(colours(map), columns), 0, 0);
  }, [map, columns]);
  const [left = 0, top = 0, right = 1, bottom = 1] = seen;
  return (
    <canvas
      ref={canvas}
      width={columns}
      height={map.length}
      aria-hidden
      className={styles.heatmap}
      style={{
        left: part(left),
        top: part(top),
        width: part(right - left),
        height: part(bottom - top),
        opacity,
      }}
    />
  );
}

/** RGBA of each cell: the more influence, the redder and the less transparent. */
export function colours(map: number[][]): Uint8ClampedArray<ArrayBuffer> {
  const cells = map.flat();
  const pixels = new Uint8ClampedArray(cells.length * 4);
  for (const [place, influence] of cells.entries()) {
    const strength = influence / FULL;
    pixels.set([FULL, FULL * Math.min(1, 2 * (1 - strength)), 0, FULL * strength], place * 4);
  }
  return pixels;
}

/** What a model sees of pictures of which that was not noted: the central square. */
export function centralSquare(width: number, height: number): number[] {
  const edge = Math.min(width, height);
  const [left, top] = [(width - edge) / 2 / width, (height - edge) / 2 / height];
  return [left, top, 1 - left, 1 - top];
}

function part(value: number): string {
  return `${value * 100}%`;
}
