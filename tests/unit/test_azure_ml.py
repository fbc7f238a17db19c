"""A bundle as a batch deployment of Azure ML: the folder, and the scoring script, called as the service calls it."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import pytest
import yaml

from loupe_inference.answers import NoAnswers
from loupe_inference.job import Job
from loupe_inference.model import load_model
from loupe_inference.settings import InferenceSettings
from loupe_inference.stages import Limits, Stages
from loupe_shared.bundle import Bundle
from loupe_shared.domain import ImageRef
from loupe_shared.result import Precision, Result
from loupe_shared.rows.columns import COLUMNS
from loupe_training.azure_ml.deployment import packages
from loupe_training.azure_ml.scoring import AT_ONCE
from loupe_training.command import main
from tests.factories import BUNDLE, SAMPLES, image_ref
from tests.unit.test_requirements import locked

PHOTOS = sorted(path for path in SAMPLES.iterdir() if path.suffix in (".jpg", ".png"))

# What Azure ML's own program does with a scoring script: it loads the file, calls init once, and run again and again.
DRIVER = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("scoring_script", sys.argv[1])
script = importlib.util.module_from_spec(spec)
spec.loader.exec_module(script)
script.init()
for line in sys.stdin:
    print(json.dumps(script.run(json.loads(line))), flush=True)
"""


@dataclass(frozen=True)
class Service:
    """Runs the scoring script in a process that can import nothing but what the environment has."""

    code: Path
    model: Path
    site: Path
    driver: Path
    variables: Mapping[str, str]

    def call(self, *mini_batches: Sequence[Path], **variables: str) -> subprocess.CompletedProcess[str]:
        """Call init, and run with each mini-batch."""
        env = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(self.site),
            "AZUREML_MODEL_DIR": str(self.model),
            **self.variables,
            **variables,
        }
        lines = "".join(f"{json.dumps([str(path) for path in batch])}\n" for batch in mini_batches)
        command = [sys.executable, "-S", str(self.driver), str(self.code / "score.py")]
        return subprocess.run(command, input=lines, capture_output=True, text=True, env=env, cwd=self.driver.parent)

    def rows(self, *mini_batches: Sequence[Path], **variables: str) -> list[list[dict[str, Any]]]:
        """The rows of each mini-batch."""
        done = self.call(*mini_batches, **variables)
        assert done.returncode == 0, done.stderr
        return [[json.loads(row) for row in json.loads(line)] for line in done.stdout.splitlines()]


def described(folder: Path, name: str) -> dict[str, Any]:
    """A file of YAML."""
    found: dict[str, Any] = yaml.safe_load((folder / name).read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a deployment of the bundle that Loupe comes with."""
    to = tmp_path_factory.mktemp("made") / "deployment"
    assert main(["azure-ml", str(BUNDLE), str(to), "--compute=cheap", "--instances=3", "--endpoint=photos"]) == 0
    return to


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What can be imported: the packages that the environment names, but those of Azure ML, which are not installed."""
    to = tmp_path_factory.mktemp("site")
    for package in packages():
        try:
            found = distribution(re.split(r"[\[=]", package)[0])
        except PackageNotFoundError:
            continue
        for name in {file.parts[0] for file in found.files or [] if file.parts[0] != ".."}:
            if not (to / name).exists():  # as it is if packages share a namespace
                (to / name).symlink_to(str(found.locate_file(name)))
    return to


@pytest.fixture
def service(folder: Path, site: Path, tmp_path: Path) -> Service:
    """The service, with copies of code and model that a test may alter."""
    driver = tmp_path / "service" / "driver.py"
    driver.parent.mkdir()
    driver.write_text(DRIVER)
    code = Path(shutil.copytree(folder / "code", tmp_path / "code"))
    shutil.copytree(folder / "bundle", tmp_path / "model" / "bundle")
    variables = described(folder, "deployment.yaml")["settings"]["environment_variables"]
    return Service(code, tmp_path / "model", site, driver, variables)


class Folder:
    """``BlobReader`` of the sample photos."""

    def read(self, images: Sequence[ImageRef], max_bytes: int) -> list[Future[bytes]]:  # noqa: ARG002
        """See ``BlobReader.read``."""
        reads: list[Future[bytes]] = [Future() for _ in images]
        for read, image in zip(reads, images, strict=True):
            read.set_result((SAMPLES / image.blob).read_bytes())
        return reads


def of_a_worker(precision: Precision) -> dict[str, Result]:
    """What a worker makes of the sample photos, by name."""
    settings = InferenceSettings(
        broker_url="redis://unused",
        storage_account="unused",
        blob_endpoint="http://unused",
        model_bundle=BUNDLE,
        precision=precision,
    )
    model = load_model(settings, Bundle.load(BUNDLE))
    stages = Stages(Folder(), NoAnswers(), Limits(settings.max_image_bytes, settings.max_image_pixels, 60.0), 1)
    outcomes = Job([image_ref(path.name) for path in PHOTOS], model, stages).run()
    model.batcher.close()
    return {result.image.blob: result for result in outcomes.results}


@pytest.mark.parametrize("precision", list(Precision))
def test_rows_say_what_a_worker_says(service: Service, precision: Precision) -> None:
    (rows,) = service.rows(PHOTOS, LOUPE_PRECISION=precision)
    expected = of_a_worker(precision)
    assert [row["blob"] for row in rows] == [str(path) for path in PHOTOS]
    for row, path in zip(rows, PHOTOS, strict=True):
        said = expected[path.name]
        assert tuple(row) == COLUMNS
        assert (row["outcome"], row["label"]) == (said.outcome, said.label)
        assert row["score"] == pytest.approx(said.score, abs=1e-6)
        assert row["uncertainty"] == pytest.approx(said.uncertainty, abs=1e-6)
        assert (row["model"], row["model_precision"]) == (str(said.model), precision)
        assert said.properties
        assert (row["format"], row["width"], row["height"], row["content_length"]) == (
            said.properties.format,
            said.properties.width,
            said.properties.height,
            path.stat().st_size,
        )


def test_init_is_called_once_and_mini_batches_may_be_of_any_size(service: Service) -> None:
    many = [PHOTOS[number % len(PHOTOS)] for number in range(2 * AT_ONCE + 3)]
    none, one, all_ = service.rows([], PHOTOS[:1], many)
    assert none == []
    assert [row["label"] for row in one] == ["tripod"]
    assert [row["blob"] for row in all_] == [str(path) for path in many]
    labels = {row["blob"]: row["label"] for row in all_}
    assert [row["label"] for row in all_] == [labels[str(path)] for path in many]


def test_what_cannot_be_classified_has_no_row_and_is_logged_with_the_reason(service: Service, tmp_path: Path) -> None:
    camera, chelsea, china, coffee = PHOTOS[:4]
    text, empty, cut = (tmp_path / name for name in ("text.jpg", "empty.png", "cut.png"))
    text.write_text("no picture")
    empty.touch()
    cut.write_bytes(coffee.read_bytes()[:5000])
    limits = {"LOUPE_MAX_IMAGE_PIXELS": str(512 * 512), "LOUPE_MAX_IMAGE_BYTES": "300000"}
    done = service.call([text, camera, empty, cut, china, coffee, chelsea], [text], **limits)
    assert done.returncode == 0, done.stderr
    first, second = ([json.loads(row)["blob"] for row in json.loads(line)] for line in done.stdout.splitlines())
    assert (first, second) == ([str(camera), str(chelsea)], [])
    reasons = {text: "not_an_image", empty: "empty", cut: "truncated", china: "too_many_pixels", coffee: "too_large"}
    for path, reason in reasons.items():
        assert f"{path} is not classified: {reason}: " in done.stderr


def test_a_file_that_cannot_be_read_fails_the_mini_batch_so_that_it_is_tried_again(
    service: Service, tmp_path: Path
) -> None:
    done = service.call([PHOTOS[0], tmp_path / "gone.jpg"])
    assert done.returncode == 1
    assert "FileNotFoundError" in done.stderr
    assert done.stdout == ""


def append(path: Path) -> None:
    """Alter a file."""
    with path.open("ab") as file:
        file.write(b"\n")


def change_manifest(path: Path, **changes: object) -> None:
    """Let a bundle say something else."""
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("alter", "says"),
    [
        (lambda it: append(it.code / "loupe_shared/preprocess/resize.py"), "resize.py is not what it was"),
        (lambda it: append(it.code / "loupe_training/azure_ml/scoring.py"), "scoring.py is not what it was"),
        (lambda it: append(it.model / "bundle/model.onnx"), "not the file that the manifest describes"),
        (
            lambda it: change_manifest(it.model / "bundle/manifest.json", preprocessing_hash="0" * 64),
            "was made for other preprocessing",
        ),
        (lambda it: (it.model / "bundle/manifest.json").unlink(), "has 0 files manifest.json"),
        (lambda it: shutil.copytree(it.model / "bundle", it.model / "other"), "has 2 files manifest.json"),
    ],
)
def test_what_is_altered_is_refused_before_anything_is_answered(
    service: Service, alter: Callable[[Service], object], says: str
) -> None:
    alter(service)
    done = service.call(PHOTOS[:1])
    assert (done.returncode, done.stdout) == (1, "")
    assert says in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"LOUPE_PRECISION": "fp16"}, "LOUPE_PRECISION is 'fp16': write one of fp32, int8"),
        ({"LOUPE_MAX_IMAGE_BYTES": "50 MB"}, "LOUPE_MAX_IMAGE_BYTES is '50 MB': write a whole number above 0"),
        ({"LOUPE_MAX_IMAGE_PIXELS": "0"}, "LOUPE_MAX_IMAGE_PIXELS is '0': write a whole number above 0"),
    ],
)
def test_variables_that_cannot_be(service: Service, variables: dict[str, str], says: str) -> None:
    done = service.call(PHOTOS[:1], **variables)
    assert (done.returncode, done.stdout) == (1, "")
    assert says in done.stderr.splitlines()[-1]


def test_the_descriptions_fit_each_other(folder: Path) -> None:
    model, endpoint, deployment = (described(folder, f"{name}.yaml") for name in ("model", "endpoint", "deployment"))
    manifest = Bundle.load(folder / model["path"]).manifest
    assert (model["name"], model["version"], model["type"]) == (manifest.name, str(manifest.version), "custom_model")
    assert model["tags"]["licence"] == "Apache-2.0"
    assert deployment["model"] == f"azureml:{model['name']}:{model['version']}"
    assert deployment["endpoint_name"] == endpoint["name"] == "photos"
    assert (deployment["compute"], deployment["resources"]) == ("azureml:cheap", {"instance_count": 3})
    assert (
        folder / deployment["code_configuration"]["code"] / deployment["code_configuration"]["scoring_script"]
    ).exists()
    assert (folder / deployment["environment"]["conda_file"]).exists()
    assert (deployment["type"], deployment["settings"]["output_action"]) == ("model", "append_row")
    readme = (folder / "README.md").read_text(encoding="utf-8")
    for name in re.findall(r"--file (\S+)", readme):
        assert (folder / name).exists()
    assert "$" not in readme


def test_limits_are_those_of_a_worker(folder: Path) -> None:
    variables = described(folder, "deployment.yaml")["settings"]["environment_variables"]
    defaults = {name: InferenceSettings.model_fields[name].default for name in ("max_image_bytes", "max_image_pixels")}
    assert variables == {
        "LOUPE_PRECISION": "fp32",
        **{f"LOUPE_{name.upper()}": str(value) for name, value in defaults.items()},
    }


def test_the_environment_is_pinned_in_the_versions_that_everything_is_tested_with(folder: Path) -> None:
    (pip,) = [
        one["pip"] for one in described(folder, "environment/conda.yaml")["dependencies"] if isinstance(one, dict)
    ]
    assert pip == packages()
    assert all(re.fullmatch(r"[\w.-]+(\[\w+\])?==\S+( ; .+)?", package) for package in pip)
    names = {package.partition("==")[0] for package in pip}
    assert names >= {
        "azureml-core",
        "azureml-dataset-runtime",
        "numpy",
        "onnxruntime",
        "pillow",
        "pydantic",
        "simplejpeg",
    }
    # Azure's packages exclude the NumPy of the lock.
    ours = {"cykooz-resizer", "onnxruntime", "pillow", "pydantic", "simplejpeg"}
    for package in (pinned.split(" ;")[0] for pinned in pip):
        assert package.partition("==")[0] not in ours or package in locked("lock.txt"), "run `make lock`"


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (["--endpoint=1st"], 2, "--endpoint: '1st' is no name"),
        (["--endpoint=" + "a" * 33], 2, "is no name that an endpoint can have"),
        (["--compute=my cluster"], 2, "--compute: 'my cluster' is no name"),
    ],
)
def test_options_that_cannot_be(
    options: list[str], code: int, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["azure-ml", str(BUNDLE), str(tmp_path / "to"), *options]) == code
    assert says in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_there_and_a_bundle_that_is_not(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["azure-ml", str(BUNDLE), str(folder)]) == 1
    assert "is there already, and is not changed" in capsys.readouterr().err
    assert main(["azure-ml", str(tmp_path), str(tmp_path / "to")]) == 1
    assert "cannot be read" in capsys.readouterr().err
    assert not (tmp_path / "to").exists()
