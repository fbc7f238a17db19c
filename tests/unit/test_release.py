"""Who answers of a model's versions."""

import pytest
from pydantic import ValidationError

from loupe_shared.release.release import MAX_CHANGES, Action, Canary, Change, Release
from tests.factories import NOON, image_ref

CHANGE = Change(action=Action.CANARY, at=NOON, by="Ada", why="it is better", detail="version 2 for 10 %")
IDS = [image_ref(f"{number}.jpg").id for number in range(4000)]


def test_a_canary_answers_for_its_share_of_the_images_and_always_for_the_same() -> None:
    release = Release(name="cells", serving=1, canary=Canary(version=2, share=0.1))
    chosen = {id_ for id_ in IDS if release.version_for(id_) == 2}
    assert 0.08 < len(chosen) / len(IDS) < 0.12
    wider = Release(name="cells", serving=1, canary=Canary(version=2, share=0.3))
    assert chosen < {id_ for id_ in IDS if wider.version_for(id_) == 2}


def test_another_canary_is_tried_on_other_images() -> None:
    two, three = (
        {
            id_
            for id_ in IDS
            if Release(name="cells", serving=1, canary=Canary(version=v, share=0.1)).version_for(id_) == v
        }
        for v in (2, 3)
    )
    assert len(two & three) < len(two) / 2


def test_without_a_canary_all_images_are_answered_by_the_serving_version() -> None:
    release = Release(name="cells", serving=3, shadows=(4,))
    assert {release.version_for(id_) for id_ in IDS} == {3}
    assert release.versions == (3, 4)


def test_a_version_has_one_part() -> None:
    for parts in ({"canary": Canary(version=1, share=0.5)}, {"shadows": (1,)}, {"shadows": (2, 2)}):
        with pytest.raises(ValidationError, match="either serves, or is a canary, or looks on"):
            Release(name="cells", serving=1, **parts)


def test_changes_are_counted_and_the_latest_are_kept() -> None:
    release = Release(name="cells", serving=1)
    for number in range(MAX_CHANGES + 5):
        release = release.changed(CHANGE, serving=number % 2 + 1, previous=2 - number % 2)
    assert (release.revision, len(release.changes), release.serving) == (MAX_CHANGES + 5, MAX_CHANGES, 1)
    with pytest.raises(ValidationError):
        release.changed(CHANGE, canary={"version": 1, "share": 0.5})


def test_it_survives_being_written_down() -> None:
    release = Release(name="cells", serving=1).changed(CHANGE, canary=Canary(version=2, share=0.5))
    assert Release.model_validate_json(release.to_json()) == release
