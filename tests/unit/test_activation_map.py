"""The class-activation map of the bundle against one computed by hand from the network's inside."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper

from loupe_shared.bundle import Bundle
from loupe_shared.preprocess import decode_into
from tests.factories import BUNDLE, SAMPLES


@pytest.mark.parametrize("photo", ["coffee.png", "chelsea.png", "rocket.jpg"])
def test_it_is_the_features_weighted_by_the_labels_row_of_the_head(photo: str) -> None:
    """Zhou et al. (2016), equation 2."""
    bundle = Bundle.load(BUNDLE)
    model = onnx.load(bundle.model_path())
    (head,) = [node for node in model.graph.node if node.op_type == "Gemm"]
    (pooling,) = [node for node in model.graph.node if node.output[0] == head.input[0]]
    features_name, weights_name = pooling.input[0], head.input[1]
    (weights,) = [numpy_helper.to_array(t) for t in model.graph.initializer if t.name == weights_name]
    model.graph.output.append(onnx.ValueInfoProto(name=features_name))

    size = bundle.manifest.preprocessing.size
    pixels = np.empty((1, size, size, 3), np.uint8)
    decode_into(pixels[0], (SAMPLES / photo).read_bytes(), bundle.manifest.preprocessing, 10**8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    outputs = ["probabilities", "embedding", "activation_map", features_name]
    probabilities, embedding, activation_map, features = session.run(outputs, {"images": pixels})

    row = weights[probabilities[0].argmax()]
    by_hand = np.zeros((7, 7))
    for y in range(7):
        for x in range(7):
            by_hand[y, x] = sum(row[channel] * features[0, channel, y, x] for channel in range(len(row)))
    assert np.abs(activation_map[0] - by_hand).max() < 1e-3
    assert np.abs(embedding[0] - features[0].mean(axis=(1, 2))).max() < 1e-5
