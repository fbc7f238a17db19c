import { useState } from "react";
import { Label, Slider, SliderThumb, SliderTrack } from "react-aria-components";
import type { Result } from "../api/entries";
import { useLinks } from "../api/links";
import parts from "../parts/parts.module.css";
import { Problem } from "../parts/problem";
import type { Fading } from "./fading";
import { centralSquare, Heatmap } from "./heatmap";
import styles from "./image.module.css";

/** The picture with what the model looked at, which can be faded in and out. */
export function Picture({ result, fading }: { result: Result; fading: Fading }) {
  const { data: links, isError, error, refetch } = useLinks(result.image, result.image.etag);
  const [failed, setFailed] = useState<string[]>([]);
  const { properties, heatmap } = result;
  // Browsers show no TIFF, for example, and then the thumbnail, which is a JPEG.
  const link = [links?.content, links?.thumbnail].find((one) => one && !failed.includes(one));

  if (isError) return <Problem error={error} retry={refetch} />;
  if (links && !link) return <p className={styles.gone}>{sentenceOf(links.problem)}</p>;
  return (
    <figure className={styles.figure}>
      <div className={styles.frame} style={properties ? shapeOf(properties) : {}}>
        {link && (
          <img
            src={link}
            alt={result.image.blob}
            className={styles.image}
            onError={() => setFailed((known) => [...known, link])}
          />
        )}
        {heatmap && properties && (
          <Heatmap
            map={heatmap}
            seen={properties.seen ?? centralSquare(properties.width, properties.height)}
            opacity={fading.opacity}
          />
        )}
      </div>
      {heatmap && (
        <Slider
          className={parts.slider ?? ""}
          value={fading.opacity}
          onChange={fading.fade}
          minValue={0}
          maxValue={1}
          step={0.05}
        >
          <Label>What the model looked at</Label>
          <SliderTrack className={parts.track ?? ""}>
            <SliderThumb className={parts.thumb ?? ""} />
          </SliderTrack>
        </Slider>
      )}
    </figure>
  );
}

/** As wide as there is room, but never higher than most of the window. The place is there before the picture is. */
function shapeOf({ width, height }: { width: number; height: number }) {
  return { aspectRatio: `${width} / ${height}`, maxWidth: `calc(var(--picture-height, 72vh) * ${width / height})` };
}

function sentenceOf(problem: string | null | undefined): string {
  return `The picture cannot be shown${problem ? `: ${problem.replaceAll("_", " ")}` : ""}.`;
}
