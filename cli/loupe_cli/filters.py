"""The options that say which images. Commands that have them all get them as one value."""

import inspect
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Annotated, Any, Literal, TypedDict, TypeVar, get_type_hints

import typer

from loupe_cli.arguments import moment

R = TypeVar("R")

# As loupe_shared.domain has them: to import it would take as long as all else that --help does.
OutcomeName = Literal["classified", "rejected", "superseded", "deleted"]
ReasonName = Literal[
    "empty",
    "too_large",
    "too_many_pixels",
    "not_an_image",
    "unsupported_pixels",
    "truncated",
    "corrupt",
    "decode_timeout",
    "unreadable",
]

PANEL = "Which images"


def _option(*names: str, **settings: Any) -> Any:  # noqa: ANN401  (as Typer has it)
    return typer.Option(*names, rich_help_panel=PANEL, **settings)


class Wanted(TypedDict):
    """Which images, without regard to time, as the client takes it."""

    container: Annotated[str | None, _option(help="In this container.")]
    prefix: Annotated[str | None, _option(help="Whose name begins so.")]
    label: Annotated[str | None, _option(help="Of this label.")]
    model: Annotated[str | None, _option(metavar="NAME:VERSION", help="Answered by this model.")]
    min_score: Annotated[float | None, _option(min=0, max=1, help="Of whose label the model is at least so sure.")]
    max_score: Annotated[float | None, _option(min=0, max=1, help="Of whose label it is at most so sure.")]
    min_uncertainty: Annotated[
        float | None, _option(min=0, max=1, help="Whose two best labels are at least so close to each other.")
    ]
    max_uncertainty: Annotated[float | None, _option(min=0, max=1, help="Whose two best labels are at most so close.")]
    outcome: Annotated[OutcomeName | None, _option(help="With this outcome.")]
    reason: Annotated[ReasonName | None, _option(help="Rejected for this reason.")]
    reviewed: Annotated[
        bool | None, _option("--reviewed/--not-reviewed", help="Of which a person has said what they show, or not.")
    ]
    conflict: Annotated[bool | None, _option("--conflict/--no-conflict", help="On which people disagree, or do not.")]


class TimedWanted(Wanted):
    """Which images, as the client takes it."""

    since: Annotated[
        datetime | None,
        _option(parser=moment, metavar="TIME", help="Completed since then: 30m, 2h, 7d, or a date or time."),
    ]
    until: Annotated[datetime | None, _option(parser=moment, metavar="TIME", help="Completed before then.")]


def filtered(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command an option for each key of its parameter ``wanted``, which gets them all.

    What the command has itself under the name of a key stays its own.
    """
    own = inspect.signature(command, eval_str=True)
    hints = get_type_hints(own.parameters["wanted"].annotation, include_extras=True)
    keys = {name: hint for name, hint in hints.items() if name not in own.parameters}

    @wraps(command)
    def called(**given: Any) -> R:  # noqa: ANN401
        return command(wanted={key: given.pop(key) for key in keys}, **given)

    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=hint)
        for name, hint in keys.items()
    ]
    others = [parameter for name, parameter in own.parameters.items() if name != "wanted"]
    called.__signature__ = own.replace(parameters=[*others, *options])  # type: ignore[attr-defined]
    return called
