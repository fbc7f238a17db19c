"""What a batch job needs to know of a result."""

from typing import Self

from loupe_shared.domain import ImageRef, Model, Outcome, Reason, UtcDatetime


class _Answerer(Model):
    name: str
    version: int


class Shown(Model):
    """The part of a result's document that a job looks at: reading the whole takes four times as long."""

    image: ImageRef
    outcome: Outcome
    reason: Reason | None = None
    detail: str | None = None
    model: _Answerer | None = None
    completed_at: UtcDatetime

    @classmethod
    def of(cls, document: str) -> Self:
        """From what ``Result.document`` gave."""
        return cls.model_validate_json(document)

    @property
    def model_name(self) -> str | None:
        """Of the model that answered, as ``name:version``."""
        return f"{self.model.name}:{self.model.version}" if self.model else None
