"""How the program fails: one sentence on standard error that says what to do, and a code.

0    all is well
1    something is wrong, or not found
2    a wrong option, or a value that the API refuses
3    the API does not answer
4    a batch job that was waited for has failed or was canceled
130  Ctrl-C
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import typer
from typer.core import TyperGroup

from loupe_cli.text import printable

WRONG, USAGE, NO_ANSWER, JOB_FAILED = 1, 2, 3, 4


class Failure(Exception):
    """The program cannot go on.

    Attributes:
        code: that it ends with.
    """

    def __init__(self, sentence: str, code: int = WRONG) -> None:
        super().__init__(sentence)
        self.code = code


class Program(TyperGroup):
    """The commands, of which each may fail."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]  # noqa: ANN401
        """Run one; a failure becomes its sentence and its code."""
        try:
            return super().invoke(ctx)
        except Failure as failure:
            say(str(failure))
            raise typer.Exit(failure.code) from failure


def say(sentence: str) -> None:
    """Tell something that is not part of the output."""
    typer.echo(f"loupe: {printable(sentence)}", err=True)


@contextmanager
def failing(url: str) -> Iterator[None]:
    """Let the client's errors end the program."""
    from loupe_client import ApiError  # noqa: PLC0415  (see Access.client)

    try:
        yield
    except ApiError as error:
        explanation = explained(error, url)
        raise Failure(str(explanation), explanation.code) from error


class Explanation(NamedTuple):
    """What an error of the client means.

    Attributes:
        remedy: what to do, if anything can be done.
        code: that the program ends with.
    """

    what: str
    remedy: str
    code: int

    def __str__(self) -> str:
        return f"{self.what}: {self.remedy}" if self.remedy else self.what


def explained(error: Exception, url: str) -> Explanation:
    """What an error of the client means for who asks the API at an address."""
    from loupe_client import Invalid, NotAllowed, Refused, StrangeAnswer, Unavailable, Unreachable  # noqa: PLC0415

    what, remedy, code = str(error), "", WRONG
    if isinstance(error, Refused):
        what = error.detail or f"{error.status} {error.title}"
    match error:
        case Unreachable():
            what, code = f"{url} does not answer ({error})", NO_ANSWER
            remedy = "`loupe up` starts Loupe here, --url or LOUPE_URL names another"
        case StrangeAnswer():
            what, code = f"what answers at {url} is not understood ({error})", NO_ANSWER
            remedy = "is the address right, and has Loupe there the version of this program?"
        case Unavailable():
            what, remedy, code = f"{url} cannot do that now ({what})", "try again soon", NO_ANSWER
        case NotAllowed(status=401):
            remedy = "pass a key with LOUPE_KEY or --key-file, or sign in with --entra"
        case NotAllowed():
            remedy = "ask who runs Loupe for a key that may do this"
        case Invalid():
            what, code = f"the API does not take that: {what}", USAGE
    return Explanation(what, remedy, code)
