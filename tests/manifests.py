"""Bundles and manifests of made-up models, which are small."""

from pathlib import Path
from typing import Any

from loupe_shared.bundle import MANIFEST_FILE, MODEL_FILE, Bundle, Manifest, sha256
from loupe_shared.card import Latency, Metrics, Provenance, QuantizationGate
from loupe_shared.drift.reference import REFERENCE_FILE
from loupe_shared.preprocess import Preprocessing

RULE = Preprocessing(size=224, crop=0.875, resample="bicubic", oversample=2.0)


def manifest(version: int = 1, name: str = "cells", **changes: Any) -> Manifest:  # noqa: ANN401
    """A manifest that is fine, unless a test says otherwise."""
    values: dict[str, Any] = {
        "schema_version": 1,
        "name": name,
        "version": version,
        "labels": ("crack", "sound"),
        "embedding_size": 8,
        "preprocessing": RULE,
        "preprocessing_hash": RULE.fingerprint(),
        "files": {MODEL_FILE: "0" * 64},
        "provenance": Provenance(weights="none", licence="MIT", exporter="a test"),
    }
    return Manifest(**values | changes)


def metrics(accuracy: float = 0.9, balanced: float = 0.9, *, test_set: str = "a", ms: float | None = None) -> Metrics:
    """What a model was measured at."""
    latency = Latency(milliseconds=ms, machine="a") if ms else None
    return Metrics(test_set=test_set, images=100, accuracy=accuracy, balanced_accuracy=balanced, latency=latency)


def quantized(agreement: float = 0.95, accuracy: float = 0.9) -> QuantizationGate:
    """What an int8 graph was measured at, whose fp32 graph labels 90 % rightly."""
    return QuantizationGate(
        images=100, agreement=agreement, agreement_when_sure=1.0, score_change=0.01,
        labelled_images=50, accuracy_fp32=0.9, accuracy_int8=accuracy,
    )  # fmt: skip


def write_bundle(
    folder: Path,
    version: int = 1,
    name: str = "cells",
    graph: bytes = b"graph",
    reference: str | None = None,
    **changes: Any,  # noqa: ANN401
) -> Bundle:
    """A bundle in a folder, with two files, and a third if it says what it was trained for."""
    folder.mkdir(parents=True)
    files = {MODEL_FILE: graph, "training.json": b"{}"}
    if reference is not None:
        files[REFERENCE_FILE] = reference.encode()
    for file, content in files.items():
        (folder / file).write_bytes(content)
    made = manifest(version, name, files={file: sha256(folder / file) for file in files}, **changes)
    (folder / MANIFEST_FILE).write_text(made.to_json(), encoding="utf-8")
    return Bundle.load(folder)
