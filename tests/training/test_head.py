"""A head on embeddings: quick training, without a picture."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from loupe_shared.adapters.memory import MemoryStore
from loupe_shared.bundle import Bundle
from loupe_shared.drift.reference import REFERENCE_FILE, Reference
from loupe_shared.embedded import embeddings_of
from loupe_shared.embedding import quantize
from loupe_shared.listing import Order, ResultFilter
from loupe_shared.result import Embedding, ModelVersion, Result, ResultDocument, Review
from loupe_shared.rows.columns import embedded_row
from loupe_shared.rows.parquet import to_parquet
from loupe_training.command import main
from loupe_training.datasets.errors import InvalidDataset
from loupe_training.datasets.snapshot import Split
from loupe_training.embeddings import LabelledEmbeddings
from loupe_training.evaluation.answers import Graph, load_bundle
from loupe_training.training.head import Examples, fit_head
from tests.factories import BUNDLE, NOON, rejection, result


def write(path: Path, count: int, labels: tuple[str, ...], width: int = 1280, **more: Any) -> Path:  # noqa: ANN401
    """Embeddings that cluster by label, as those of pictures do."""
    chance = np.random.default_rng(0)
    numbers = np.arange(count) % len(labels)
    centres = chance.normal(size=(len(labels), width))
    embeddings = (centres[numbers] + 4 * chance.normal(size=(count, width))).astype(np.float32)
    np.savez(path, **{"embeddings": embeddings, "labels": np.array(labels)[numbers]} | more)
    return path


def test_ten_thousand_embeddings_become_a_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = ("crack", "dirt", "sound", "stain", "Kratzer/Süd")
    file = write(tmp_path / "embeddings.npz", 10_000, labels)
    to = tmp_path / "quick"
    assert main(["head", str(file), str(BUNDLE), str(to), "--name", "quick", "--version", "3", "--threads", "1"]) == 0
    manifest = Bundle.load(to / "bundle").manifest
    assert (manifest.name, manifest.version, manifest.labels) == ("quick", 3, tuple(sorted(labels)))
    assert manifest.preprocessing == Bundle.load(BUNDLE).manifest.preprocessing
    reference = Reference.read((to / "bundle" / REFERENCE_FILE).read_bytes(), "quick:3")
    assert (reference.images, set(reference.labels)) == (1500, set(labels))
    figures = json.loads((to / "report.json").read_text())
    assert figures["metrics"]["accuracy"]["value"] > 0.9
    assert figures["pictures"] == [1500, 1500]
    assert "AUC" in capsys.readouterr().out

    found = load_bundle(to / "bundle")[1].run(np.zeros((2, 224, 224, 3), np.uint8))
    assert found.probabilities.shape == (2, 5)
    assert found.activation_map.shape == (2, 7, 7)


def test_the_archives_eight_bits_do_as_well(tmp_path: Path) -> None:
    whole = LabelledEmbeddings(write(tmp_path / "whole.npz", 300, ("a", "b")))
    scales = np.abs(whole.vectors).max(axis=1) / 127
    vectors = np.rint(whole.vectors / scales[:, None]).astype(np.int8)
    np.savez(tmp_path / "bytes.npz", vectors=vectors, scales=scales, labels=[one.label for one in whole.samples])
    small = LabelledEmbeddings(tmp_path / "bytes.npz")
    assert np.abs(small.vectors - whole.vectors).max() <= scales.max() / 2 * 1.001
    assert [one.split for one in small.samples] == [one.split for one in whole.samples]


def archive(count: int, labels: Sequence[str], space: str = "efficientnet-lite0:1", width: int = 1280) -> MemoryStore:
    """Images with embeddings that cluster by label, all reviewed, with the model's answer wrong all along."""
    chance = np.random.default_rng(2)
    numbers = np.arange(count) % len(labels)
    centres = chance.normal(size=(len(labels), width))
    vectors = (centres[numbers] + chance.normal(size=(count, width))).astype(np.float32)
    name, version = space.split(":")
    model = ModelVersion(name=name, version=int(version), preprocessing_hash="h")
    store = MemoryStore()
    for number, embedding in enumerate(quantize(vectors)):
        image = result(f"board-{number // 4}/{number}.jpg").model_copy(update={"model": model, "embedding": embedding})
        store.write([image])
        say(store, image, "Ada", labels[numbers[number]])
    return store


def say(store: MemoryStore, image: Result, reviewer: str, label: str) -> None:
    """Review an image."""
    store.review(image.image.id, Review(label=label, reviewer=reviewer, reviewed_at=NOON))


def export(store: MemoryStore, path: Path) -> Path:
    """The file that the API gives."""
    documents = store.page(ResultFilter(), Order(), 10_000).documents
    by_id = {ResultDocument.model_validate_json(document).image.id: document for document in documents}
    known = embeddings_of(store, by_id)
    rows = [embedded_row(document, known.get(id_)) for id_, document in by_id.items()]
    path.write_bytes(b"".join(to_parquet([rows], embedded=True)))
    return path


def test_the_reviewed_images_of_an_archive_become_a_bundle_of_the_same_embeddings(tmp_path: Path) -> None:
    store = archive(120, ("crack", "dirt", "sound"))
    store.write([result("of nobody.jpg"), rejection("bad.jpg"), result("without.jpg")])
    say(store, result("without.jpg"), "Ada", "crack")  # there is no embedding of it
    disputed = result("board-0/0.jpg")
    say(store, disputed, "Bob", "stain")
    file, to = export(store, tmp_path / "labelled.parquet"), tmp_path / "quick"
    options = ["--name", "cells", "--version", "2", "--threads", "1", "--group-by", "board-[0-9]+"]
    assert main(["head", str(file), str(BUNDLE), str(to), *options]) == 0

    made, base = Bundle.load(to / "bundle"), Bundle.load(BUNDLE)
    assert made.manifest.labels == ("crack", "dirt", "sound")
    assert made.manifest.model_version().embedding_space == str(base.manifest.model_version())
    found = LabelledEmbeddings(file, group_by="board-[0-9]+")
    assert len(found.samples) == 119
    assert {one.group for one in found.samples} == {f"board-{number}" for number in range(30)}
    pixels = np.random.default_rng(3).integers(0, 256, (2, 224, 224, 3), np.uint8)
    before, after = Graph(base).run(pixels), Graph(made).run(pixels)
    assert np.array_equal(before.embedding, after.embedding)
    head = onnxruntime.InferenceSession(str(made.head_path), providers=["CPUExecutionProvider"])
    (probabilities,) = head.run(["probabilities"], {"embedding": after.embedding})
    assert np.abs(probabilities - after.probabilities).max() < 1e-5
    figures = json.loads((to / "report.json").read_text())
    assert figures["metrics"]["accuracy"]["value"] == 1.0

    # What the new version answers lies in the same space, and so can be learnt from together with it.
    newer = ModelVersion(name="cells", version=2, preprocessing_hash="h", space="efficientnet-lite0:1")
    assert newer == made.manifest.model_version().model_copy(update={"preprocessing_hash": "h"})
    other = archive(4, ("crack",)).embeddings([result("board-0/1.jpg").image.id])
    ((_, embedding),) = other.values()
    image = result("new.jpg").model_copy(update={"model": newer, "embedding": embedding})
    store.write([image])
    say(store, image, "Ada", "crack")
    again = LabelledEmbeddings(export(store, tmp_path / "more.parquet"))
    assert (len(again.samples), again.spaces) == (120, ["efficientnet-lite0:1"])


def test_exported_embeddings_that_are_not_the_bundles_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = export(archive(60, ("a", "b"), space="resnet18:4"), tmp_path / "file.parquet")
    assert main(["head", str(file), str(BUNDLE), str(tmp_path / "to"), "--name", "x"]) == 2
    assert "embeddings of resnet18:4, and those of" in capsys.readouterr().err
    assert not (tmp_path / "to").exists()


def test_an_export_that_nothing_can_be_learnt_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    unseen, mixed = MemoryStore(), archive(2, ("a",), width=8)
    unseen.write([result(), rejection("bad.jpg")])
    image = result("short.jpg").model_copy(update={"embedding": Embedding(values=b"ab", scale=1.0)})
    mixed.write([image])
    say(mixed, image, "Ada", "b")
    (tmp_path / "other.parquet").write_bytes(b"PAR1, says who?")
    (tmp_path / "plain.parquet").write_bytes(b"".join(to_parquet([])))
    for file, says in (
        (export(unseen, tmp_path / "unseen.parquet"), "no embedding of an image on which reviewers agree"),
        (export(mixed, tmp_path / "mixed.parquet"), "efficientnet-lite0:1 and test:1, which differ in length"),
        (tmp_path / "other.parquet", "is not what is needed"),
        (tmp_path / "plain.parquet", "has no conflict, embedding, embedding_scale, space: make it by"),
        (tmp_path / "none.parquet", "cannot be read: No such file"),
    ):
        assert main(["head", str(file), str(BUNDLE), str(tmp_path / "to"), "--name", "x"]) == 1
        assert says in capsys.readouterr().err


def test_a_head_finds_what_separates_and_pays_heed_to_the_penalty() -> None:
    chance = np.random.default_rng(1)
    targets = chance.integers(0, 3, 600)
    embeddings = chance.normal(size=(600, 20)).astype(np.float32)
    embeddings[np.arange(600), targets] += 3
    train, validation = Examples(embeddings[:400], targets[:400]), Examples(embeddings[400:], targets[400:])
    head = fit_head(train, validation, 3, balance=True)
    assert (head.logits(validation.embeddings).argmax(axis=1) == validation.targets).mean() > 0.9
    noise = Examples(chance.normal(size=(40, 500)).astype(np.float32), chance.integers(0, 2, 40))
    other = Examples(chance.normal(size=(400, 500)).astype(np.float32), chance.integers(0, 2, 400))
    assert fit_head(noise, other, 2, balance=True).penalty == 1.0


def test_groups_are_not_divided(tmp_path: Path) -> None:
    groups = np.array([str(number // 10) for number in range(400)])
    found = LabelledEmbeddings(write(tmp_path / "grouped.npz", 400, ("a", "b"), groups=groups))
    splits = {one.group: {other.split for other in found.samples if other.group == one.group} for one in found.samples}
    assert all(len(of_group) == 1 for of_group in splits.values())


@pytest.mark.parametrize("group_by", [None, "line-[0-9]+/board-[0-9]+"])
def test_the_same_picture_under_several_names_is_not_divided(group_by: str | None, tmp_path: Path) -> None:
    """Its embeddings are equal: to be tested by what was learnt from would tell nothing."""
    chance = np.random.default_rng(4)
    vectors, scales = chance.integers(-128, 128, (60, 8), np.int8), chance.random(60, np.float32)
    np.savez(
        tmp_path / "thrice.npz",
        vectors=np.tile(vectors, (3, 1)),
        scales=np.tile(scales, 3),
        names=[f"line-{line}/board-{number // 2}/{number}.jpg" for line in range(3) for number in range(60)],
        labels=["a", "b"] * 90,
    )
    found = LabelledEmbeddings(tmp_path / "thrice.npz", group_by=group_by)
    assert len({one.group for one in found.samples}) == (60 if group_by is None else 30)
    splits: dict[str, set[Split]] = {}
    for one in found.samples:
        splits.setdefault(one.sha256, set()).add(one.split)
    assert len(splits) == 60
    assert all(len(of_equals) == 1 for of_equals in splits.values())


@pytest.mark.parametrize("groups", [None, ["x", "y", "x", "z"]])
def test_splits_that_divide_what_belongs_together_are_refused(groups: list[str] | None, tmp_path: Path) -> None:
    embeddings = np.eye(4, 8, dtype=np.float32)
    if groups is None:
        embeddings[2] = embeddings[0]
    more: dict[str, Any] = {} if groups is None else {"groups": groups}
    splits = ["train", "train", "test", "validation"]
    np.savez(tmp_path / "file.npz", embeddings=embeddings, labels=list("abab"), splits=splits, **more)
    with pytest.raises(
        InvalidDataset, match=r"divide what belongs together(.|\n)*row 2 is in test, and row 0 is in train"
    ):
        LabelledEmbeddings(tmp_path / "file.npz")


def test_labels_as_bytes_are_text(tmp_path: Path) -> None:
    embeddings, labels = np.eye(40, dtype=np.float32), ["Süd", "a"] * 20
    np.savez(tmp_path / "bytes.npz", embeddings=embeddings, labels=[label.encode() for label in labels])
    assert [one.label for one in LabelledEmbeddings(tmp_path / "bytes.npz").samples] == labels


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"labels": np.array(["a"])}, "has no embeddings"),
        ({"embeddings": np.zeros((2, 3), np.float32)}, "has no labels"),
        ({"embeddings": np.zeros((2, 3), np.float32), "labels": np.array(["a"])}, "2 embeddings and 1 labels"),
        ({"embeddings": np.zeros(3, np.float32), "labels": np.array(["a"])}, r"float32\[3\], not float32\[N, D\]"),
        ({"embeddings": np.full((2, 3), np.nan, np.float32), "labels": np.array(["a", "b"])}, "row 0"),
        (
            {
                "embeddings": np.zeros((2, 3), np.float32),
                "labels": np.array(["a", "b"]),
                "splits": np.array(["x", "x"]),
            },
            "they are train, validation, test",
        ),
        ({"embeddings": np.array([{}]), "labels": np.array(["a"])}, "is not what is needed"),
        (
            {"vectors": np.zeros((2, 3), np.int8), "scales": np.ones(3, np.float32), "labels": np.array(["a", "b"])},
            r"2 vectors, and scales are float32\[3\], not float32\[2\]",
        ),
        (
            {"vectors": np.zeros((2, 3), np.int8), "scales": np.array(["x", "y"]), "labels": np.array(["a", "b"])},
            "give each vector its scale",
        ),
        (
            {"vectors": np.array([["x"]]), "scales": np.ones(1, np.float32), "labels": np.array(["a"])},
            r"vectors are <U1\[1, 1\], not int8\[N, D\]",
        ),
        ({"embeddings": np.zeros((2, 3), np.float32), "labels": np.array(["a", " "])}, "labels are empty(.|\\n)*row 1"),
        (
            {"embeddings": np.zeros((1, 3), np.float32), "labels": np.array([b"\xfc"])},
            "labels are bytes that are not UTF-8",
        ),
        ({"embeddings": np.zeros((1, 3), np.float32), "labels": np.array("a")}, r"labels are <U1\[\], not text\[N\]"),
    ],
)
def test_a_file_that_is_not_as_it_should_be(
    content: dict[str, Any], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(tmp_path / "file.npz", **content)
    to = tmp_path / "to"
    assert main(["head", str(tmp_path / "file.npz"), str(BUNDLE), str(to), "--name", "x"]) == 1
    assert re.search(says, capsys.readouterr().err)
    assert not to.exists()


@pytest.mark.parametrize(
    ("labels", "width", "code", "says"),
    [
        (("a",), 1280, 1, "the same label"),
        (("a", "b"), 640, 2, "name the bundle that made them"),
    ],
)
def test_embeddings_that_no_head_can_be_made_of(
    labels: tuple[str, ...], width: int, code: int, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "file.npz", 60, labels, width)
    to = tmp_path / "to"
    assert main(["head", str(file), str(BUNDLE), str(to), "--name", "x"]) == code
    assert says in capsys.readouterr().err
    assert not (to / "bundle").exists()
