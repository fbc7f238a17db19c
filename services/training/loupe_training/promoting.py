"""A version that was trained is let to serve, where no person decides it."""

import logging
import re

from loupe_client import Conflict, Loupe
from loupe_shared.release.release import MAX_CHANGES, Action, Release
from loupe_training.datasets.snapshot import Snapshot

log = logging.getLogger(__name__)


def refusal_of(loupe: Loupe, model: str, version: int, snapshot: Snapshot) -> str | None:
    """Let a version serve. What the release notes of it, as that figures could not be compared, is logged.

    Args:
        loupe: is asked.
        model: name of the model.
        version: its number.
        snapshot: that it was trained on, which is the reason.

    Returns:
        What speaks against it, if something does.

    Raises:
        ApiError: the API does not answer, or refuses.
    """
    why = f"retrained on {len(snapshot.samples):,} reviewed pictures, snapshot {snapshot.digest[:16]}"
    try:
        release = loupe.promote(model, version, why)
    except Conflict as error:
        return error.detail
    if noted := [change.detail for change in release.changes if change.action is Action.PROMOTE]:
        log.info("%s: %s", model, noted[-1])
    return None


def never_released(release: Release | None, version: int) -> bool:
    """Whether a version is newer than the one that serves, and nobody has ever let it answer or look on.

    Args:
        release: of the model; none if none of its versions was promoted yet.
        version: its number.
    """
    if release is None:
        return True
    if len(release.changes) >= MAX_CHANGES:  # what was before these is not known
        return False
    named = re.compile(rf"(?<!\S){version}(?![^\s,;])")  # changes name versions in their sentences only
    return version > release.serving and not any(named.search(change.detail) for change in release.changes)
