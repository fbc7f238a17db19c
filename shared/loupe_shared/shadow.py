"""What a version that looks on says of an image, beside the answer that was given."""

import hashlib
from typing import NamedTuple

from pydantic import Field

from loupe_shared.domain import ImageRef, Model, Probability, UtcDatetime


class Said(Model):
    """What a version of a model says of an image: its most probable label."""

    version: int = Field(ge=1)
    label: str
    score: Probability


class Pair(NamedTuple):
    """What a counter of comparisons counts, of one shadow version.

    Attributes:
        serving: the version that answered.
        answered: its label.
        shadow: the label of the shadow version.
    """

    serving: int
    answered: str
    shadow: str


class Comparison(Model):
    """Two versions of a model over the same version of an image.

    Attributes:
        model: its name.
        answered: what the archive was given.
        shadow: what the version said that looks on.
        at: when it said so.
    """

    model: str
    image: ImageRef
    answered: Said
    shadow: Said
    at: UtcDatetime

    @property
    def id(self) -> str:
        """The same whenever the same two versions are compared over the same content: 32 hexadecimal characters."""
        compared = f"{self.answered.version}:{self.shadow.version}:{self.image.id}:{self.image.etag}:{self.model}"
        return hashlib.blake2b(compared.encode(), digest_size=16).hexdigest()

    @property
    def pair(self) -> Pair:
        """Under what it counts."""
        return Pair(self.answered.version, self.answered.label, self.shadow.label)

    @property
    def sureness(self) -> float | None:
        """How sure the less sure of the two is that it is right, if they disagree: they cannot both be."""
        if self.answered.label == self.shadow.label:
            return None
        return min(self.answered.score, self.shadow.score)
