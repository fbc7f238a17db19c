"""A snapshot in words and numbers, for a terminal."""

from collections.abc import Iterator

from loupe_training.datasets.snapshot import Manifest, Snapshot, Split

NEAREST_SHOWN = 10


def report(snapshot: Snapshot, manifest: Manifest) -> str:
    """What a snapshot has, by label and split, and what was noticed when it was made."""
    return "\n".join(_lines(snapshot, manifest))


def _lines(snapshot: Snapshot, manifest: Manifest) -> Iterator[str]:
    groups = len({sample.group for sample in snapshot.samples})
    yield f"{len(snapshot.samples):,} pictures in {groups:,} groups, {len(snapshot.labels)} labels"
    yield f"digest  {manifest.digest}"
    yield f"made    {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC of {manifest.origin}"
    yield f"rules   {manifest.rules.to_json()}"
    yield ""
    width = max(len(label) for label in ("label", *snapshot.labels))
    yield "  ".join(["label".ljust(width), *(f"{split:>10}" for split in Split), f"{'all':>8}"])
    for label in (*snapshot.labels, None):
        counts = [
            sum(number for one, number in manifest.counts.get(split, {}).items() if label in (None, one))
            for split in Split
        ]
        name = "all" if label is None else label
        yield "  ".join([name.ljust(width), *(f"{number:>10,}" for number in counts), f"{sum(counts):>8,}"])
    if manifest.alike:
        yield ""
        yield "pictures that look most alike:"
        for pair in manifest.alike[:NEAREST_SHOWN]:
            yield f"  {pair.first!r} and {pair.second!r}, {pair.distance} bits apart"
    for note in manifest.notes:
        yield ""
        yield note
