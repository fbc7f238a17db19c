"""What a person reads, and what is kept."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table
from rich.text import Text

from bench.machine import machine, versions
from bench.options import Options
from bench.rows import Row

DIGITS = 3


def table(rows: Sequence[Row]) -> Table:
    """The medians, with least and greatest, beside what they should be."""
    view = Table(title="What an image costs", show_edge=False, caption="medians; CPU and time are per image")
    for name in ("figure", "case", "measured", "median", "spread", "unit", "target"):
        view.add_column(name, justify="right" if name in ("median", "spread") else "left", overflow="fold")
    above = ("", "")
    for row in rows:
        place = (row.figure, row.case)
        if place != above and above[0]:
            view.add_section()
        figure, case = row.figure if row.figure != above[0] else "", row.case if place != above else ""
        spread = " … ".join(map(_number, row.spread))
        view.add_row(figure, case, row.name, _number(row.median), spread, row.unit, _target(row))
        above = place
    return view


def write(path: Path, rows: Sequence[Row], options: Options) -> None:
    """Keep everything: where it was measured, with what, and every run."""
    document = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "versions": versions(),
        "settings": {"runs": options.runs, "quick": options.quick, "bundle": options.bundle.name},
        "rows": [_document(row) for row in rows],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _document(row: Row) -> dict[str, object]:
    least, most = row.spread
    is_met = row.target.is_met_by(row.median) if row.target else None
    return {**asdict(row), "median": row.median, "least": least, "most": most, "is_met": is_met}


def _target(row: Row) -> Text:
    if row.target is None:
        return Text()
    return Text(str(row.target), style="green" if row.target.is_met_by(row.median) else "red")


def _number(value: float) -> str:
    """Three digits that matter."""
    return f"{value:.{DIGITS}g}" if abs(value) < 10**DIGITS else f"{value:.0f}"
