"""What a model has said of certain bytes, kept so that the same bytes need not be inferred twice."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Protocol

from loupe_shared.domain import Model
from loupe_shared.result import Embedding, ImageProperties, Prediction


class Answer(Model):
    """What a model says of the bytes of an image: the part of a result that depends on nothing else."""

    predictions: tuple[Prediction, ...]
    heatmap: tuple[tuple[int, ...], ...]
    embedding: Embedding | None = None
    properties: ImageProperties


class Answers(Protocol):
    """Answers by ``content_key``. May forget any of them at any time."""

    def recall(self, keys: Sequence[bytes]) -> dict[bytes, Answer]:
        """Those answers that are known.

        Raises:
            BrokerUnavailable: they are kept in the broker, which does not answer.
        """

    def remember(self, answers: Mapping[bytes, Answer]) -> None:
        """Keep answers.

        Raises:
            BrokerUnavailable: they are kept in the broker, which does not answer.
        """


class NoAnswers:
    """``Answers`` that remembers nothing."""

    def recall(self, keys: Sequence[bytes]) -> dict[bytes, Answer]:  # noqa: ARG002
        """See ``Answers.recall``."""
        return {}

    def remember(self, answers: Mapping[bytes, Answer]) -> None:
        """See ``Answers.remember``."""


class MemoryAnswers:
    """``Answers`` in a dictionary, which forgets nothing. For tests."""

    def __init__(self) -> None:
        self._answers: dict[bytes, Answer] = {}

    def recall(self, keys: Sequence[bytes]) -> dict[bytes, Answer]:
        """See ``Answers.recall``."""
        return {key: self._answers[key] for key in keys if key in self._answers}

    def remember(self, answers: Mapping[bytes, Answer]) -> None:
        """See ``Answers.remember``."""
        self._answers.update(answers)


def content_key(model: bytes, data: bytes) -> bytes:
    """32 bytes that stand for an image's bytes under a model: SHA-256 of both.

    Args:
        model: of fixed length; stands for the model and its preprocessing.
        data: the bytes of the image's file.
    """
    digest = hashlib.sha256(model)
    digest.update(data)
    return digest.digest()
