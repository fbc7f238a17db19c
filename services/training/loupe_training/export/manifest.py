"""Writing a bundle's manifest."""

import json
from pathlib import Path

from loupe_shared.bundle import MANIFEST_FILE, Manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write ``manifest.json``."""
    text = json.dumps(manifest.model_dump(mode="json"), indent=1, ensure_ascii=False)
    (folder / MANIFEST_FILE).write_text(text + "\n", encoding="utf-8")
