"""Which run a training has: ``run.json`` beside its checkpoint and, later, beside its bundle."""

from pathlib import Path

from pydantic import ValidationError

from loupe_shared.domain import Model
from loupe_shared.errors import ConfigurationError
from loupe_training.tracking.ports import TrackingUnavailable

REFERENCE_FILE = "run.json"


class Reference(Model):
    """A run.

    Attributes:
        tracking: the store, without user and password.
        run_id: in this store.
    """

    tracking: str
    run_id: str

    def save(self, folder: Path) -> None:
        """Replace the reference of a training's folder in one step.

        Raises:
            TrackingUnavailable: it cannot be written.
        """
        path = folder / REFERENCE_FILE
        part = path.with_name(f"{REFERENCE_FILE}.part")
        try:
            part.write_text(self.to_json() + "\n", encoding="utf-8")
            part.replace(path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise TrackingUnavailable(f"{path} cannot be written: {error.strerror}") from error


def reference_of(folder: Path) -> Reference | None:
    """The run of a training's folder; none if it has none.

    Raises:
        ConfigurationError: the file is not one of these.
    """
    path = folder / REFERENCE_FILE
    try:
        return Reference.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise ConfigurationError(f"{path} says of no run: remove it, and the training gets a new run") from error
