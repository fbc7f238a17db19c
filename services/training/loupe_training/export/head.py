"""The head of a graph as a graph of its own: what workers need to answer from embeddings of the archive."""

import onnx

from loupe_shared.errors import InvalidBundle

EMBEDDING, PROBABILITIES = "embedding", "probabilities"


def head_of(model: onnx.ModelProto) -> onnx.ModelProto:
    """The part of a graph from ``embedding`` to ``probabilities``.

    Args:
        model: see ``loupe_shared.bundle.Manifest``.

    Raises:
        InvalidBundle: its probabilities follow from more than the embedding.
    """
    graph = model.graph
    nodes = _after_embedding(graph)
    read = {name for node in nodes for name in node.input if name}
    weights = [tensor for tensor in graph.initializer if tensor.name in read]
    known = {EMBEDDING, *(tensor.name for tensor in weights), *(name for node in nodes for name in node.output)}
    if strange := sorted(read - known):
        raise InvalidBundle(f"the graph's probabilities follow from {', '.join(strange)}, not from the embedding alone")
    ends = {output.name: output for output in graph.output}
    head = onnx.helper.make_graph(nodes, "head", [ends[EMBEDDING]], [ends[PROBABILITIES]], initializer=weights)
    made = onnx.helper.make_model(head, opset_imports=model.opset_import, ir_version=model.ir_version)
    onnx.checker.check_model(made, full_check=True)
    return made


def _after_embedding(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """The nodes that the probabilities follow from, in the graph's order, without those that lead to the embedding."""
    makers = {name: number for number, node in enumerate(graph.node) for name in node.output}
    found: set[int] = set()
    open_ = [PROBABILITIES]
    while open_:
        name = open_.pop()
        number = None if name == EMBEDDING else makers.get(name)
        if number is not None and number not in found:
            found.add(number)
            open_ += graph.node[number].input
    return [graph.node[number] for number in sorted(found)]
