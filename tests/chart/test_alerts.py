"""Alerts are about metrics that there are, fire when they should, and have a runbook."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.factories import ROOT
from tests.helm import INSTALLATIONS, NAMESPACE, of_kind, render

# Sweeps are so frequent that an hour is enough to miss some.
ON: dict[str, object] = {"monitoring.rules.enabled": True, "reconciler.settings.LOUPE_SWEEP_INTERVAL_S": 600}
QUIET, LOUD = "quiet", "loud"

# Of each alert, series that must not and that must make it fire, as promtool writes them: a first value, and by how
# much it grows each minute, sixty times.
SERIES: dict[str, dict[str, dict[str, str]]] = {
    "LoupeBacklogOld": {
        QUIET: {'loupe_oldest_outstanding_seconds{queue="backfill"}': "5000+60x60"},
        LOUD: {'loupe_oldest_outstanding_seconds{queue="classify"}': "901+60x60"},
    },
    "LoupeNoWorker": {
        QUIET: {
            'loupe_queue_jobs{queue="classify",state="waiting"}': "7+0x60",
            'loupe_worker_info{service="inference",device="cuda"}': "1+0x60",
        },
        LOUD: {
            'loupe_queue_jobs{queue="classify",state="waiting"}': "7+0x60",
            'loupe_worker_info{service="backfill",device="cuda"}': "1+0x60",
        },
    },
    "LoupeNoBatchWorker": {
        QUIET: {
            'loupe_queue_open_jobs{queue="backfill"}': "7+0x60",
            'loupe_worker_info{service="backfill",device="cpu"}': "1+0x60",
        },
        LOUD: {
            'loupe_queue_open_jobs{queue="backfill"}': "7+0x60",
            'loupe_worker_info{service="inference",device="cpu"}': "1+0x60",
        },
    },
    "LoupeEventsWait": {
        QUIET: {"loupe_events_waiting": "9+9x60", 'loupe_events_total{ending="published"}': "0+1x60"},
        LOUD: {"loupe_events_waiting": "9+0x60", 'loupe_events_total{ending="published"}': "5+0x60"},
    },
    "LoupeImagesRejected": {
        QUIET: {
            'loupe_images_total{outcome="classified"}': "0+960x60",
            'loupe_images_total{outcome="rejected"}': "0+40x60",
        },
        LOUD: {
            'loupe_images_total{outcome="classified"}': "0+940x60",
            'loupe_images_total{outcome="rejected"}': "0+60x60",
        },
    },
    "LoupeMessagesFail": {
        QUIET: {'loupe_messages_total{queue="store",ending="handled"}': "0+60x60"},
        LOUD: {
            'loupe_messages_total{queue="store",ending="handled"}': "0+60x60",
            'loupe_messages_total{queue="store",ending="retried"}': "0+60x60",
        },
    },
    "LoupeDeadLetters": {
        QUIET: {'loupe_dead_letters{source="store"}': "0+0x60"},
        LOUD: {'loupe_dead_letters{source="store"}': "1+0x60"},
    },
    "LoupeStoreThrottled": {
        QUIET: {'loupe_cosmos_requests_total{status="201"}': "0+600x60"},
        LOUD: {
            'loupe_cosmos_requests_total{status="201"}': "0+600x60",
            'loupe_cosmos_requests_total{status="429"}': "0+60x60",
        },
    },
    "LoupeGpuFallback": {
        QUIET: {'loupe_worker_info{service="inference",device="tensorrt"}': "1+0x60"},
        LOUD: {'loupe_worker_info{service="inference",device="cpu"}': "1+0x60"},
    },
    "LoupeSweepOverdue": {
        # Ten minutes after each other, and each takes five.
        QUIET: {"loupe_sweep_ended_timestamp_seconds": "0+0x14 900+0x14 1800+0x14 2700+0x14"},
        LOUD: {"loupe_sweep_ended_timestamp_seconds": "-9000+0x60"},
    },
    "LoupeApiErrors": {
        QUIET: {'loupe_http_requests_total{service="query",status="404"}': "0+60x60"},
        LOUD: {
            'loupe_http_requests_total{service="query",status="200"}': "0+60x60",
            'loupe_http_requests_total{service="query",status="503"}': "0+60x60",
        },
    },
}

# Of alerts about something that is to be heard of, what is heard when it is not well.
SILENT: list[tuple[str, dict[str, str]]] = [
    ("LoupeSweepOverdue", {}),
    # Its process ends in every sweep, and begins anew.
    ("LoupeSweepOverdue", {"loupe_sweep_ended_timestamp_seconds": "NaN NaN NaN _ _ NaN NaN NaN _ _ " * 6}),
    ("LoupeEventsWait", {}),
    # The storage queue does not answer.
    ("LoupeEventsWait", {"loupe_events_waiting": "NaN " * 60}),
]


@pytest.fixture(scope="module")
def groups() -> list[dict[str, object]]:
    """The groups of rules, with all alerts."""
    (rules,) = of_kind(render(INSTALLATIONS["prod-gpu"], ON), "PrometheusRule").values()
    return list(rules["spec"]["groups"])


@pytest.fixture(scope="module")
def rules(groups: list[dict[str, object]]) -> dict[str, dict[str, object]]:
    """The rules by their alerts."""
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}  # type: ignore[attr-defined]


@pytest.fixture
def promtool() -> str:
    """Prometheus's own tool."""
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("there is no promtool: install Prometheus (on Debian, `apt install prometheus`)")
    return found


def test_alerts_name_metrics_that_are_listed(rules: dict[str, dict[str, object]]) -> None:
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `(loupe_\w+)`", page, re.MULTILINE))
    named = {name for rule in rules.values() for name in re.findall(r"\bloupe_\w+", str(rule["expr"]))}
    assert named
    assert named <= listed


def test_alerts_are_about_this_installation_alone(rules: dict[str, dict[str, object]]) -> None:
    for name, rule in rules.items():
        selectors = re.findall(r"loupe_\w+(\{[^}]*\})?", str(rule["expr"]))
        assert all(f'namespace="{NAMESPACE}"' in selector for selector in selectors), name


def test_every_alert_has_a_runbook(rules: dict[str, dict[str, object]]) -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    described = re.findall(r"^### (Loupe\w+)", page, re.MULTILINE)
    assert sorted(described) == sorted(rules)
    for name, rule in rules.items():
        annotations = rule["annotations"]
        assert isinstance(annotations, dict)
        assert annotations["runbook_url"].endswith(f"#{name.lower()}")


def test_every_alert_is_tested(rules: dict[str, dict[str, object]]) -> None:
    assert SERIES.keys() == rules.keys()


def test_an_alert_about_gpus_is_only_where_there_are_some() -> None:
    (made,) = of_kind(render(INSTALLATIONS["prod-cpu"], ON), "PrometheusRule").values()
    assert "LoupeGpuFallback" not in str(made)


def test_ingestion_that_may_have_no_pods_is_not_missed() -> None:
    (made,) = of_kind(render(INSTALLATIONS["dev"], {**ON, "ingestion.keda.minReplicas": 0}), "PrometheusRule").values()
    assert "absent(loupe_events_waiting" not in str(made)


@pytest.mark.parametrize("alert", SERIES)
def test_alerts_fire_when_they_should(
    alert: str, groups: list[dict[str, object]], promtool: str, tmp_path: Path
) -> None:
    # Metrics of somebody else's installation, which must not matter.
    others = {QUIET: SERIES[alert][LOUD], LOUD: SERIES[alert][QUIET]}
    for mood, series in SERIES[alert].items():
        complaint = check(promtool, groups, tmp_path, alert, series, others[mood], fires=mood == LOUD)
        assert complaint == "", mood


@pytest.mark.parametrize(("alert", "series"), SILENT)
def test_silence_is_no_good_sign(
    alert: str, series: dict[str, str], groups: list[dict[str, object]], promtool: str, tmp_path: Path
) -> None:
    assert check(promtool, groups, tmp_path, alert, series, SERIES[alert][QUIET], fires=True) == ""


def check(
    promtool: str,
    groups: list[dict[str, object]],
    folder: Path,
    alert: str,
    series: dict[str, str],
    others: dict[str, str],
    *,
    fires: bool,
) -> str:
    """What promtool complains of if an alert is to fire, or not, with series of ours and of another namespace."""
    given = [{"series": in_namespace(name), "values": values} for name, values in series.items()]
    given += [{"series": in_namespace(name, "other"), "values": values} for name, values in others.items()]
    sample: dict[str, object] = {
        "expr": f'count(ALERTS{{alertname="{alert}",alertstate="firing"}}) > 0',
        "eval_time": "55m",
        "exp_samples": [{"value": 1, "labels": "{}"}] if fires else [],
    }
    test = {"interval": "1m", "input_series": given, "promql_expr_test": [sample]}
    document = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": [test]}
    (folder / "rules.yaml").write_text(yaml.safe_dump({"groups": groups}))
    (folder / "tests.yaml").write_text(yaml.safe_dump(document))
    done = subprocess.run([promtool, "test", "rules", "tests.yaml"], cwd=folder, capture_output=True, text=True)
    return f"{done.stdout}{done.stderr}" if done.returncode else ""


def in_namespace(series: str, namespace: str = NAMESPACE) -> str:
    """A series of a namespace."""
    name, _, labels = series.rstrip("}").partition("{")
    return f'{name}{{namespace="{namespace}"{"," if labels else ""}{labels}}}'
