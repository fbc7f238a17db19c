"""What a sweep has found and done, as its line in the log says it."""

from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True)
class Counts:
    """Counts of a sweep, or of a part of one, which can be added up.

    Attributes:
        listed: blobs.
        known: images of the archive.
        mended: blobs that have been given an outcome, or a job that gives them one.
        deleted: images whose blobs were gone.
        left: blobs without an outcome that were left to live traffic, because they are young or an outcome is due.
    """

    listed: int = 0
    known: int = 0
    mended: int = 0
    deleted: int = 0
    left: int = 0

    def __add__(self, other: Self) -> Self:
        names = [field.name for field in fields(self)]
        return type(self)(*(getattr(self, name) + getattr(other, name) for name in names))

    def __str__(self) -> str:
        return (
            f"{self.listed:,} listed, {self.known:,} known, {self.mended:,} to be classified anew, "
            f"{self.deleted:,} deleted, {self.left:,} left to live traffic"
        )
