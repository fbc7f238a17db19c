"""Model bundles, whole and broken."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from loupe_shared.bundle import Bundle, sha256
from loupe_shared.errors import InvalidBundle
from tests.bundles import lead, link_bundle
from tests.factories import BUNDLE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the bundle that Loupe comes with."""
    return Path(shutil.copytree(BUNDLE, tmp_path / "bundle"))


def change(folder: Path, **changes: Any) -> None:  # noqa: ANN401
    """Change fields of the manifest."""
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_the_bundle_that_loupe_comes_with() -> None:
    manifest = Bundle.load(BUNDLE).manifest
    assert (manifest.name, manifest.version, len(manifest.labels)) == ("efficientnet-lite0", 1, 1000)
    assert manifest.provenance.licence == "Apache-2.0"


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(InvalidBundle, match="No such file"):
        Bundle.load(tmp_path / "nowhere")


def test_a_missing_model(folder: Path) -> None:
    (folder / "model.onnx").unlink()
    with pytest.raises(InvalidBundle, match=r"No such file.*model\.onnx"):
        Bundle.load(folder)


def test_an_altered_model(folder: Path) -> None:
    with (folder / "model.onnx").open("ab") as file:
        file.write(b"!")
    with pytest.raises(InvalidBundle, match="not the file that the manifest describes"):
        Bundle.load(folder)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"schema_version": 2}, "schema_version"),
        ({"version": 0}, "version"),
        ({"name": "../evil"}, "name"),
        ({"labels": ["a"]}, "labels"),
        ({"labels": ["a", "a"]}, "distinct"),
        ({"files": {}}, r"manifest\.json: the document: .*files must name model\.onnx and its SHA-256"),
        ({"preprocessing_hash": "0"}, "export it again"),
    ],
)
def test_a_manifest_that_does_not_fit(folder: Path, changes: dict[str, Any], says: str) -> None:
    change(folder, **changes)
    with pytest.raises(InvalidBundle, match=says):
        Bundle.load(folder)


def test_a_manifest_that_is_no_json(folder: Path) -> None:
    (folder / "manifest.json").write_text("{")
    with pytest.raises(InvalidBundle, match=r"manifest\.json"):
        Bundle.load(folder)


def test_a_link_that_is_set_anew_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All files are of one version, also those that are read later."""
    link = link_bundle(tmp_path)
    (tmp_path / "v2").mkdir()

    def hash_late(path: Path) -> str:
        lead(link, tmp_path / "v2")
        return sha256(path)

    monkeypatch.setattr("loupe_shared.bundle.sha256", hash_late)
    found = Bundle.load(link)
    assert found.model_path().parent == tmp_path / "v1"
    assert link.resolve() == tmp_path / "v2"
