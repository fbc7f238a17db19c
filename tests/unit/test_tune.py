"""Finding the best settings for a machine."""

import pytest

from loupe_inference.tune import Choice, Trial, best, choices, tune
from loupe_shared.bundle import Bundle
from loupe_shared.result import Precision
from tests.factories import BUNDLE


def trial(batch_size: int, per_second: float, cpu_ms: float) -> Trial:
    """How a choice might do."""
    return Trial(Choice(Precision.FP32, 2, 1, batch_size), per_second, cpu_ms)


def test_the_quickest_wins() -> None:
    assert best([trial(1, 90, 5), trial(2, 100, 8)]).choice.batch_size == 2


def test_of_the_quick_ones_the_cheapest() -> None:
    assert best([trial(1, 100, 8), trial(2, 99, 6)]).choice.batch_size == 2


def test_of_the_cheap_ones_the_smallest_batch() -> None:
    assert best([trial(8, 100, 6.0), trial(4, 98, 6.1), trial(2, 50, 6.0)]).choice.batch_size == 4


def test_all_cpus_are_shared_out() -> None:
    for cpus in (1, 2, 3, 8):
        tried = list(choices(Bundle.load(BUNDLE), "cpu", cpus))
        assert {choice.precision for choice in tried} == set(Precision)
        assert all(1 <= choice.streams * choice.threads <= cpus for choice in tried)
        assert any(choice.streams == cpus for choice in tried)


def test_it_names_the_settings(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loupe_inference.tune.BATCHES", {"cpu": (1, 2)})
    tune([str(BUNDLE), "--seconds", "0.05"])
    said = capsys.readouterr().out
    assert "best in fp32" in said
    assert "best in int8" in said
    assert "LOUPE_MAX_BATCH_SIZE=" in said
