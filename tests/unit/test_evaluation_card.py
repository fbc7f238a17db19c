"""What a manifest says of a bundle's answers."""

import platform
from pathlib import Path

import numpy as np
import pytest

from loupe_shared.bundle import Bundle
from loupe_shared.card import Latency
from loupe_training.datasets.snapshot import Sample, Split
from loupe_training.evaluation.answers import Answers
from loupe_training.evaluation.card import digest_of_test_set, metrics_of
from loupe_training.evaluation.latency import latency_of, processor_name
from tests.factories import BUNDLE


def sample(name: str, content: str, label: str, split: Split = Split.TEST) -> Sample:
    """A picture whose hash is one digit again and again."""
    return Sample(path=name, sha256=content * 64, label=label, group=name, split=split)


TEST = (sample("a.png", "1", "crack"), sample("b.png", "2", "sound"), sample("c.png", "3", "sound"))
DIGEST = digest_of_test_set(TEST)


def test_a_test_set_is_what_pictures_show_and_are_called() -> None:
    renamed = [sample(f"new/{one.path}", one.sha256[0], one.label) for one in reversed(TEST)]
    assert digest_of_test_set(renamed) == DIGEST


@pytest.mark.parametrize(
    "other",
    [
        TEST[:2],
        (*TEST, TEST[0]),
        (*TEST[:2], sample("c.png", "4", "sound")),
        (*TEST[:2], sample("c.png", "3", "crack")),
    ],
)
def test_other_pictures_or_labels_are_another_test_set(other: tuple[Sample, ...]) -> None:
    assert digest_of_test_set(other) != DIGEST


def test_figures_are_those_that_are_counted_by_hand() -> None:
    said = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]], np.float32)
    answers = Answers(("crack", "sound"), said, np.array([0, 1, 1]), TEST)
    latency = Latency(milliseconds=3.0, machine="a")
    found = metrics_of(answers, latency)
    assert (found.test_set, found.images, found.latency) == (DIGEST, 3, latency)
    assert found.accuracy == pytest.approx(2 / 3)
    assert found.balanced_accuracy == 0.75


@pytest.mark.skipif(
    platform.system() != "Linux" or platform.machine() != "x86_64", reason="only there a processor tells its name"
)
def test_how_long_an_image_takes() -> None:
    found = latency_of(Bundle.load(BUNDLE))
    assert found
    assert 0.5 < found.milliseconds < 5000
    assert found.machine.startswith(f"{processor_name()}, 1 thread, ONNX Runtime 1.")


def test_a_processor_without_a_name_is_compared_with_none(tmp_path: Path) -> None:
    listing = tmp_path / "cpuinfo"
    listing.write_text("processor\t: 0\nBogoMIPS\t: 50.00\n")
    assert processor_name(listing) is None
