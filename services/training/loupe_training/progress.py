"""Bars that say how far a long task is."""

import io
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.logging import RichHandler
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Advance = Callable[[int], None]


class Bars:
    """Bars on the terminal; where there is none, only what is logged is shown."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    @contextmanager
    def bar(self, what: str, total: int) -> Iterator[Advance]:
        """A bar for ``total`` steps; gives what is to be told of how many more are done."""
        with self._progress:
            task = self._progress.add_task(what, total=total)
            try:
                yield lambda steps: self._progress.advance(task, steps)
            finally:
                self._progress.remove_task(task)


def no_bars() -> Bars:
    """Bars that nobody sees."""
    return Bars(Console(file=io.StringIO()))


def bars_and_logs() -> Bars:
    """Bars, with a log that does not disturb them."""
    console = Console(stderr=True)
    handler = RichHandler(console=console, show_time=False, show_level=False, show_path=False)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", handlers=[handler], force=True)
    logging.getLogger("loupe_training").setLevel(logging.INFO)
    return Bars(console)
