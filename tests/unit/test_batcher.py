"""Batches, with a model played by the test."""

from queue import SimpleQueue

import numpy as np
import pytest

from loupe_inference.batcher import Batcher, Scores
from loupe_inference.session import Outputs
from loupe_shared.preprocess import Pixels
from tests.fakes import ColorSession, HeldSession

SIZE = 8

Answers = SimpleQueue[tuple[int, Scores | Exception]]


def submit(batcher: Batcher, channel: int, answers: Answers) -> None:
    """Let a picture of one color be inferred."""
    row = batcher.claim()
    batcher.pixels[row] = 0
    batcher.pixels[row, ..., channel] = 255
    batcher.submit(row, lambda scores: answers.put((channel, scores)))


def best(answers: Answers) -> tuple[int, int]:
    """Of the next answer: the color of the picture, and what the model says."""
    channel, scores = answers.get()
    assert isinstance(scores, Scores)
    return channel, int(scores.probabilities.argmax())


def test_what_gathers_while_the_model_is_busy_becomes_one_batch() -> None:
    session, answers = HeldSession(), Answers()
    batcher = Batcher(session, SIZE, max_batch_size=3, streams=1, writers=3)
    submit(batcher, 0, answers)
    session.entered.wait()
    for channel in (1, 2, 0, 1):
        submit(batcher, channel, answers)
    session.release.set()
    batcher.close()
    assert session.batches == [1, 3, 1]
    assert [best(answers) for _ in range(5)] == [(0, 0), (1, 1), (2, 2), (0, 0), (1, 1)]


def test_an_image_alone_waits_for_nobody() -> None:
    answers = Answers()
    batcher = Batcher(ColorSession(), SIZE, max_batch_size=32, streams=2, writers=1)
    submit(batcher, 2, answers)
    assert best(answers) == (2, 2)
    batcher.close()


def test_many_streams_mix_up_nothing() -> None:
    answers = Answers()
    batcher = Batcher(ColorSession(), SIZE, max_batch_size=3, streams=4, writers=1)
    for number in range(500):  # many times more than there are rows
        submit(batcher, number % 3, answers)
    assert all(channel == found for channel, found in (best(answers) for _ in range(500)))
    batcher.close()


class FailingSession:
    """A model that fails."""

    def run(self, batch: Pixels) -> Outputs:
        """Fail."""
        raise RuntimeError(f"no memory for {len(batch)} images")


def test_a_failure_is_told_to_every_image_and_rows_come_back() -> None:
    answers = Answers()
    batcher = Batcher(FailingSession(), SIZE, max_batch_size=2, streams=1, writers=1)
    for _ in range(20):
        submit(batcher, 0, answers)
        _, error = answers.get()
        assert isinstance(error, RuntimeError)
    batcher.close()


@pytest.mark.parametrize("released", [True, False])
def test_memory_is_bounded(*, released: bool) -> None:
    batcher = Batcher(ColorSession(), SIZE, max_batch_size=2, streams=1, writers=1)
    rows = {batcher.claim() for _ in range(len(batcher.pixels))}
    assert rows == set(range(5))
    assert batcher.pixels.dtype == np.uint8
    if released:
        batcher.release(3)
        assert batcher.claim() == 3
    batcher.close()
