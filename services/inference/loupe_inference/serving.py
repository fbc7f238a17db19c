"""Which model answers, and how another takes its place.

A job keeps the model that it began with, so no batch mixes versions. A new model is loaded and warmed up beside the old
one, takes over with the next job, and the old one goes when its last job is done: no image waits for a change.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from loupe_inference.model import ServedModel
from loupe_shared.bundle import MANIFEST_FILE
from loupe_shared.errors import LoupeError
from loupe_shared.result import ModelVersion

log = logging.getLogger(__name__)


class Serving:
    """The model that answers now. Safe for use from several threads."""

    def __init__(self, model: ServedModel) -> None:
        self._current = model
        self._jobs = {model: 0}
        self._lock = threading.Lock()

    @property
    def version(self) -> ModelVersion:
        """Of the model for the next job."""
        return self._current.version

    @contextmanager
    def model(self) -> Iterator[ServedModel]:
        """The model for a job, kept alive until its end."""
        with self._lock:
            model = self._current
            self._jobs[model] += 1
        try:
            yield model
        finally:
            with self._lock:
                self._jobs[model] -= 1
            self._retire()

    def replace(self, model: ServedModel) -> None:
        """Let another model answer from the next job on."""
        with self._lock:
            self._current = model
            self._jobs[model] = 0
        self._retire()

    def _retire(self) -> None:
        with self._lock:
            idle = [model for model, jobs in self._jobs.items() if not jobs and model is not self._current]
            for model in idle:
                del self._jobs[model]
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
        self.serving = Serving(load())
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
        self.serving.replace(model)
        log.info("model %s is served from now on", model.name)

    def _read(self) -> bytes:
        try:
            return self._manifest.read_bytes()
        except OSError:
            return b""  # loading says what is wrong

    def _run(self) -> None:
        while not self._closed.wait(self._poll_interval_s):
            self.look()
