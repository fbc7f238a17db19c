"""The page about training says what the options are."""

from typing import Any

import pytest

from loupe_training.command import parser
from loupe_training.training.plan import Plan
from tests.factories import ROOT

PAGE = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", Plan.model_fields)
def test_every_option_is_on_the_page(name: str) -> None:
    field = Plan.model_fields[name]
    assert field.description
    assert f"| `--{name.replace('_', '-')}` | {said(field.default)} | {field.description} |" in PAGE


def said(value: Any) -> str:  # noqa: ANN401
    """A default as the page says it."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else f"`{value}`"


def test_the_commands_on_the_page_can_be_understood() -> None:
    lines = [line.strip() for line in PAGE.splitlines() if "-m loupe_training " in line and line.startswith("    ")]
    assert len(lines) >= 2
    for line in lines:
        parser().parse_args(line.partition("-m loupe_training ")[2].split())
