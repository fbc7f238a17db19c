"""Locks of container images are parts of the lock that everything is tested with."""

import importlib.util
import re
from types import ModuleType

import pytest

from tests.factories import ROOT

REQUIREMENTS = ROOT / "requirements"
GPU = "-gpu"


def load_compiler() -> ModuleType:
    """The script that makes the locks."""
    spec = importlib.util.spec_from_file_location("compile_locks", REQUIREMENTS / "compile.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


COMPILER = load_compiler()
IMAGES: dict[str, str] = COMPILER.images()


def locked(file: str) -> dict[str, frozenset[str]]:
    """Hashes by package and version."""
    blocks = re.split(r"\n(?=\S)", (REQUIREMENTS / file).read_text(encoding="utf-8"))
    return {block.split()[0]: frozenset(re.findall(r"sha256:\w+", block)) for block in blocks if "==" in block}


def test_every_service_has_a_lock_for_its_image() -> None:
    assert {path.stem for path in (REQUIREMENTS / "images").glob("*.txt")} == set(IMAGES), "run `make lock`"


@pytest.mark.parametrize("image", sorted(name for name in IMAGES if GPU not in name and name != "training"))
def test_an_image_has_what_everything_is_tested_with(image: str) -> None:
    assert locked(f"images/{image}.txt").items() <= locked("lock.txt").items(), "run `make lock`"


@pytest.mark.parametrize("image", sorted(name for name in IMAGES if GPU in name))
def test_a_gpu_image_differs_in_the_runtime_alone(image: str) -> None:
    new = locked(f"images/{image}.txt").keys() - locked("lock.txt").keys()
    assert not [name for name in new if not name.startswith(("nvidia-", "onnxruntime-gpu=="))]
    assert not [name for name in locked(f"images/{image}.txt") if name.startswith("onnxruntime==")]


def test_the_image_of_training_has_besides_what_training_is_tested_with() -> None:
    pinned = (ROOT / "services" / "training" / "requirements.txt").read_text(encoding="utf-8")
    tested = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", pinned, re.MULTILINE))
    known = {name.split("==")[0] for name in locked("lock.txt")}
    own = dict(name.split("==") for name in locked("images/training.txt") if name.split("==")[0] not in known)
    assert {"torch", "torchvision", "onnxscript"} <= own.keys() & tested.keys()
    assert [name for name in own.keys() & tested.keys() if own[name] != tested[name]] == [], "run `make lock`"
    assert {name for name in locked("images/training.txt") if name.split("==")[0] in known} <= locked("lock.txt").keys()


@pytest.mark.parametrize("image", sorted(IMAGES))
def test_what_a_package_asks_for_is_in_its_lock(image: str) -> None:
    wanted = {re.split(r"[\[<>=;~ ]", need)[0] for need in COMPILER.needs(IMAGES[image])}
    assert wanted <= {name.split("==")[0] for name in locked(f"images/{image}.txt")}, "run `make lock`"
