"""A bundle with another head: its graph is kept, and the weights of its last layer are replaced.

So what was learnt from embeddings of the archive is served without training a network, and embeddings stay comparable.
"""

from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from loupe_shared.bundle import Bundle
from loupe_shared.errors import InvalidBundle
from loupe_training.evaluation.answers import Floats
from loupe_training.export.head import EMBEDDING, PROBABILITIES


def with_head(bundle: Bundle, weights: Floats, bias: Floats) -> onnx.ModelProto:
    """The graph of a bundle with another head.

    Args:
        bundle: made by Loupe.
        weights: ``float32[labels, embedding_size]``.
        bias: ``float32[labels]``.

    Raises:
        InvalidBundle: the graph does not end in one linear layer on its embedding.
    """
    model = onnx.load(bundle.model_path())
    layers = [node for node in model.graph.node if node.op_type == "Gemm" and node.input[0] == EMBEDDING]
    if len(layers) != 1 or len(layers[0].input) != len(("input", "weights", "bias")):
        raise InvalidBundle(f"{bundle.folder} has no single linear layer on its embedding that could be replaced")
    (layer,) = layers
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    before = numpy_helper.to_array(tensors[layer.input[1]])
    transposed = any(attribute.name == "transB" and attribute.i for attribute in layer.attribute)
    if not transposed or before.shape[1] != weights.shape[1]:
        raise InvalidBundle(
            f"the last layer of {bundle.folder} has weights of shape {before.shape}, the new head {weights.shape}"
        )
    for name, values in ((layer.input[1], weights), (layer.input[2], bias)):
        tensors[name].CopyFrom(numpy_helper.from_array(np.ascontiguousarray(values, np.float32), name))
    _widen(model.graph, before.shape[0], len(weights))
    onnx.checker.check_model(model, full_check=True)
    return model


def _widen(graph: Any, labels_before: int, labels: int) -> None:  # noqa: ANN401  (a GraphProto)
    """Drop the shapes that were worked out for the head before, and say the new one of the probabilities."""
    of_head = [info for info in graph.value_info if labels_before in _dimensions(info)]
    for info in of_head:
        graph.value_info.remove(info)
    for output in graph.output:
        if output.name == PROBABILITIES:
            output.type.tensor_type.shape.dim[1].dim_value = labels


def _dimensions(info: Any) -> list[int]:  # noqa: ANN401  (a ValueInfoProto)
    return [dimension.dim_value for dimension in info.type.tensor_type.shape.dim]
