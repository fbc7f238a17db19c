import { useLinks } from "../api/links";
import { type Candidate, versionOf } from "./queue";

const PICTURES = 2;

/** Loads the pictures that come next, out of sight, so that they are there at once. */
export function Ahead({ candidates }: { candidates: Candidate[] }) {
  return (
    <div hidden>
      {candidates.slice(0, PICTURES).map((candidate) => (
        <PictureAhead key={versionOf(candidate.image)} candidate={candidate} />
      ))}
    </div>
  );
}

function PictureAhead({ candidate: { image: result } }: { candidate: Candidate }) {
  const { data: links } = useLinks(result.image, result.image.etag);
  return links?.content ? <img src={links.content} alt="" /> : null;
}
