"""Where a training stands, so that it goes on after an interruption as if there had been none."""

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import torch

from loupe_shared.errors import ConfigurationError

CHECKPOINT_FILE = "checkpoint.pt"


@dataclass(frozen=True)
class Epoch:
    """What an epoch gave.

    Attributes:
        number: from 1.
        loss: of training, in the mean of its steps; none before the first.
        validation_loss: log loss of the validation split at its best temperature.
        balanced_accuracy: of the validation split.
        seconds: that it took.
    """

    number: int
    loss: float | None
    validation_loss: float
    balanced_accuracy: float
    seconds: float


@dataclass
class Checkpoint:
    """The state after an epoch.

    Attributes:
        belongs_to: the plan and the snapshot, as text: another training must not go on from here.
        network: the state now.
        optimizer: the state now.
        best: the state of the network after the best epoch.
        history: of all epochs up to now.
    """

    belongs_to: str
    network: dict[str, Any]
    optimizer: dict[str, Any]
    best: dict[str, Any]
    history: list[Epoch]

    def save(self, folder: Path) -> None:
        """Replace the checkpoint of a folder in one step.

        Raises:
            ConfigurationError: it cannot be written. The one before is still there.
        """
        part = folder / f"{CHECKPOINT_FILE}.part"
        try:
            with part.open("wb") as file:
                torch.save(vars(self) | {"history": [asdict(epoch) for epoch in self.history]}, file)
                file.flush()
                os.fsync(file.fileno())
            part.replace(folder / CHECKPOINT_FILE)
        except (OSError, RuntimeError) as error:  # torch's writer makes a RuntimeError of a full disk
            part.unlink(missing_ok=True)
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error).splitlines()[0]
            raise ConfigurationError(
                f"the checkpoint in {folder} cannot be written: {reason}. Make room and go on with --resume: the "
                "checkpoint of the epoch before is still there"
            ) from error

    @classmethod
    def load(cls, folder: Path, belongs_to: str) -> Self | None:
        """The checkpoint of a folder; none if there is none.

        Raises:
            ConfigurationError: it is of another plan or other pictures, or cannot be read.
        """
        path = folder / CHECKPOINT_FILE
        if not path.exists():
            return None
        try:
            found = torch.load(path, map_location="cpu", weights_only=True)
            checkpoint = cls(**found | {"history": [Epoch(**epoch) for epoch in found["history"]]})
        except Exception as error:  # what is no checkpoint fails in many ways
            reason = str(error).splitlines()[0]
            raise ConfigurationError(f"{path} cannot be read: {reason}. Remove it to begin anew") from error
        if checkpoint.belongs_to != belongs_to:
            raise ConfigurationError(
                f"{path} is of another training: the plan, the pictures or the version of torch differ. Name another "
                "folder, or the options of that training"
            )
        return checkpoint
