"""A plan grows with what is asked for, and says what it rests on."""

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.scaling import chart, study, tables
from bench.scaling.__main__ import main
from bench.scaling.hardware import KINDS
from bench.scaling.plan import ACCOUNT_PER_S, QUEUE_PER_S, Load, make_plan, read_prices
from bench.scaling.simulation import Circumstances
from tests.factories import ROOT

PRICES = read_prices()


@given(images=st.floats(1, 5e8), hardware=st.sampled_from([*KINDS]), more=st.floats(1, 10))
def test_more_images_take_no_less_of_anything(images: float, hardware: str, more: float) -> None:
    few, many = (make_plan(Load(images * factor, hardware), PRICES) for factor in (1, more))
    for name in ("instances", "workers", "nodes", "node_hours", "general_nodes", "ru_per_s", "archive_gb", "buckets"):
        assert getattr(few, name) <= getattr(many, name), name
    assert few.cost <= many.cost


def test_workers_of_a_plan_do_the_busiest_hour() -> None:
    load = Load(50e6, "t4", peak=4)
    plan = make_plan(load, PRICES)
    assert plan.peak_per_s == pytest.approx(50e6 / 86_400 * 4)
    assert plan.workers * KINDS["t4"].images_per_s() > plan.peak_per_s
    assert plan.node_hours * 3600 * KINDS["t4"].images_per_s() > 50e6


def test_a_billion_images_a_day_take_several_instances_none_of_which_is_beyond_the_limits_of_azure() -> None:
    plan = make_plan(Load(1e9), PRICES)
    assert plan.instances > 1
    each = plan.peak_per_s / plan.instances
    assert each <= QUEUE_PER_S
    assert each * (plan.blob_requests + plan.queue_requests) / 1e9 <= ACCOUNT_PER_S
    assert plan.broker_gb < 24


def test_embeddings_cost_more_than_the_results() -> None:
    load = Load(5e6)
    plain, embedded = (make_plan(replace(load, embeddings=one), PRICES) for one in (False, True))
    assert embedded.mean_ru_per_s > 2 * plain.mean_ru_per_s
    assert embedded.archive_gb > 3 * plain.archive_gb


@pytest.mark.parametrize("load", [Load(0), Load(-1), Load(1e6, peak=0.5)])
def test_what_is_no_load_is_refused(load: Load) -> None:
    with pytest.raises(ValueError, match="there must be images"):
        make_plan(load, PRICES)


def test_prices_have_a_date_and_a_source_and_all_that_is_asked_for() -> None:
    assert date.fromisoformat(PRICES["as_of"])
    assert "https://" in PRICES["source"]
    assert {kind.machine for kind in KINDS.values()} <= PRICES["node_hour"].keys()


def test_the_command_says_what_it_takes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    own = tmp_path / "prices.json"
    own.write_text(json.dumps(PRICES | {"currency": "EUR", "source": "our contract"}))
    main(["plan", "--images-per-day", "5000000", "--gpu", "a100", "--prices", str(own)])
    said = capsys.readouterr().out
    assert "5,000,000 images a day, a100" in said
    assert "EUR a month" in said
    assert "our contract" in said


def test_the_command_refuses_what_is_no_number_of_images(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["plan", "--images-per-day", "0"])
    assert "must be greater than 0" in capsys.readouterr().err


def test_the_page_shows_what_was_simulated_and_planned() -> None:
    page = tables.PAGE.read_text(encoding="utf-8")
    assert tables.fill(page) == page, "run `make scaling`"


def test_what_was_simulated_are_the_chart_s_settings() -> None:
    kept = json.loads(study.KEPT.read_text(encoding="utf-8"))["settings"]
    assert kept == json.loads(json.dumps(study.settings())), "the chart scales differently by now: run `make scaling`"


def test_the_chart_s_settings_wait_for_jobs_that_storage_keeps_waiting() -> None:
    for overlay in chart.OVERLAYS:
        policy = chart.policy(overlay)
        assert policy.signal.running_per_worker == policy.signal.waiting_per_worker
        assert policy.grace_s > Circumstances().slow_s


def test_the_simulated_nodes_are_those_of_the_infrastructure() -> None:
    template = (ROOT / "infra" / "main.bicep").read_text(encoding="utf-8")
    sizes = set(re.findall(r"Size string = '(\w+)'", template))
    assert {KINDS["cpu"].machine, KINDS["t4"].machine} <= sizes
