"""The dashboard asks for what there is."""

import json
from typing import Any

import pytest

from loupe_shared.telemetry.metrics import CATALOG
from tests.factories import ROOT
from tests.promql import mistakes

DASHBOARD = json.loads((ROOT / "charts" / "loupe" / "dashboards" / "loupe.json").read_text(encoding="utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_every_panel_asks_for_metrics_and_labels_that_there_are(panel: dict[str, Any]) -> None:
    assert panel["targets"]
    for target in panel["targets"]:
        assert mistakes(target["expr"]) == []
        assert 'namespace=~"$namespace"' in target["expr"]


def test_every_metric_is_on_the_dashboard() -> None:
    asked = " ".join(target["expr"] for panel in PANELS for target in panel["targets"])
    left_out = {name for name in CATALOG if name not in asked}
    # The first is for alerts, the second for scalers, the others are counts of what panels show already.
    assert left_out == {
        "loupe_broker_up",
        "loupe_queue_open_jobs",
        "loupe_sweeps_total",
        "loupe_batch_jobs_ended_total",
    }


def test_panels_lie_beside_each_other() -> None:
    places: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & places, panel["title"]
        assert at["x"] + at["w"] <= 24
        places |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("rate(loupe_image_total[5m])", "loupe_image_total is no metric"),
        ('loupe_queue_jobs{lane="classify"}', "loupe_queue_jobs has no label lane"),
        ("sum by (queue, colour) (loupe_queue_jobs)", "nothing is grouped by colour"),
        ("rate(loupe_stage_seconds[5m])", "loupe_stage_seconds is no metric"),
    ],
)
def test_mistakes_are_found(query: str, problem: str) -> None:
    assert mistakes(query) == [problem]
