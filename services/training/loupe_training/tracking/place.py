"""Which store of runs is meant."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from loupe_shared.errors import ConfigurationError

VARIABLE = "MLFLOW_TRACKING_URI"
DEFAULT = ".loupe/mlflow"
NOWHERE = "none"

SQLITE = "sqlite:///"
DATABASE, ARTIFACTS = "mlflow.db", "artifacts"


@dataclass(frozen=True)
class Place:
    """A store of runs.

    Attributes:
        uri: as MLflow takes it.
        artifacts: the folder of a store on this machine that gets the runs' files; none where the store decides.
    """

    uri: str
    artifacts: Path | None = None

    @property
    def shown(self) -> str:
        """The URI without user and password."""
        return self.without_password(self.uri)

    def without_password(self, text: str) -> str:
        """A text that may have the URI in it, without user and password."""
        user, at, _ = urlsplit(self.uri).netloc.rpartition("@")
        return text.replace(f"{user}{at}", "") if at else text

    @property
    def is_azure(self) -> bool:
        """Whether it is a workspace of Azure Machine Learning."""
        return self.uri.startswith("azureml:")


def default() -> str:
    """What is meant if nothing is said: what MLflow's own variable names, or a store on this machine."""
    return os.environ.get(VARIABLE) or DEFAULT


def place_of(text: str) -> Place | None:
    """The store that a text names: a URI as MLflow has it, the folder of a store on this machine, or ``none``.

    A store on this machine is an SQLite database with the files in a folder beside it. What MLflow would do by itself,
    to put them where the process happens to run, would lose them.

    Raises:
        ConfigurationError: the folder cannot be made.
    """
    if text == NOWHERE:
        return None
    if "://" in text and not text.startswith(SQLITE):
        return Place(text)
    database = Path(text.removeprefix(SQLITE) if text.startswith(SQLITE) else f"{text}/{DATABASE}").absolute()
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"--tracking: {database.parent} cannot be made ({error.strerror}): name another folder, the URI of an "
            f"MLflow server, or {NOWHERE}"
        ) from error
    return Place(f"{SQLITE}{database}", database.parent / ARTIFACTS)
