"""One small document for each model: which version serves, which is tried on a part of the images, which look on."""

import hashlib
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from loupe_shared.domain import Model, UtcDatetime

MAX_CHANGES = 100
_PARTS = 1 << 32


class Action(StrEnum):
    """What a change was."""

    PROMOTE = "promote"
    CANARY = "canary"
    SHADOW = "shadow"
    ROLLBACK = "rollback"


class Change(Model):
    """Who changed what, when and why.

    Attributes:
        detail: of the change, for people, such as "version 4 serves, in place of 3".
    """

    action: Action
    at: UtcDatetime
    by: str
    why: str
    detail: str


class Canary(Model):
    """A version that answers for a part of the images, always the same ones.

    Attributes:
        share: of all images.
    """

    version: int = Field(ge=1)
    share: float = Field(gt=0.0, lt=1.0)


class Release(Model):
    """Who answers of a model's versions.

    Attributes:
        revision: counts the changes.
        serving: the version that answers.
        previous: the version that served before, to which one can roll back.
        canary: the version that answers for some in its place.
        shadows: versions that answer, too, without being shown.
        changes: the latest, the newest last, ``MAX_CHANGES`` at most.
    """

    name: str
    revision: int = 0
    serving: int = Field(ge=1)
    previous: int | None = None
    canary: Canary | None = None
    shadows: tuple[int, ...] = ()
    changes: tuple[Change, ...] = ()

    @model_validator(mode="after")
    def _versions_have_one_part(self) -> Self:
        used = [self.serving, *self.shadows, *([self.canary.version] if self.canary else [])]
        if len(set(used)) != len(used):
            raise ValueError("a version either serves, or is a canary, or looks on")
        return self

    @property
    def versions(self) -> tuple[int, ...]:
        """All that workers need, the serving one first."""
        return (self.serving, *([self.canary.version] if self.canary else []), *self.shadows)

    def version_for(self, image_id: str) -> int:
        """The version that answers for an image: the same in every process, as long as the canary stays."""
        canary = self.canary
        return canary.version if canary and _place(image_id, canary.version) < canary.share else self.serving

    def changed(self, change: Change, **to: object) -> Self:
        """The release after a change."""
        changes = (*self.changes, change)[-MAX_CHANGES:]
        document = {**self.model_dump(), **to, "changes": changes, "revision": self.revision + 1}
        return self.model_validate(document)


def _place(image_id: str, version: int) -> float:
    """Where an image lies between 0 and 1, each time elsewhere for another canary."""
    digest = hashlib.blake2b(f"{version}:{image_id}".encode(), digest_size=4).digest()
    return int.from_bytes(digest) / _PARTS
