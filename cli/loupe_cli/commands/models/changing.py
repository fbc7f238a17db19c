"""``loupe models promote``, ``canary``, ``shadow`` and ``rollback``."""

from typing import TYPE_CHECKING, Annotated

import typer

from loupe_cli.access import access
from loupe_cli.arguments import Json, portion
from loupe_cli.commands.models.options import (
    ForceOption,
    ModelArgument,
    NewLabelsOption,
    VersionArgument,
    WhyOption,
)

if TYPE_CHECKING:
    from loupe_shared.release.release import Release

PROMOTE_EXAMPLES = ("loupe models promote solar-cells 2 --why 'it finds more cracks'",)
CANARY_EXAMPLES = (
    "loupe models canary solar-cells 2 5% --why 'to see it at work'",
    "loupe models canary solar-cells 2 0 --why 'too many false alarms'",
)
SHADOW_EXAMPLES = (
    "loupe models shadow solar-cells 2 3 --why 'to compare them'",
    "loupe models shadow solar-cells --why 'we know enough'",
)
ROLLBACK_EXAMPLES = ("loupe models rollback solar-cells --why 'too many false alarms on line 3'",)


def promote(
    context: typer.Context,
    name: ModelArgument,
    version: VersionArgument,
    *,
    why: WhyOption,
    new_labels: NewLabelsOption = False,
    force: ForceOption = False,
    is_json: Json = False,
) -> None:
    """Let a version answer for all pictures, from some seconds from now on."""
    with access(context).client() as loupe:
        _show(loupe.promote(name, version, why, new_labels=new_labels, force=force), is_json=is_json)


def canary(
    context: typer.Context,
    name: ModelArgument,
    version: VersionArgument,
    share: Annotated[
        float, typer.Argument(parser=portion, metavar="SHARE", help="Of the pictures, such as 5%; 0 ends it.")
    ],
    *,
    why: WhyOption,
    new_labels: NewLabelsOption = False,
    force: ForceOption = False,
    is_json: Json = False,
) -> None:
    """Let a version answer for a part of the pictures, always the same ones."""
    with access(context).client() as loupe:
        _show(loupe.canary(name, version, share, why, new_labels=new_labels, force=force), is_json=is_json)


def shadow(
    context: typer.Context,
    name: ModelArgument,
    versions: Annotated[
        list[int] | None, typer.Argument(metavar="VERSION", min=1, help="Numbers of versions; none ends it.")
    ] = None,
    *,
    why: WhyOption,
    is_json: Json = False,
) -> None:
    """Let these versions answer, too, without being shown, in the place of those that do so now."""
    with access(context).client() as loupe:
        _show(loupe.shadow(name, versions or [], why), is_json=is_json)


def rollback(context: typer.Context, name: ModelArgument, *, why: WhyOption, is_json: Json = False) -> None:
    """Let the version answer again that did before, and end the canary."""
    with access(context).client() as loupe:
        _show(loupe.roll_back(name, why), is_json=is_json)


def _show(release: "Release", *, is_json: bool) -> None:
    from loupe_cli.views.models import line
    from loupe_cli.views.screen import screen

    if is_json:
        typer.echo(release.model_dump_json())
    else:
        screen().print(line(release), soft_wrap=True)
