"""Models: as a table, and one in full, with its versions and what was changed."""

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from loupe_cli.text import NONE, local, share
from loupe_cli.views.screen import cell, grid
from loupe_shared.release.documents import ModelInFull, ModelSummary, Version
from loupe_shared.release.release import Release

_CHANGES = 10
_INCOMPARABLE = "its accuracy is of another test set than that of the version that serves, so they are not comparable"


def table(models: Iterable[ModelSummary]) -> Table:
    """A line for each model."""
    view = grid("model", "newest", "serves", "canary", "look on", "changed", right=("newest", "serves"))
    for model in models:
        release = model.release
        newest = str(model.versions[0]) if model.versions else NONE
        if release is None:
            view.add_row(cell(model.name), newest, NONE, NONE, NONE, NONE)
            continue
        canary = f"{release.canary.version} ({share(release.canary.share)})" if release.canary else NONE
        view.add_row(
            *(cell(model.name), newest, str(release.serving), canary, _numbers(release.shadows) or NONE),
            local(release.changes[-1].at) if release.changes else NONE,
        )
    return view


def line(release: Release) -> Text:
    """Which versions answer."""
    parts = [f"version {release.serving} serves"]
    if release.canary:
        parts.append(f"{release.canary.version} answers for {share(release.canary.share)}")
    if release.shadows:
        parts.append(f"looking on: {_numbers(release.shadows)}")
    return cell(f"{release.name}: ", "bold").append(", ".join(parts))


def portrait(model: ModelInFull) -> Group:
    """Everything that is known of a model."""
    release = model.release
    head = line(release) if release else cell(f"{model.name}: no version was promoted yet")
    parts: list[RenderableType] = [head, "", versions(model)]
    for version in model.versions:
        parts += [cell(f"{version.version}: {objection}", "yellow") for objection in version.objections]
    parts += [cell(f"{number}: {_INCOMPARABLE}", "dim") for number in _incomparable(model)]
    if release and release.changes:
        parts += ["", changes(release)]
    return Group(*parts)


def versions(model: ModelInFull) -> Table:
    """A line for each version."""
    columns = ("version", "labels", "accuracy", "balanced", "int8 agrees")
    view = grid(*columns, "part", "licence", right=columns)
    for version in model.versions:
        metrics, int8 = version.metrics, version.quantization
        view.add_row(
            str(version.version),
            f"{version.labels:,}",
            share(metrics.accuracy if metrics else None),
            share(metrics.balanced_accuracy if metrics else None),
            share(int8.agreement if int8 else None),
            _part(version, model.release),
            cell(version.provenance.licence),
        )
    return view


def changes(release: Release) -> Table:
    """A line for each of the latest changes, the newest first."""
    view = grid("when", "who", "what", "why")
    for change in release.changes[: -_CHANGES - 1 : -1]:
        view.add_row(local(change.at), cell(change.by), cell(change.detail), cell(change.why))
    return view


def _incomparable(model: ModelInFull) -> list[int]:
    """Versions that were measured on another test set than the one that serves."""
    measured = {version.version: version.metrics.test_set for version in model.versions if version.metrics}
    serving = measured.get(model.release.serving) if model.release else None
    return [version for version, test_set in measured.items() if serving and test_set != serving]


def _part(version: Version, release: Release | None) -> Text:
    if release is None:
        return Text("")
    if version.version == release.serving:
        return Text("serves", "green")
    if release.canary and version.version == release.canary.version:
        return Text(f"canary, {share(release.canary.share)}", "cyan")
    if version.version in release.shadows:
        return Text("looks on", "cyan")
    return Text("before" if version.version == release.previous else "", "dim")


def _numbers(of: Iterable[int]) -> str:
    return ", ".join(map(str, of))
