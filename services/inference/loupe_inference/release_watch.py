"""Following the releases of a model."""

import logging
import threading

from loupe_inference.lineup import Lineup
from loupe_inference.releases import Releases
from loupe_inference.serving import Serving
from loupe_shared.release.release import Release

log = logging.getLogger(__name__)

FIRST_POLL_S = 0.25  # of a worker that has nothing else to do


def first_release(releases: Releases, stopped: threading.Event) -> Lineup | None:
    """Wait until there is a release that can be served; nothing if told to end meanwhile.

    Raises:
        ConfigurationError: the worker cannot run the model as it is configured.
    """
    while not stopped.is_set():
        lineup = releases.after(None)
        if lineup:
            return lineup
        stopped.wait(FIRST_POLL_S)
    return None


class ReleaseWatch:
    """Lets the models of the next release answer when there is one, until it is closed.

    Args:
        releases: knows which there is.
        first: the release to begin with.
        poll_interval_s: seconds between looks.

    Attributes:
        serving: where the models answer.
    """

    def __init__(self, releases: Releases, first: Lineup, poll_interval_s: float) -> None:
        self.serving = Serving(first)
        log.info("%s", _described(first.release))
        self._releases = releases
        self._lineup = first
        self._poll_interval_s = poll_interval_s
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="release-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._closed.set()
        self._thread.join()

    def look(self) -> None:
        """Follow the release that there is now."""
        lineup = self._releases.after(self._lineup)
        if lineup:
            self._lineup = lineup
            self.serving.replace(lineup)
            log.info("from now on, %s", _described(lineup.release))

    def _run(self) -> None:
        while not self._closed.wait(self._poll_interval_s):
            self.look()


def _described(release: Release) -> str:
    said = f"version {release.serving} of {release.name} is served"
    if release.canary:
        said += f", and version {release.canary.version} for {release.canary.share:.1%} of the images"
    if release.shadows:
        said += f"; looking on: {', '.join(map(str, release.shadows))}"
    return said
