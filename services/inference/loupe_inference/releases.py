"""The models of a release, fetched from the registry and loaded."""

import logging
import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

from loupe_inference.lineup import Lineup
from loupe_inference.model import ServedModel
from loupe_shared.bundle import Bundle
from loupe_shared.errors import ConfigurationError, LoupeError
from loupe_shared.release.ports import Registry
from loupe_shared.release.release import Release

log = logging.getLogger(__name__)

FIRST_DELAY_S, MAX_DELAY_S = 5.0, 300.0


class Load(Protocol):
    """Makes a model of a bundle, ready to answer, or to look on. Raises ``LoupeError`` if that cannot be."""

    def __call__(self, bundle: Bundle, *, looks_on: bool) -> ServedModel:
        """The model."""


class Releases:
    """Finds what is released of a model, and loads what is not loaded yet. Used by one thread at a time.

    Args:
        registry: of models.
        name: of the model.
        cache: folder for bundles. Those of the model that are of no use any more are removed.
        load: makes models of bundles.
        serving_only: whether the version that serves answers for all images, and no other looks on.
        clock: gives seconds that never go back.
    """

    def __init__(
        self,
        registry: Registry,
        name: str,
        cache: Path,
        load: Load,
        *,
        serving_only: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry = registry
        self._name = name
        self._cache = cache / name
        self._load = load
        self._serving_only = serving_only
        self._clock = clock
        self._complaint = ""
        self._failed_revision, self._failures, self._again_at = -1, 0, 0.0

    def after(self, known: Lineup | None) -> Lineup | None:
        """The models of the release as it is now; nothing if it is the one that is known, or cannot be served (yet).

        Models that are loaded already are taken over. A shadow version that cannot be loaded is left out, for nobody
        waits for its answers; any other keeps its release from being followed. Either is tried again, more and more
        rarely. What is wrong is logged once.

        Raises:
            ConfigurationError: nothing is known, and the worker cannot run the model as it is configured.
        """
        try:
            release = self._registry.release(self._name)
        except LoupeError as error:
            self._complain(str(error))
            return None
        if release is None:
            self._complain(f"no version of {self._name} is released: promote one")
            return None
        if known and known.release.revision == release.revision and known.is_complete:
            self._complaint = ""
            return None
        if self._failed_revision == release.revision and self._clock() < self._again_at:
            return None
        try:
            lineup = self._load_all(self._followed(release), known)
        except LoupeError as error:
            if known is None and isinstance(error, ConfigurationError):
                raise
            self._fail(release, f"release {release.revision} of {self._name} is not followed: {error}")
            return None
        self._remove_others(release)
        is_new = known is None or known.release != lineup.release or known.models != lineup.models
        return lineup if is_new else None

    def _followed(self, release: Release) -> Release:
        return release.model_copy(update={"canary": None, "shadows": ()}) if self._serving_only else release

    def _load_all(self, release: Release, known: Lineup | None) -> Lineup:
        with ExitStack() as loaded:
            answering = dict(known.answering) if known else {}
            for version in (release.serving, *([release.canary.version] if release.canary else [])):
                if version not in answering:
                    answering[version] = self._load_one(version, loaded, looks_on=False)
            shadows = {model.version.version: model for model in known.shadows} if known else {}
            for version in release.shadows:
                try:
                    shadows[version] = shadows.get(version) or self._load_one(version, loaded, looks_on=True)
                except LoupeError as error:
                    self._fail(release, f"version {version} of {self._name} does not look on: {error}")
            loaded.pop_all()
        return Lineup(
            release,
            {version: model for version, model in answering.items() if version in release.versions},
            tuple(shadows[version] for version in release.shadows if version in shadows),
        )

    def _load_one(self, version: int, loaded: ExitStack, *, looks_on: bool) -> ServedModel:
        bundle = self._registry.fetch(self._name, version, self._cache / str(version))
        model = self._load(bundle, looks_on=looks_on)
        loaded.callback(model.batcher.close)
        return model

    def _remove_others(self, release: Release) -> None:
        """Keep the bundle to which one can roll back, so that it takes no longer than to load it."""
        kept = {str(version) for version in (*release.versions, release.previous)}
        for folder in self._cache.glob("*"):
            if folder.name.isdecimal() and folder.name not in kept:
                shutil.rmtree(folder, ignore_errors=True)  # another worker may do the same

    def _fail(self, release: Release, complaint: str) -> None:
        if self._failed_revision != release.revision:
            self._failed_revision, self._failures = release.revision, 0
        self._again_at = self._clock() + min(MAX_DELAY_S, FIRST_DELAY_S * (1 << min(self._failures, 10)))
        self._failures += 1
        self._complain(complaint)

    def _complain(self, complaint: str) -> None:
        if complaint != self._complaint:
            log.warning("%s", complaint)
        self._complaint = complaint
