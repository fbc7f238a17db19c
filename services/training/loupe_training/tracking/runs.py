"""Runs and registered versions in MLflow. The only module that knows it, which takes seconds to import.

Only what the first version of MLflow's interface had is asked for, because Azure Machine Learning answers no more: no
logged models, which newer versions of MLflow make of every model that is logged, and no stages. Aliases are asked for
only if a person wants one.
"""

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from loupe_shared.errors import ConfigurationError
from loupe_training.tracking.place import Place
from loupe_training.tracking.ports import RunStatus, TrackingUnavailable

# MLflow tells its makers how it is used, tells people of its own affairs, and tries for minutes to reach a server:
# unless somebody has said otherwise, before it is imported.
BEHAVIOUR = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
}
EXPERIMENT, RUN = "MLFLOW_EXPERIMENT_NAME", "MLFLOW_RUN_ID"

BATCH = 100  # entries of one call; Azure Machine Learning refuses more than 200 metrics
PLUGIN = "azureml-mlflow"


class Runs:
    """The runs of a store.

    Raises:
        ConfigurationError: there is no such kind of store, or what it takes to speak with it is not installed.
        TrackingUnavailable: of every method, if the store does not do what it is asked.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        for name, value in BEHAVIOUR.items():
            os.environ.setdefault(name, value)
        try:
            from mlflow.exceptions import MlflowException  # noqa: PLC0415
            from mlflow.tracking import MlflowClient  # noqa: PLC0415
            from mlflow.tracking.registry import UnsupportedModelRegistryStoreURIException  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise ConfigurationError("MLflow is not installed here: use .venv-training, or --tracking none") from error
        self._refusal = MlflowException
        try:
            with self._translated():
                self._client: Any = MlflowClient(place.uri, place.uri)
        except TrackingUnavailable as error:
            if isinstance(error.__cause__, UnsupportedModelRegistryStoreURIException):
                missing = f"install {PLUGIN}" if place.is_azure else "name a folder, or the URI of an MLflow server"
                raise ConfigurationError(f"--tracking: MLflow cannot speak with {place.shown}: {missing}") from error
            raise

    def open(self, run_id: str | None, name: str, experiment: str) -> str:
        """Go on with a run, or begin one if there is none, or it is there no longer.

        Args:
            run_id: of the run; if unset, the one that ``MLFLOW_RUN_ID`` names, as in a job of Azure Machine Learning.
            name: of a new run.
            experiment: of a new run, unless ``MLFLOW_EXPERIMENT_NAME`` names another.

        Returns:
            The run's id.
        """
        from mlflow.tracking.context.registry import resolve_tags  # noqa: PLC0415

        with self._translated():
            known = run_id or os.environ.get(RUN)
            if known and self._is_there(known):
                self._client.update_run(known, status=RunStatus.RUNNING)
                return known
            experiment_id = self._experiment(os.environ.get(EXPERIMENT) or experiment)
            # The tags are those of MLflow itself: the person, and the commit of the code.
            return str(self._client.create_run(experiment_id, tags=resolve_tags(), run_name=name).info.run_id)

    def describe(self, run_id: str, parameters: Mapping[str, str], tags: Mapping[str, str]) -> None:
        """Add parameters, which cannot be changed later, and tags, which can."""
        from mlflow.entities import Param, RunTag  # noqa: PLC0415

        with self._translated():
            self._client.log_batch(
                run_id,
                params=[Param(key, value) for key, value in parameters.items()],
                tags=[RunTag(key, value) for key, value in tags.items()],
            )

    def log(self, run_id: str, metrics: Mapping[str, float], step: int = 0) -> None:
        """Add figures, in few calls."""
        from mlflow.entities import Metric  # noqa: PLC0415

        now = int(time.time() * 1000)
        entries = [Metric(key, value, now, step) for key, value in metrics.items()]
        with self._translated():
            for start in range(0, len(entries), BATCH):
                self._client.log_batch(run_id, metrics=entries[start : start + BATCH])

    def steps(self, run_id: str, metric: str) -> set[int]:
        """The steps that a figure is known of."""
        with self._translated():
            return {int(one.step) for one in self._client.get_metric_history(run_id, metric)}

    def latest(self, run_id: str) -> dict[str, float]:
        """The latest value of each figure."""
        with self._translated():
            return dict(self._client.get_run(run_id).data.metrics)

    def add_files(self, run_id: str, files: Iterable[tuple[Path, str]]) -> None:
        """Add files that are not there yet. Some stores refuse to write a file again.

        Args:
            run_id: the run.
            files: with the folder that each gets; empty for the topmost.
        """
        there: dict[str, set[str]] = {}
        with self._translated():
            for path, folder in files:
                if folder not in there:
                    found = self._client.list_artifacts(run_id, folder or None)
                    there[folder] = {one.path.rpartition("/")[2] for one in found}
                if path.name not in there[folder]:
                    self._client.log_artifact(run_id, str(path), folder or None)

    def end(self, run_id: str, status: RunStatus) -> None:
        """Say how a run ended."""
        with self._translated():
            self._client.set_terminated(run_id, status)

    def register(self, run_id: str, folder: str, name: str, tags: Mapping[str, str]) -> int:
        """Make files of a run a version of a registered model. Those that are one already stay that one.

        Returns:
            The version's number, which the registry chooses.
        """
        with self._translated():
            try:
                self._client.create_registered_model(name)
            except self._refusal as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
            for version in self._client.search_model_versions(f"name='{name}'"):
                if version.run_id == run_id:
                    return int(version.version)
            source = f"{self._client.get_run(run_id).info.artifact_uri}/{folder}"
            made = self._client.create_model_version(name, source, run_id=run_id, tags=dict(tags))
            return int(made.version)

    def set_alias(self, name: str, alias: str, version: int) -> None:
        """Let an alias mean a version. Azure Machine Learning has none."""
        with self._translated():
            self._client.set_registered_model_alias(name, alias, str(version))

    def _is_there(self, run_id: str) -> bool:
        try:
            return bool(self._client.get_run(run_id).info.lifecycle_stage == "active")
        except self._refusal as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return False
            raise

    def _experiment(self, name: str) -> str:
        found = self._client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        place = self.place.artifacts
        try:
            return str(self._client.create_experiment(name, (place / name).as_uri() if place else None))
        except self._refusal as error:
            # Another training has made it just now.
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            return str(self._client.get_experiment_by_name(name).experiment_id)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # MLflow's stores and plugins let their own exceptions through
            reason = (str(error) or type(error).__name__).splitlines()[0]
            said = self.place.without_password(f"{self.place.uri} does not do what it was asked: {reason}")
            raise TrackingUnavailable(said) from error
