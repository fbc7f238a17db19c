"""Runs in MLflow: what is kept of a training, and that keeping it costs no training."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loupe_shared.bundle import MODEL_FILE
from loupe_shared.errors import InvalidBundle
from loupe_training.command import main
from loupe_training.export.record import EpochMetrics, Record
from loupe_training.tracking.contents import MAX_VALUE, Facts, epoch_metrics, names_of, outcome_of
from loupe_training.tracking.place import place_of
from loupe_training.tracking.ports import RunStatus
from loupe_training.tracking.recorder import Recorder
from loupe_training.tracking.reference import REFERENCE_FILE, reference_of
from loupe_training.tracking.runs import Runs
from loupe_training.training import run as training_run
from loupe_training.training.checkpoint import CHECKPOINT_FILE
from tests.factories import BUNDLE
from tests.training.mlflow_server import free_port, tracking_server
from tests.training.test_command import OPTIONS
from tests.training.test_head import write
from tests.waiting import wait_for

EPOCHS = 2
TRAINING = [*OPTIONS, f"--epochs={EPOCHS}", "--patience=9"]


@pytest.fixture(scope="session")
def new_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store without runs. Its database takes seconds to make."""
    folder = tmp_path_factory.mktemp("store")
    place = place_of(str(folder))
    assert place
    Runs(place)
    return folder


@pytest.fixture
def store(new_store: Path, tmp_path: Path) -> Path:
    """The same, for one test."""
    return Path(shutil.copytree(new_store, tmp_path / "store"))


@pytest.fixture(scope="session")
def trained(snapshot_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a training has left that nobody followed."""
    to = tmp_path_factory.mktemp("trained") / "out"
    assert main(["train", str(snapshot_folder), str(to), *TRAINING]) == 0
    return to


@pytest.fixture
def finished(trained: Path, tmp_path: Path) -> Path:
    """The same, for one test."""
    return Path(shutil.copytree(trained, tmp_path / "finished"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a tracking server."""
    with tracking_server(tmp_path_factory.mktemp("server"), free_port()) as address:
        yield address


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no server, there will be none in a second."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")


def client_of(tracking: Path | str) -> Any:  # noqa: ANN401
    """MLflow's own way to look."""
    from mlflow.tracking import MlflowClient  # noqa: PLC0415

    place = place_of(str(tracking))
    assert place
    return MlflowClient(place.uri, place.uri)


def run_of(folder: Path, tracking: Path | str) -> Any:  # noqa: ANN401
    """The run that a folder names, as MLflow has it."""
    reference = reference_of(folder)
    assert reference
    return client_of(tracking).get_run(reference.run_id)


def steps_of(folder: Path, tracking: Path | str, metric: str = "validation_loss") -> list[int]:
    """The steps of a metric, as often as they were logged."""
    run_id = run_of(folder, tracking).info.run_id
    return sorted(one.step for one in client_of(tracking).get_metric_history(run_id, metric))


def test_a_run_has_what_trainings_are_compared_by(
    snapshot_folder: Path, trained: Path, store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = tmp_path / "out"
    assert main(["train", str(snapshot_folder), str(to), *TRAINING, f"--tracking={store}"]) == 0
    run, figures = run_of(to, store), json.loads((to / "report.json").read_text())
    assert run.info.run_id in capsys.readouterr().out
    assert (run.info.run_name, run.info.status) == ("surfaces:1", "FINISHED")
    assert client_of(store).get_experiment(run.info.experiment_id).name == "surfaces"
    assert {"backbone": "resnet18", "epochs": "2", "seed": "0", "views": "mirrored"}.items() <= run.data.params.items()
    outcome = outcome_of(to)
    assert outcome.tags().items() <= run.data.tags.items()
    assert run.data.tags["loupe.snapshot"] == figures["snapshot"]
    assert run.data.tags["loupe.graph"] == figures["graph"]
    assert run.data.metrics["test_auc"] == figures["metrics"]["auc"]["value"]
    assert run.data.metrics["test_ece_after"] == figures["calibration"]["ece_after"]
    recalls = {f"test_recall.{one['label']}": one["recall"] for one in figures["metrics"]["of_labels"]}
    assert recalls.items() <= run.data.metrics.items()
    assert steps_of(to, store) == [0, 1, 2]
    assert steps_of(to, store, "train_loss") == [1, 2]
    assert steps_of(to, store, "test_auc") == [0]
    assert kept(to, store) == files_of(to)
    # Being followed changes nothing.
    assert (to / "bundle" / MODEL_FILE).read_bytes() == (trained / "bundle" / MODEL_FILE).read_bytes()


def kept(folder: Path, tracking: Path | str) -> dict[str, bytes]:
    """The files of a run."""
    client, run_id = client_of(tracking), run_of(folder, tracking).info.run_id
    found = Path(client.download_artifacts(run_id, "", str(folder.parent)))
    return {name: (found / name).read_bytes() for name in files_of(folder)}


def files_of(folder: Path) -> dict[str, bytes]:
    """The same, as a training has left them."""
    files = [folder / "report.html", folder / "report.json", *(folder / "bundle").iterdir()]
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def test_a_training_that_is_ended_and_goes_on_is_one_run(snapshot_folder: Path, store: Path, tmp_path: Path) -> None:
    """As Kubernetes ends a pod."""
    to = tmp_path / "out"
    options = ["train", str(snapshot_folder), str(to), *TRAINING, "--epochs=4", f"--tracking={store}"]
    with subprocess.Popen([sys.executable, "-m", "loupe_training", *options], stderr=subprocess.DEVNULL) as process:
        wait_for((to / CHECKPOINT_FILE).exists, "a checkpoint")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 130
    before = run_of(to, store)
    assert before.info.status == "KILLED"
    assert main([*options, "--resume"]) == 0
    after = run_of(to, store)
    assert (after.info.run_id, after.info.status) == (before.info.run_id, "FINISHED")
    assert steps_of(to, store) == [0, 1, 2, 3, 4]


def test_a_training_that_fails_is_a_failed_run(
    snapshot_folder: Path, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prove(*_: object) -> None:
        raise InvalidBundle("probabilities differ")

    monkeypatch.setattr(training_run, "prove", prove)
    assert main(["train", str(snapshot_folder), str(tmp_path / "out"), *TRAINING, f"--tracking={store}"]) == 1
    assert run_of(tmp_path / "out", store).info.status == "FAILED"


def test_a_training_that_fails_at_its_report_is_one_run_too(snapshot_folder: Path, store: Path, tmp_path: Path) -> None:
    to = tmp_path / "out"
    command = ["train", str(snapshot_folder), str(to), *TRAINING, f"--tracking={store}"]
    (to / "report.html").mkdir(parents=True)  # so the report cannot be written
    assert main(command) == 2
    before = run_of(to, store)
    assert before.info.status == "FAILED"
    (to / "report.html").rmdir()
    assert main([*command, "--resume"]) == 0
    after = run_of(to, store)
    assert (after.info.run_id, after.info.status) == (before.info.run_id, "FINISHED")
    assert steps_of(to, store) == [0, 1, 2]
    assert kept(to, store) == files_of(to)


def test_what_cannot_be_trained_on_leaves_no_run(snapshot_folder: Path, store: Path, tmp_path: Path) -> None:
    assert main(["train", str(snapshot_folder), str(tmp_path / "out"), *TRAINING, "--size=64", "--backbone=vgg",
                 f"--tracking={store}"]) == 2  # fmt: skip
    assert [one.name for one in client_of(store).search_experiments()] == ["Default"]
    assert not (tmp_path / "out").exists()


def test_an_unreachable_server_costs_no_training(
    snapshot_folder: Path, store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to, address = tmp_path / "out", f"127.0.0.1:{free_port()}"
    tracking = f"--tracking=http://anna:geheim@{address}"
    assert main(["train", str(snapshot_folder), str(to), *TRAINING, tracking]) == 3
    said = capsys.readouterr().err
    assert "training goes on" in said
    assert f"record {to} --tracking http://{address}" in said
    assert "geheim" not in said
    assert main(["record", str(to), tracking]) == 1
    assert "geheim" not in capsys.readouterr().err
    assert main(["record", str(to), f"--tracking={store}"]) == 0
    assert run_of(to, store).info.status == "FINISHED"
    assert steps_of(to, store) == [0, 1, 2]
    assert kept(to, store) == files_of(to)


def test_what_a_server_has_missed_is_recorded_at_the_end(
    finished: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING", "loupe_training")
    outcome, port = outcome_of(finished), free_port()
    place = place_of(f"http://127.0.0.1:{port}")
    assert place
    (tmp_path / "served").mkdir()
    with tracking_server(tmp_path / "served", port):
        recorder = Recorder(place, finished, outcome.facts, resumed=False)
        recorder.epoch(outcome.record.epochs[0])
    assert not caplog.records
    recorder.epoch(outcome.record.epochs[1])
    recorder.epoch(outcome.record.epochs[2])
    assert len(caplog.records) == 1
    with tracking_server(tmp_path / "served", port) as address:
        recorder.complete()
        assert steps_of(finished, address) == [0, 1, 2]
        assert run_of(finished, address).info.status == "FINISHED"


def test_recording_again_changes_nothing(finished: Path, server: str) -> None:
    assert main(["record", str(finished), f"--tracking={server}"]) == 0
    first = run_of(finished, server)
    assert kept(finished, server) == files_of(finished)
    assert main(["record", str(finished), f"--tracking={server}"]) == 0
    second = run_of(finished, server)
    assert second.info.run_id == first.info.run_id
    assert (second.data.metrics, second.data.params) == (first.data.metrics, first.data.params)
    assert steps_of(finished, server) == [0, 1, 2]
    assert steps_of(finished, server, "test_auc") == [0]


def test_a_head_that_was_fitted_alone_is_recorded_too(store: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "embeddings.npz", 200, ("Kratzer/Süd", "sound"))
    to = tmp_path / "quick"
    assert main(["head", str(file), str(BUNDLE), str(to), "--name=quick", "--threads=1"]) == 0
    assert main(["record", str(to), f"--tracking={store}"]) == 0
    run = run_of(to, store)
    assert (run.data.params, run.info.status) == ({}, "FINISHED")
    assert "test_recall.0_Kratzer_S_d" in run.data.metrics


def test_a_run_that_was_deleted_is_recorded_anew(finished: Path, store: Path) -> None:
    assert main(["record", str(finished), f"--tracking={store}"]) == 0
    first = run_of(finished, store).info.run_id
    client_of(store).delete_run(first)
    assert main(["record", str(finished), f"--tracking={store}"]) == 0
    assert run_of(finished, store).info.run_id != first


def test_the_run_of_a_surrounding_job_is_gone_on_with(
    finished: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Azure Machine Learning begins the run of a job, and names it to the job's process."""
    client = client_of(store)
    run_id = client.create_run(client.create_experiment("jobs", (store / "jobs").as_uri())).info.run_id
    monkeypatch.setenv("MLFLOW_RUN_ID", run_id)
    assert main(["record", str(finished), f"--tracking={store}"]) == 0
    assert run_of(finished, store).info.run_id == run_id


def test_a_bundle_is_registered_once(finished: Path, server: str, capsys: pytest.CaptureFixture[str]) -> None:
    tracking = f"--tracking={server}"
    (finished / REFERENCE_FILE).unlink(missing_ok=True)
    assert main(["register", str(finished), tracking]) == 2
    assert f"`record {finished}` makes one" in capsys.readouterr().err
    assert main(["record", str(finished), tracking]) == 0
    assert main(["register", str(finished), tracking, "--alias=candidate"]) == 0
    assert main(["register", str(finished), tracking]) == 0
    assert "models:/surfaces/1, of bundle surfaces:1" in capsys.readouterr().out
    version = client_of(server).get_model_version_by_alias("surfaces", "candidate")
    assert (version.version, version.run_id) == ("1", run_of(finished, server).info.run_id)
    assert version.source.endswith("/bundle")
    assert version.tags["loupe.bundle"] == "surfaces:1"
    assert len(client_of(server).search_model_versions("name='surfaces'")) == 1


def test_a_store_on_this_machine_has_registered_models_too(finished: Path, store: Path) -> None:
    assert main(["record", str(finished), f"--tracking={store}"]) == 0
    assert main(["register", str(finished), f"--tracking={store}"]) == 0
    source = client_of(store).get_model_version("surfaces", "1").source
    assert (
        Path(source.removeprefix("file://"), MODEL_FILE).read_bytes() == (finished / "bundle" / MODEL_FILE).read_bytes()
    )


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (("scratch", "sound"), ("scratch", "sound")),
        (("Kratzer/Süd", "無傷"), ("0_Kratzer_S_d", "1__")),
        (("..", "a b"), ("0__", "1_a_b")),
        (("Crack", "crack"), ("0_Crack", "1_crack")),
        (("x" * 61, "y"), (f"0_{'x' * 58}", "1_y")),
    ],
)
def test_labels_are_parts_of_names_that_every_store_takes(labels: tuple[str, ...], names: tuple[str, ...]) -> None:
    assert names_of(labels) == names


def test_what_stores_refuse_is_not_sent(finished: Path, store: Path) -> None:
    """A diverged loss, a long path to weights, and labels in any script."""
    document = json.loads((finished / "report.json").read_text())
    document["labels"][0] = document["metrics"]["of_labels"][0]["label"] = "Kratzer/無傷: 5 %"
    (finished / "report.json").write_text(json.dumps(document))
    record = Record.model_validate_json((finished / "bundle" / "training.json").read_bytes())
    assert record.plan
    plan = record.plan.model_copy(update={"weights": "/" + 999 * "w"})
    place = place_of(str(store))
    assert place
    outcome = outcome_of(finished)
    runs = Runs(place)
    run_id = runs.open(None, "strange", "strange")
    runs.describe(run_id, {"weights": Facts("a", 1, "b", "c", plan).parameters()["weights"]}, {})
    runs.log(run_id, outcome.metrics())
    diverged = EpochMetrics(number=1, loss=float("nan"), validation_loss=float("inf"), balanced_accuracy=0.5, seconds=1)
    assert EpochMetrics.model_validate_json(diverged.model_dump_json()) == diverged
    runs.log(run_id, epoch_metrics(diverged), 1)
    run = client_of(store).get_run(run_id)
    assert len(run.data.params["weights"]) == MAX_VALUE
    assert "test_recall.0_Kratzer_5_" in run.data.metrics
    assert "validation_loss" not in run.data.metrics


def test_a_store_that_mlflow_cannot_speak_with_is_refused_before_training(
    snapshot_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for uri, says in (("azureml://westeurope.api.azureml.ms/x", "azureml-mlflow"), ("ftp://x", "MLflow cannot speak")):
        assert main(["train", str(snapshot_folder), str(tmp_path / "out"), *TRAINING, f"--tracking={uri}"]) == 2
        assert says in capsys.readouterr().err
        assert not (tmp_path / "out").exists()


def test_a_store_that_cannot_be_made_is_refused_before_training(
    snapshot_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    options = [*TRAINING, f"--tracking={tmp_path / 'file' / 'store'}"]
    assert main(["train", str(snapshot_folder), str(tmp_path / "out"), *options]) == 2
    assert "cannot be made" in capsys.readouterr().err


def test_a_folder_that_names_no_run_is_not_recorded(
    finished: Path, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (finished / REFERENCE_FILE).write_text("{}")
    assert main(["record", str(finished), f"--tracking={store}"]) == 2
    assert "remove it" in capsys.readouterr().err


def test_a_folder_without_a_report_is_not_recorded(
    finished: Path, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (finished / "report.json").unlink()
    assert main(["record", str(finished), f"--tracking={store}"]) == 1
    assert "make it with `evaluate" in capsys.readouterr().err
    assert main(["record", str(finished)]) == 2
    assert "keeps no runs" in capsys.readouterr().err


@pytest.mark.parametrize("alias", ["latest", "v3", "7", "my alias"])
def test_what_is_no_alias(alias: str, finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["register", str(finished), f"--alias={alias}"])
    assert "is no alias" in capsys.readouterr().err


def test_a_broken_off_training_without_a_run_is_told_to_nobody(finished: Path, store: Path) -> None:
    place = place_of(str(store))
    assert place
    Recorder(place, finished, outcome_of(finished).facts, resumed=False).broken_off(RunStatus.KILLED)
    assert [one.name for one in client_of(store).search_experiments()] == ["Default"]


def test_mlflow_tells_its_makers_nothing(store: Path) -> None:
    """In a process of its own, because MLflow is silent in tests anyway."""
    code = (
        "import sys\n"
        "from loupe_training.tracking.place import place_of\n"
        "from loupe_training.tracking.runs import Runs\n"
        "import loupe_training.command\n"
        "assert 'mlflow' not in sys.modules\n"
        f"Runs(place_of({str(store)!r}))\n"
        "from mlflow.telemetry.utils import is_telemetry_disabled\n"
        "assert is_telemetry_disabled()\n"
    )
    environment = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_where_runs_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert place_of("none") is None
    local = place_of("runs")
    assert local
    assert (local.uri, local.artifacts) == (f"sqlite:///{tmp_path}/runs/mlflow.db", tmp_path / "runs" / "artifacts")
    assert place_of(local.uri) == local
    remote = place_of("https://anna:geheim@mlflow.example/x")
    assert remote
    assert (remote.shown, remote.artifacts) == ("https://mlflow.example/x", None)


def test_a_registry_without_aliases_is_asked_for_none(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["register", str(finished), "--tracking=azureml://x/y", "--alias=candidate"]) == 2
    assert "asked for by their numbers" in capsys.readouterr().err
