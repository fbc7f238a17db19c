"""Bundles in a folder that is a link, as Kubernetes mounts volumes."""

import json
import shutil
from pathlib import Path

from tests.factories import BUNDLE


def link_bundle(folder: Path) -> Path:
    """A link, in the folder, to a copy of the bundle that Loupe comes with."""
    shutil.copytree(BUNDLE, folder / "v1")
    (folder / "bundle").symlink_to(folder / "v1")
    return folder / "bundle"


def publish_bundle(link: Path, version: int) -> None:
    """Let another version take the bundle's place."""
    target = link.parent / f"v{version}"
    shutil.copytree(BUNDLE, target)
    manifest = json.loads((target / "manifest.json").read_text())
    (target / "manifest.json").write_text(json.dumps(manifest | {"version": version}))
    lead(link, target)


def lead(link: Path, target: Path) -> None:
    """Let a link lead elsewhere, in one step."""
    (link.parent / "next").symlink_to(target)
    (link.parent / "next").replace(link)
