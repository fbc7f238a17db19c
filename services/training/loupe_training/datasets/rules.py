"""By which rules a snapshot is made of labels: they are written into it, so that it can be made again."""

import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from loupe_shared.domain import Model

# Of 255 bits. Measured in tests/unit/test_datasets_duplicates.py: what was saved anew, resized, brightened or mirrored
# is nearer than that, and pictures of other things are three times as far apart.
DISTANCE = 25


class SplitBy(StrEnum):
    """What decides which split a group goes to."""

    GROUP = "group"
    TIME = "time"
    GIVEN = "given"


class NearDuplicates(StrEnum):
    """What is done about pictures that look alike: they are kept together as one group, or only reported."""

    GROUP = "group"
    REPORT = "report"


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
    return text


Share = Annotated[float, Field(ge=0.0, lt=1.0)]


class Rules(Model):
    """How labels become a snapshot.

    Attributes:
        split_by: chance, stratified by label; time, the newest pictures being the test; or what the labels say.
        validation: share of the pictures.
        test: share of the pictures.
        seed: of the chance.
        group_by: what in a name says to which group a picture belongs: the first part in parentheses, or all of it.
        near_duplicates: what is done about them.
        distance: up to which two pictures look alike, in bits of 255.
        leave_out: labels whose pictures are not in the snapshot.
        skip_bad: whether to leave out pictures that are missing, cannot be decoded or have two labels.
    """

    split_by: SplitBy = SplitBy.GROUP
    validation: Share = 0.15
    test: Share = 0.15
    seed: int = 0
    group_by: Annotated[str, AfterValidator(_pattern)] | None = None
    near_duplicates: NearDuplicates = NearDuplicates.GROUP
    distance: int = Field(default=DISTANCE, ge=0, le=60)
    leave_out: tuple[str, ...] = ()
    skip_bad: bool = False

    @model_validator(mode="after")
    def _something_is_left_to_learn_from(self) -> Self:
        if self.validation + self.test >= 1:
            raise ValueError("validation and test leave nothing to train on: make them smaller")
        return self
