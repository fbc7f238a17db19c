"""An upload from its beginning to the answers, with its progress."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from loupe_cli.text import number
from loupe_cli.uploading.answers import answers
from loupe_cli.uploading.resume import already_there
from loupe_cli.views.screen import messages
from loupe_client import Loupe, Uploaded, UploadFailed
from loupe_shared.result import ResultDocument


class Transfer:
    """Pictures on their way into the container.

    Args:
        loupe: is asked for links.
        pictures: files by the names that the blobs get.
        concurrent: how many are on their way at once.

    Attributes:
        unanswered: how many are waited for in vain.
    """

    def __init__(self, loupe: Loupe, pictures: Mapping[str, Path], concurrent: int) -> None:
        self.unanswered = 0
        self._loupe = loupe
        self._pictures = pictures
        self._concurrent = concurrent
        self._there: dict[str, Uploaded] = {}
        self._uploaded: list[Uploaded] = []
        self._failed = 0

    def run(self, *, is_again: bool) -> Iterator[UploadFailed]:
        """Upload what the container does not have yet, or everything. Gives those that fail."""
        with _progress("comparing", None):
            self._there = {} if is_again else already_there(self._loupe, self._pictures, self._concurrent)
        missing = {blob: file for blob, file in self._pictures.items() if blob not in self._there}
        with _progress("uploading", len(missing)) as advance:
            for one in self._loupe.upload_each(missing, concurrent=self._concurrent):
                advance()
                if isinstance(one, UploadFailed):
                    self._failed += 1
                    yield one
                else:
                    self._uploaded.append(one)

    def answers(self, patience_s: float) -> Iterator[ResultDocument]:
        """The answers, as soon as they are there, also to what was in the container already."""
        waited_for = [*self._there.values(), *self._uploaded]
        self.unanswered = len(waited_for)
        with _progress("classifying", len(waited_for)) as advance:
            for result in answers(self._loupe, waited_for, patience_s):
                self.unanswered -= 1
                advance()
                yield result

    def summary(self, refused: int) -> str:
        """What has become of all of them, as a sentence."""
        parts = [f"{number(len(self._uploaded), 'picture')} uploaded"]
        if self._there:
            parts.append(f"{len(self._there):,} there already")
        if self._failed + refused:
            parts.append(f"{self._failed + refused:,} failed")
        if self.unanswered:
            parts.append(f"{self.unanswered:,} without an answer: `loupe trace IMAGE` and `loupe doctor` tell more")
        return ", ".join(parts)


@contextmanager
def _progress(what: str, total: int | None) -> Iterator[Callable[[], None]]:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    console = messages()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=total)
        yield lambda: progress.advance(task)
