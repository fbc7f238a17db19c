"""A model that does nothing, so that what is left is everything else."""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from loupe_shared.bundle import MANIFEST_FILE, MODEL_FILE, Manifest, sha256
from loupe_shared.card import Provenance
from loupe_shared.preprocess import Preprocessing

RULE = Preprocessing(size=182, crop=1.0, resample="bicubic", oversample=0.0)
LABELS = ("something", "something else")
OPSET = 18

# The same for every image. Map and embedding are as long as those of the real model, and so are results.
ANSWERS = {
    "probabilities": np.array([[0.75, 0.25]], np.float32),
    "embedding": np.linspace(-1.0, 1.0, 1280, dtype=np.float32)[np.newaxis],
    "activation_map": np.arange(49, dtype=np.float32).reshape(1, 7, 7),
}


def make_null_model(folder: Path) -> Path:
    """Write the bundle into ``folder``, and return that."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL_FILE).write_bytes(_graph().SerializeToString(deterministic=True))
    manifest = Manifest(
        schema_version=1,
        name="null",
        version=1,
        labels=LABELS,
        embedding_size=ANSWERS["embedding"].shape[1],
        preprocessing=RULE,
        preprocessing_hash=RULE.fingerprint(),
        files={MODEL_FILE: sha256(folder / MODEL_FILE)},
        provenance=Provenance(weights="none", licence="none", exporter="bench/null_model.py"),
    )
    (folder / MANIFEST_FILE).write_text(json.dumps(manifest.model_dump(mode="json"), indent=1))
    return folder


def _graph() -> onnx.ModelProto:
    """Each answer, repeated for each image of the batch."""
    images = helper.make_tensor_value_info("images", TensorProto.UINT8, ["batch", RULE.size, RULE.size, 3])
    nodes = [helper.make_node("Shape", ["images"], ["batch_size"], start=0, end=1)]
    constants, outputs = [], []
    for name, value in ANSWERS.items():
        rest = np.array(value.shape[1:], np.int64)
        constants += [numpy_helper.from_array(value, f"{name}_of_one"), numpy_helper.from_array(rest, f"{name}_rest")]
        nodes.append(helper.make_node("Concat", ["batch_size", f"{name}_rest"], [f"{name}_shape"], axis=0))
        nodes.append(helper.make_node("Expand", [f"{name}_of_one", f"{name}_shape"], [name]))
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *value.shape[1:]]))
    graph = helper.make_graph(nodes, "null", [images], outputs, initializer=constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    onnx.checker.check_model(model, full_check=True)
    return model
