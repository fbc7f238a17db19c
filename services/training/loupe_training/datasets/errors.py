"""What is wrong with labels or pictures, said so that people find the place."""

from collections.abc import Sequence

from loupe_shared.errors import PermanentError

SHOWN = 20  # places that a message names


class InvalidDataset(PermanentError):
    """Labels or pictures of which no data set can be made. The message names the places, and says what to do."""


def naming(sentence: str, places: Sequence[str]) -> str:
    """A sentence with the places that it is about, each on a line of its own; the first of them, if there are many."""
    lines = [f"  {place}" for place in places[:SHOWN]]
    if len(places) > SHOWN:
        lines.append(f"  and {len(places) - SHOWN:,} more")
    return "\n".join([f"{sentence}:", *lines])
