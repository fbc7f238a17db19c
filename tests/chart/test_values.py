"""Every value is explained, and what is made from code is up to date."""

import json
from functools import reduce
from typing import Any

import pytest
import yaml

from charts.generate import CHART, FILES
from charts.values import read_values
from tests.helm import INSTALLATIONS

VALUES = read_values(CHART / "values.yaml")


@pytest.mark.parametrize("file", FILES)
def test_files_made_from_code_are_up_to_date(file: str) -> None:
    assert (CHART / file).read_text(encoding="utf-8") == FILES[file](), "run `make docs`"


def test_every_value_has_a_meaning() -> None:
    for value in VALUES:
        assert value.meaning.endswith("."), value.path


def leaves(schema: dict[str, object], definitions: dict[str, dict[str, object]], path: str = "") -> set[str]:
    """The names of all values that a schema knows, without those below settings."""
    reference = str(schema.get("$ref", ""))
    if reference.startswith("#/definitions/settings-"):
        return {path}
    found = definitions[reference.rpartition("/")[2]] if reference else schema
    properties = found.get("properties")
    if not isinstance(properties, dict) or path.endswith(".resources"):
        return {path}
    return set[str]().union(
        *(leaves(inner, definitions, f"{path}.{name}".removeprefix(".")) for name, inner in properties.items())
    )


def test_the_values_and_the_schema_know_the_same() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    known = {name for name in leaves(schema, schema["definitions"]) if not name.startswith(("settings.", "global"))}
    named = {value.path for value in VALUES if not value.path.startswith("settings.")}
    assert known == named


def merged(below: Any, above: Any) -> Any:  # noqa: ANN401  (whatever YAML has)
    """Values with others laid over them, as Helm does it."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return below | {name: merged(below.get(name), value) for name, value in above.items()}


def same(below: Any, above: Any, path: str = "") -> list[str]:  # noqa: ANN401  (the same)
    """Names of values that are laid over themselves."""
    if isinstance(below, dict) and isinstance(above, dict):
        return [name for key in above for name in same(below.get(key), above[key], f"{path}.{key}")]
    return [path] if below == above else []


@pytest.mark.parametrize("installation", INSTALLATIONS)
def test_overlays_say_only_what_differs(installation: str) -> None:
    files = [CHART / "values.yaml", *INSTALLATIONS[installation]]
    *below, above = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in files]
    assert same(reduce(merged, below), above) == []
