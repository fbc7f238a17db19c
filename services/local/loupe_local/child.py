"""A process that this one started and will end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from loupe_local import leash
from loupe_shared.errors import ConfigurationError

STOP_TIMEOUT_S = 30.0
START_TIMEOUT_S = 60.0
CHECK_INTERVAL_S = 0.05


class Child:
    """A running process whose output goes to a log file.

    Args:
        name: what people call it.
        command: program and arguments; the program with its full path.
        log: file that its output is appended to.
        env: its environment; this process's own by default.
        stdin: bytes that it reads from standard input.
        pass_fds: open file descriptors that it inherits.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
        pass_fds: Sequence[int] = (),
    ) -> None:
        self.name = name
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        leashed = [sys.executable, "-I", str(leash.__file__), str(os.getpid()), *command]
        with log.open("ab") as output:
            # A session of its own keeps the terminal's Ctrl-C from it: this process ends its children in order.
            self._process = subprocess.Popen(  # noqa: S603  (the caller's own command)
                leashed,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                pass_fds=pass_fds,
                start_new_session=True,
            )
        if self._process.stdin:
            self._process.stdin.write(stdin)
            self._process.stdin.close()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def has_ended(self) -> bool:
        """Whether it does not run any more."""
        return self._process.poll() is not None

    def check(self) -> None:
        """Return if it still runs.

        Raises:
            ConfigurationError: it ended; the message is the last thing that it said.
        """
        code = self._process.poll()
        if code is not None:
            lines = self._log.read_text(errors="replace").split("\n")
            said = next((line for line in reversed(lines) if line.strip()), "it said nothing")
            raise ConfigurationError(f"{self.name} ended with code {code}: {said} (log: {self._log})")

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait until a condition holds; if it never will, end the process.

        Raises:
            ConfigurationError: the process ended or took too long.
        """
        try:
            self._wait(ready, time.monotonic() + START_TIMEOUT_S)
        except BaseException:  # also Ctrl-C: nobody else may know of it yet
            self.stop()
            raise

    def _wait(self, ready: Callable[[], bool], deadline: float) -> None:
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise ConfigurationError(f"{self.name} was not ready after {START_TIMEOUT_S:.0f} s (log: {self._log})")
            time.sleep(CHECK_INTERVAL_S)

    def stop(self) -> None:
        """Ask it to end, and kill it if it takes too long."""
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
