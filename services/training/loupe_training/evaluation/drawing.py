"""Figures as SVG, which a page has inside it."""

from collections.abc import Iterable, Sequence
from html import escape

from loupe_training.evaluation.calibration import Bin
from loupe_training.evaluation.decisions import Coverage

EDGE, MARGIN = 260, 44
CELL, MAX_CELLS = 46, 24


def reliability_diagram(title: str, bins: Sequence[Bin]) -> str:
    """Accuracy by score, beside the diagonal on which a calibrated model lies. Areas are numbers of pictures."""
    most = max((one.count for one in bins), default=0) or 1
    marks = [f'<line class="guide" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>']
    for one in bins:
        if one.score is None or one.accuracy is None:
            continue
        radius = 3 + 9 * (one.count / most) ** 0.5
        said = f"{one.count} pictures with scores about {one.score:.2f}: {one.accuracy:.1%} right"
        marks.append(
            f'<circle class="mark" cx="{_x(one.score):.1f}" cy="{_y(one.accuracy):.1f}" r="{radius:.1f}">'
            f"<title>{escape(said)}</title></circle>"
        )
    return _chart(title, "score", "part that is right", marks)


def coverage_chart(title: str, points: Sequence[Coverage], wanted: float, chosen: tuple[float, float] | None) -> str:
    """Accuracy by the part of pictures that is not left to people, with the point that was chosen."""
    path = " ".join(f"{_x(one.coverage):.1f},{_y(one.accuracy):.1f}" for one in points)
    marks = [
        f'<line class="guide" x1="{_x(0)}" y1="{_y(wanted):.1f}" x2="{_x(1)}" y2="{_y(wanted):.1f}"/>',
        f'<polyline class="line" points="{path}"/>',
    ]
    if chosen:
        marks.append(f'<circle class="mark" cx="{_x(chosen[0]):.1f}" cy="{_y(chosen[1]):.1f}" r="6"/>')
    return _chart(title, "part that is not left to people", "part that is right", marks)


def confusion_matrix(labels: Sequence[str], counts: Sequence[Sequence[int]]) -> str:
    """Counts by true label (rows) and given label (columns). Too many labels make no picture."""
    if len(labels) > MAX_CELLS:
        return ""
    left, top = 150, 30
    width, height = left + CELL * len(labels) + 10, top + CELL * len(labels) + 120
    parts: list[str] = []
    for row, (label, of_row) in enumerate(zip(labels, counts, strict=True)):
        y = top + row * CELL
        parts.append(f'<text class="end" x="{left - 8}" y="{y + CELL / 2 + 4}">{escape(_short(label))}</text>')
        total = sum(of_row) or 1
        for column, count in enumerate(of_row):
            x = left + column * CELL
            kind = "right" if row == column else "wrong"
            said = f"{label}, called {labels[column]}: {count}"
            parts.append(
                f'<g><title>{escape(said)}</title><rect class="{kind}" x="{x}" y="{y}" width="{CELL - 2}" '
                f'height="{CELL - 2}" fill-opacity="{0.08 + 0.8 * count / total:.2f}"/>'
                f'<text class="mid" x="{x + CELL / 2 - 1}" y="{y + CELL / 2 + 4}">{count}</text></g>'
            )
    below = top + len(labels) * CELL + 12
    for column, label in enumerate(labels):
        middle = left + column * CELL + CELL / 2
        parts.append(
            f'<text class="end" transform="translate({middle} {below}) rotate(-45)">{escape(_short(label))}</text>'
        )
    heading = f'<text x="{left}" y="18">called …</text>'
    return _svg(width, height, "Confusion matrix", [heading, *parts])


def _chart(title: str, across: str, up: str, marks: Iterable[str]) -> str:
    axes = [f'<rect class="frame" x="{_x(0)}" y="{_y(1)}" width="{EDGE}" height="{EDGE}"/>']
    for part in (0.0, 0.25, 0.5, 0.75, 1.0):
        axes.append(f'<text class="mid" x="{_x(part)}" y="{_y(0) + 16}">{part:g}</text>')
        axes.append(f'<text class="end" x="{_x(0) - 6}" y="{_y(part) + 4}">{part:g}</text>')
    axes.append(f'<text class="mid" x="{_x(0.5)}" y="{_y(0) + 34}">{escape(across)}</text>')
    axes.append(f'<text class="mid" transform="translate(12 {_y(0.5)}) rotate(-90)">{escape(up)}</text>')
    return _svg(EDGE + MARGIN + 14, EDGE + MARGIN + 14, title, [*axes, *marks])


def _svg(width: float, height: float, title: str, parts: Iterable[str]) -> str:
    inside = "".join(parts)
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{escape(title)}">{inside}</svg>'
    )


def _x(part: float) -> float:
    return MARGIN + part * EDGE


def _y(part: float) -> float:
    return 10 + (1 - part) * EDGE


def _short(label: str) -> str:
    longest = 20
    return label if len(label) <= longest else label[: longest - 1] + "…"
