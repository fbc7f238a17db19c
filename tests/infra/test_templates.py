"""The templates of Azure's resources are well formed and fit each other. What Azure says of them is another matter."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from infra.checks.bicep import Declaration, Expression, Value, read, used_names
from infra.checks.properties import MODELS, UNKNOWN
from tests.factories import ROOT

INFRA = ROOT / "infra"
MAIN = INFRA / "main.bicep"
MODULES = sorted((INFRA / "modules").glob("*.bicep"))
FILES = [MAIN, *MODULES]


def declared(path: Path, *kinds: str) -> list[Declaration]:
    """What a file declares, of some kinds."""
    return [one for one in read(path) if one.kind in kinds]


def expressions(value: Value) -> list[str]:
    """Everything in a value that Azure calculates."""
    if isinstance(value, Expression):
        return [value.text]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for part in parts for text in expressions(part)]


def test_what_is_not_well_formed_is_found(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.bicep"
    wrong.write_text("param a string\nresource b 'X/y@2025-01-01' = {\n  name: a\n")
    with pytest.raises(SyntaxError, match="line"):
        read(wrong)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_parameter_and_output_says_what_it_means(path: Path) -> None:
    for one in declared(path, "parameter", "output"):
        assert one.description, one.name
        assert one.description.endswith("."), one.name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_parameter_and_variable_is_used(path: Path) -> None:
    used = used_names(path)
    for one in declared(path, "parameter", "variable"):
        assert one.name in used, one.name


def test_every_module_is_used() -> None:
    assert {INFRA / module.of for module in declared(MAIN, "module")} == set(MODULES)


@pytest.mark.parametrize("module", declared(MAIN, "module"), ids=lambda module: module.name)
def test_modules_are_given_what_they_take(module: Declaration) -> None:
    assert isinstance(module.value, dict)
    given = module.value["params"]
    assert isinstance(given, dict)
    taken = declared(INFRA / module.of, "parameter")
    assert given.keys() <= {one.name for one in taken}
    assert given.keys() >= {one.name for one in taken if one.is_required}


def test_outputs_that_are_asked_for_exist() -> None:
    asked = re.findall(r"(\w+)\.outputs\.(\w+)", MAIN.read_text(encoding="utf-8"))
    files = {module.name: INFRA / module.of for module in declared(MAIN, "module")}
    assert asked
    for module, output in asked:
        assert output in {one.name for one in declared(files[module], "output")}, f"{module}.outputs.{output}"


def test_outputs_of_modules_are_asked_for() -> None:
    text = MAIN.read_text(encoding="utf-8")
    for module in declared(MAIN, "module"):
        for output in declared(INFRA / module.of, "output"):
            assert f"{module.name}.outputs.{output.name}" in text, f"{module.name}.{output.name}"


def test_each_type_of_resource_has_one_version_which_is_no_preview() -> None:
    versions = defaultdict(set)
    for resource in (one for path in FILES for one in declared(path, "resource") if "@" in one.of):
        of, version = resource.of.split("@")
        versions[of.split("/")[0], of].add(version)
    assert {of: found for of, found in versions.items() if len(found) > 1} == {}
    previews = {of for (_, of), found in versions.items() if any("preview" in version for version in found)}
    assert previews == {"Microsoft.Insights/diagnosticSettings"}  # which has never had another


def test_the_check_of_properties_knows_every_type() -> None:
    types = {one.of.split("@")[0] for path in FILES for one in declared(path, "resource") if not one.is_existing}
    assert types == MODELS.keys() | UNKNOWN


def test_the_parameters_file_gives_what_has_no_default() -> None:
    text = (INFRA / "main.bicepparam").read_text(encoding="utf-8")
    given = set(re.findall(r"^param (\w+) =", text, re.MULTILINE))
    parameters = declared(MAIN, "parameter")
    assert "using 'main.bicep'" in text
    assert given <= {one.name for one in parameters}
    assert given >= {one.name for one in parameters if one.is_required}


def test_nobody_has_a_key_but_the_broker_s_users() -> None:
    texts = {path.stem: path.read_text(encoding="utf-8") for path in FILES}
    assert "allowSharedKeyAccess: false" in texts["storage"]
    assert "disableLocalAuth: true" in texts["archive"]
    assert "disableLocalAccounts: true" in texts["cluster"]
    assert "adminUserEnabled: false" in texts["registry"]
    assert not [name for name, text in texts.items() if re.search(r"listKeys|@secure|connectionString", text)]


def test_everything_that_can_be_private_has_an_endpoint() -> None:
    text = MAIN.read_text(encoding="utf-8")
    private = [module for module in declared(MAIN, "module") if "isPrivate" in str(module.value)]
    targets = set(re.findall(r"target: (\w+)\.outputs\.id", text))
    assert {module.name for module in private} == targets
    count = len(re.findall(r"\btarget: ", text))
    assert f"range(0, {count})" in text


def test_what_azure_refuses_at_once_is_made_one_after_the_other() -> None:
    for name in ("identities", "archive"):
        assert "@batchSize(1)" in (INFRA / "modules" / f"{name}.bicep").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_names_that_are_spoken_of_are_declared(path: Path) -> None:
    names = {one.name for one in read(path)}
    heads = {
        head
        for one in declared(path, "resource", "module")
        for text in expressions(one.value)
        for head in re.findall(r"(?<![\w.'/$:@-])([a-z]\w*)(?=\.|::|\[)", re.sub(r"'[^'$]*'", "''", text))
    }
    loops = set(re.findall(r"for \(?(\w+)(?:, (\w+)\))?", path.read_text(encoding="utf-8")))
    local = {name for pair in loops for name in pair if name}
    assert heads <= names | local | {"one"}
