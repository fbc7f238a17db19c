"""What is said of a model besides how it is used: where it comes from, and what it was measured at."""

from typing import Annotated

from pydantic import Field

from loupe_shared.domain import Model, Probability

# Of a bundle. Whoever brings a bundle from elsewhere writes files of these names, so they stay in their folder.
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$")]


class Provenance(Model):
    """Where a model comes from and under which terms."""

    weights: str
    licence: str
    exporter: str


class Latency(Model):
    """How long one image takes in the graph alone.

    Attributes:
        milliseconds: the median.
        machine: on which it was measured, with how many threads. Figures of different machines are not compared.
    """

    milliseconds: float = Field(gt=0.0)
    machine: str


class Metrics(Model):
    """How good a model was on images that it had not learnt from.

    Attributes:
        test_set: digest of these images and their labels. Figures of different test sets are not compared.
        images: how many.
        accuracy: part of them that it labels rightly.
        balanced_accuracy: the mean of these parts over the labels.
        latency: how long one took, if that was measured.
    """

    test_set: str = Field(min_length=1)
    images: int = Field(ge=1)
    accuracy: Probability
    balanced_accuracy: Probability
    latency: Latency | None = None


class QuantizationGate(Model):
    """What the int8 graph was measured at before it was accepted, over photos against the fp32 graph.

    Attributes:
        images: how many were compared.
        agreement: part of them for which both name the same label.
        agreement_when_sure: the same, of those that fp32 gives a score above 0.3.
        score_change: mean change of the score of fp32's label.
        labelled_images: how many had a known label.
        accuracy_fp32: part of those that fp32 labels rightly.
        accuracy_int8: part of those that int8 labels rightly.
    """

    images: int = Field(ge=1)
    agreement: Probability
    agreement_when_sure: Probability
    score_change: Probability
    labelled_images: int = Field(ge=1)
    accuracy_fp32: Probability
    accuracy_int8: Probability
