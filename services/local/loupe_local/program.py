"""What programs have in common that start everything: one at a time, ended in order, and errors in a sentence."""

import fcntl
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from loupe_local.interrupts import SIGNALS
from loupe_local.ports import bypass_proxies
from loupe_local.stack import Stack, StackConfig
from loupe_shared.errors import ConfigurationError, LoupeError

WATCH_INTERVAL_S = 0.5

EX_INTERRUPTED = 130  # as shells report SIGINT

console = Console(markup=False, emoji=False, highlight=False)  # names of files are not markup


@contextmanager
def as_program() -> Iterator[Callable[[], None]]:
    """What is done in this block is a program, which may be ended by Ctrl-C.

    Yields:
        To be called when the program has answered: to end it after that is no failure.
    """
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler)
    bypass_proxies()
    answered = False

    def has_answered() -> None:
        nonlocal answered
        answered = True

    try:
        yield has_answered
    except KeyboardInterrupt:
        console.print("Everything has ended.")
        if not answered:
            sys.exit(EX_INTERRUPTED)
    except LoupeError as error:
        print(f"loupe: {error}", file=sys.stderr)
        sys.exit(1)


@contextmanager
def running(config: StackConfig) -> Iterator[Stack]:
    """Everything, with what is being started on the screen.

    Raises:
        ConfigurationError: something did not start, or runs already on the same data.
    """
    with _only_one(config.state):
        status = console.status("starting")
        stack = Stack(config, lambda name: status.update(f"starting {name}"))
        try:
            with status:
                stack.start()
            yield stack
        finally:
            with console.status("ending"):
                stack.stop()


def stay(stack: Stack) -> NoReturn:
    """Look after everything until Ctrl-C.

    Raises:
        ConfigurationError: something ended for good.
    """
    while True:
        stack.check()
        time.sleep(WATCH_INTERVAL_S)


@contextmanager
def _only_one(state: Path) -> Iterator[None]:
    """Keep a second run away from the same data."""
    try:
        state.mkdir(parents=True, exist_ok=True)
        file = (state / "lock").open("w")
    except OSError as error:
        raise ConfigurationError(f"the folder {state} cannot be written to: {error.strerror}") from error
    with file as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigurationError(f"Loupe runs already on the data in {state.resolve()}: end that first") from error
        yield
