"""Everything that decides what a training gives. It is written into the checkpoint and into the bundle."""

from enum import StrEnum

from pydantic import Field

from loupe_shared.domain import Model, Probability
from loupe_shared.preprocess import Preprocessing

MAX_SIZE = 1024


class Views(StrEnum):
    """How a picture may also be seen, so that its label stays true."""

    ONE = "one"
    MIRRORED = "mirrored"
    TURNED = "turned"


class Plan(Model):
    """How to train. The descriptions are what ``python -m loupe_training train --help`` says."""

    backbone: str = Field("efficientnet-lite0", description="The pretrained network.")
    weights: str = Field(
        "published", description="Its weights: published ones, a file with a state of the whole network, or none."
    )
    size: int = Field(224, ge=32, le=MAX_SIZE, description="Edge of the square that the model takes, in pixels.")
    crop: float = Field(
        1.0, gt=0.0, le=1.0, description="Edge of the central square that is kept, in parts of the shorter edge."
    )
    views: Views = Field(
        Views.MIRRORED,
        description="As what pictures are shown: as they are (one), left and right exchanged at random (mirrored), or "
        "also turned by quarters (turned), where no side is up.",
    )
    light: Probability = Field(
        0.0,
        description="By up to which part brightness and contrast are changed at random. Frozen stages are then "
        "computed anew for every picture, which takes longer.",
    )
    frozen_stages: int = Field(
        6,
        ge=0,
        description="How many stages of the backbone, from the first, keep their weights. What they give is computed "
        "once for every view.",
    )
    epochs: int = Field(12, ge=0, description="How often all pictures are seen. With 0, only the head is trained.")
    batch_size: int = Field(32, ge=2, description="How many pictures a step learns from.")
    learning_rate: float = Field(1.5e-4, gt=0.0, description="Of the backbone, at its highest.")
    head_learning_rate: float = Field(1e-3, gt=0.0, description="Of the head, at its highest.")
    weight_decay: float = Field(0.02, ge=0.0, description="Of AdamW.")
    dropout: float = Field(0.2, ge=0.0, lt=1.0, description="Part of the embedding that a step does without.")
    label_smoothing: float = Field(0.05, ge=0.0, lt=1.0, description="How much of a label is given to all others.")
    balance: bool = Field(default=True, description="Whether all labels weigh the same, however rare they are.")
    patience: int = Field(
        8, ge=1, description="End after this many epochs in which the validation split was answered no better."
    )
    mixed_precision: bool = Field(
        default=True, description="On a GPU, whether to compute in bfloat16 where that is safe."
    )
    seed: int = Field(0, ge=0, description="Of everything that is drawn: the same seed gives the same model.")

    def preprocessing(self) -> Preprocessing:
        """How pictures are decoded, in training and in serving."""
        return Preprocessing(size=self.size, crop=self.crop, resample="bicubic", oversample=2.0)
