"""Which models answer, and how others take their place.

A job keeps the models that it began with, so no batch mixes versions. A new model is loaded and warmed up beside the
old one, takes over with the next job, and the old one goes when its last job is done: no image waits for a change.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from loupe_inference.lineup import Lineup
from loupe_inference.model import ServedModel
from loupe_shared.bundle import MANIFEST_FILE
from loupe_shared.errors import LoupeError
from loupe_shared.result import ModelVersion

log = logging.getLogger(__name__)


class Serving:
    """The models that answer now. Safe for use from several threads."""

    def __init__(self, lineup: Lineup) -> None:
        self._current = lineup
        self._uses = Counter(lineup.models)
        self._lock = threading.Lock()

    @property
    def version(self) -> ModelVersion:
        """That serves, from the next job on."""
        return self._current.serving.version

    @property
    def has_shadows(self) -> bool:
        """Whether any version looks on."""
        return bool(self._current.shadows)

    @contextmanager
    def lineup(self) -> Iterator[Lineup]:
        """The models for a job, kept alive until its end."""
        with self._lock:
            lineup = self._current
            self._uses.update(lineup.models)
        try:
            yield lineup
        finally:
            self._release(lineup)

    def replace(self, lineup: Lineup) -> None:
        """Let others answer from the next job on. What is in both line-ups goes on as it is."""
        with self._lock:
            before, self._current = self._current, lineup
            self._uses.update(lineup.models)
        self._release(before)

    def _release(self, lineup: Lineup) -> None:
        with self._lock:
            self._uses.subtract(lineup.models)
            idle = [model for model in lineup.models if not self._uses[model]]
            for model in idle:
                del self._uses[model]
        for model in idle:
            model.batcher.close()
            log.info("model %s is not served any more", model.name)


class BundleWatch:
    """Loads the model in a bundle's folder, and the next one when another bundle appears there.

    Replacing the folder as a whole (a symbolic link that is set anew, as Kubernetes does with mounted volumes) is best.
    A bundle that is being copied is not whole yet and is looked at again.

    Args:
        folder: of the bundle.
        load: makes a model of it, ready to answer.
        poll_interval_s: seconds between looks.

    Attributes:
        serving: where the model answers.

    Raises:
        LoupeError: there is no bundle that can be loaded, on construction.
    """

    def __init__(self, folder: Path, load: Callable[[], ServedModel], poll_interval_s: float) -> None:
        self._manifest = folder / MANIFEST_FILE
        self._load = load
        self._poll_interval_s = poll_interval_s
        self._seen = self._read()
        self._complaint = ""
        self.serving = Serving(Lineup.of(load()))
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bundle-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._closed.set()
        self._thread.join()

    def look(self) -> None:
        """Replace the model if there is another bundle that is whole and fits."""
        found = self._read()
        if found == self._seen:
            return
        try:
            model = self._load()
        except LoupeError as error:
            if str(error) != self._complaint:
                log.warning("the bundle that appeared is not served: %s", error)
            self._complaint = str(error)
            return
        self._seen, self._complaint = found, ""
        self.serving.replace(Lineup.of(model))
        log.info("model %s is served from now on", model.name)

    def _read(self) -> bytes:
        try:
            return self._manifest.read_bytes()
        except OSError:
            return b""  # loading says what is wrong

    def _run(self) -> None:
        while not self._closed.wait(self._poll_interval_s):
            self.look()
