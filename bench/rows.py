"""What is measured, as the table shows it."""

import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """What a figure should be.

    Attributes:
        limit: what must be held.
        goal: what would be good.
        at_least: more is better; otherwise less is.
    """

    limit: float
    goal: float | None = None
    at_least: bool = False

    def is_met_by(self, value: float) -> bool:
        """Whether a value holds the limit."""
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        return f"{sign} {self.limit:g}" + (f" (goal {self.goal:g})" if self.goal is not None else "")


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes:
        figure: which of the benchmark's figures it belongs to.
        case: under which circumstances, or of what.
        name: what was measured.
        unit: of ``runs``.
        runs: what each of the repeated runs gave.
        target: what it should be, if it is Loupe's to hold.
    """

    figure: str
    case: str
    name: str
    unit: str
    runs: tuple[float, ...]
    target: Target | None = None

    @property
    def median(self) -> float:
        """Of the runs."""
        return statistics.median(self.runs)

    @property
    def spread(self) -> tuple[float, float]:
        """The least and the greatest of the runs."""
        return min(self.runs), max(self.runs)
