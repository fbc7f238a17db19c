"""The pointing game with drawn surfaces."""

from pathlib import Path

import numpy as np

from loupe_training.evaluation.answers import Floats, Outputs
from loupe_training.surfaces import Score, play, score
from loupe_training.synthetic import LABELS, SCRATCH, STAIN, Drawing, draw
from tests.training.conftest import SIZE

PLACES = 8


def told(drawings: list[Drawing], label: str, maps: list[Floats]) -> Outputs:
    """What a graph gives that takes all for the same."""
    probabilities = np.tile(np.array([one == label for one in LABELS], np.float32), (len(drawings), 1))
    return Outputs(probabilities, np.zeros((len(drawings), 1), np.float32), np.stack(maps))


def seen(drawing: Drawing) -> Floats:
    """A map that says how much of each place the defect takes."""
    edge = SIZE // PLACES
    places: Floats = drawing.mask.reshape(PLACES, edge, PLACES, edge).mean((1, 3)).astype(np.float32)
    return places


def test_maps_that_see_defects_point_at_them_and_turned_ones_do_not() -> None:
    drawings = [draw(STAIN, SIZE, np.random.default_rng(number)) for number in range(20)]
    right = score(STAIN, drawings, told(drawings, STAIN, [seen(one) for one in drawings]), LABELS)
    assert right == Score(STAIN, drawn=20, right=20, pointed=20)
    assert str(right) == "stain: 20 of 20 labelled rightly, the map points at 20 (100%)"
    wrong = score(STAIN, drawings, told(drawings, STAIN, [1 - seen(one) for one in drawings]), LABELS)
    assert wrong.pointed < 5


def test_what_is_labelled_wrongly_does_not_count() -> None:
    drawings = [draw(STAIN, SIZE, np.random.default_rng(1))]
    found = score(STAIN, drawings, told(drawings, SCRATCH, [seen(drawings[0])]), LABELS)
    assert found == Score(STAIN, drawn=1, right=0, pointed=0)
    assert str(found) == "stain: 0 of 1 labelled rightly, the map points at 0"


def test_a_bundle_plays_the_same_game_twice(bundle: Path) -> None:
    scores = play(bundle, seed=5, of_each=10)
    assert [(one.label, one.drawn) for one in scores] == [(SCRATCH, 10), (STAIN, 10)]
    assert all(one.pointed <= one.right <= one.drawn for one in scores)
    assert sum(one.right for one in scores) > 10  # of two in three labels: better than by chance
    assert play(bundle, seed=5, of_each=10) == scores
