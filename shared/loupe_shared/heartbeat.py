"""A file that shows that the process lives."""

import threading
from pathlib import Path
from typing import Self

from loupe_shared.errors import ConfigurationError

INTERVAL_S = 5.0


class Heartbeat:
    """Touches a file, in a thread of its own, until the block ends; then the file is removed.

    Args:
        file: unset for none.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        """Begin.

        Raises:
            ConfigurationError: the file cannot be written.
        """
        if self._file:
            try:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                self._file.touch()
            except OSError as error:
                raise ConfigurationError(f"LOUPE_HEARTBEAT_FILE cannot be written: {error}") from error
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._file:
            self._thread.join()
            self._file.unlink(missing_ok=True)

    def _run(self) -> None:
        while self._file and not self._ended.wait(INTERVAL_S):
            self._file.touch()
