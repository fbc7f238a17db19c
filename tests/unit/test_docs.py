"""Documentation says what is true."""

import importlib.util
import re
import subprocess
from types import ModuleType

import pytest

from tests.factories import ROOT


def load_generator() -> ModuleType:
    """The script that makes documentation."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = load_generator()
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", GENERATOR.PAGES)
def test_pages_made_from_code_are_up_to_date(page: str) -> None:
    assert (ROOT / "docs" / page).read_text(encoding="utf-8") == GENERATOR.PAGES[page](), "run `make docs`"


def test_every_setting_has_a_meaning() -> None:
    for settings_type in GENERATOR.SERVICES.values():
        for name, field in settings_type.model_fields.items():
            assert field.description, name
            assert field.description.endswith("."), name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: object) -> None:
    path = ROOT / str(document)
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def anchor(heading: str) -> str:
    """What leads to a heading, as GitHub makes it."""
    return re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_headings_that_there_are(document: object) -> None:
    path = ROOT / str(document)
    for page, place in re.findall(r"\]\((?!https?:)([^)#]*)#([^)]+)\)", path.read_text(encoding="utf-8")):
        target = path.parent / page if page else path
        headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
        assert place in map(anchor, headings), f"{page}#{place}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_make_targets_that_are_named_exist(document: object) -> None:
    targets = re.findall(r"\bmake ([a-z-]+)", (ROOT / str(document)).read_text(encoding="utf-8"))
    code = [t for t in targets if f"`make {t}" in (ROOT / str(document)).read_text(encoding="utf-8")]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in code:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_make_help_lists_every_target() -> None:
    help_ = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = re.findall(r"^\.PHONY: (\S+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert re.findall(r"make (\S+)", help_.replace("`make", "")) == targets
