"""A network with its explanation, as the graph that workers run.

Needs torch alone, so that the bundle that Loupe comes with is made by the same code.
"""

import onnx
import torch
from torch import Tensor, nn

OPSET = 18
OUTPUTS = ["probabilities", "embedding", "activation_map"]


def explain(features: Tensor, head: nn.Linear) -> tuple[Tensor, Tensor, Tensor]:
    """Feature maps to probabilities, embedding and class-activation map.

    The map is that of the most probable label: the feature maps, weighted by the label's row of the head (Zhou et al.,
    *Learning Deep Features for Discriminative Localization*, 2016, equation 2).

    Args:
        features: ``float32[N, channels, rows, columns]``.
        head: from the mean of the feature maps to logits.
    """
    embedding = features.mean(dim=(2, 3))
    logits = head(embedding)
    weights = head.weight[logits.argmax(dim=1)]
    activation_map = (features * weights[:, :, None, None]).sum(dim=1)
    return logits.softmax(dim=1), embedding, activation_map


def onnx_graph(network: nn.Module, size: int) -> onnx.ModelProto:
    """The graph of a network that gives what ``explain`` gives, for any number of pictures.

    Args:
        network: takes ``uint8[N, size, size, 3]``; in evaluation mode.
        size: edge of the pictures, in pixels.
    """
    program = torch.onnx.export(
        network,
        (torch.zeros(2, size, size, 3, dtype=torch.uint8),),
        input_names=["images"],
        output_names=OUTPUTS,
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        opset_version=OPSET,
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    return _without_traces(program.model_proto)


def _without_traces(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model without the exporter's notes: they name source files, and so differ from machine to machine."""
    model.producer_version = model.producer_version.partition("+")[0]
    graph = model.graph
    for part in (graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        del part.metadata_props[:]
    return model
