import { type Result, wordsOf } from "../api/entries";
import { type Fact, FactList } from "../parts/fact-list";
import { readableSize } from "../parts/size";
import { Time } from "../parts/time";

/** What else is known of an image. */
export function Facts({ result }: { result: Result }) {
  const { image, model, properties } = result;
  const facts: Fact[] = [
    ["Model", model ? `${model.name}:${model.version} (${model.precision})` : "none"],
    ["Uploaded", <Time key="uploaded" at={image.uploaded_at} />],
    ["Answered", <Time key="answered" at={result.completed_at} />],
  ];
  if (properties) {
    const { format, width, height, size_bytes } = properties;
    facts.push(["Picture", `${format}, ${width} × ${height}, ${readableSize(size_bytes)}`]);
  }
  if (result.from_embedding) facts.push(["Heatmap", "none: the answer is from the stored embedding"]);
  const words = wordsOf(result);
  if (words.length > 0)
    facts.push([words.length > 1 ? "Reviews" : "Review", <Reviews key="reviews" result={result} />]);
  facts.push(["Container", image.container], ["Version", image.etag]);
  return <FactList facts={facts} />;
}

/** Who said what, the latest first. */
function Reviews({ result }: { result: Result }) {
  return (
    <>
      {wordsOf(result)
        .toReversed()
        .map(({ label, reviewer, reviewed_at }) => (
          <div key={reviewer}>
            {label}, says {reviewer}, <Time at={reviewed_at} />
          </div>
        ))}
      {result.conflict && <div>They disagree: the latest counts until more than half agree.</div>}
    </>
  );
}
