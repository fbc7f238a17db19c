"""What is taken out of an environment before it becomes an image leaves what programs need."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.factories import ROOT


def load_finish() -> ModuleType:
    """The script that the build of images runs."""
    spec = importlib.util.spec_from_file_location("finish", ROOT / "docker" / "finish.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FINISH = load_finish()


def copied(package: str, to: Path) -> Path:
    """A package of this environment, in a folder of its own."""
    spec = importlib.util.find_spec(package)
    assert spec
    assert spec.origin
    return Path(shutil.copytree(Path(spec.origin).parent, to / package))


def within(folder: Path, program: str) -> str:
    """What a program writes that finds packages in a folder first."""
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(folder)!r}); {program}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.skipif(sys.platform != "linux", reason="images are for Linux, and so are the libraries in them")
@pytest.mark.parametrize("package", ["cryptography", "multidict"])
def test_a_library_works_without_its_symbols(tmp_path: Path, package: str) -> None:
    folder = copied(package, tmp_path)
    library = max(folder.rglob("*.so"), key=lambda path: path.stat().st_size)
    before = library.stat().st_size
    FINISH.strip(library)
    assert library.stat().st_size < 0.9 * before
    use = {
        "cryptography": "from cryptography.fernet import Fernet as F; f = F(F.generate_key())",
        "multidict": "import multidict; f = multidict.MultiDict(a=1)",
    }[package]
    assert within(tmp_path, f"{use}; print(sys.modules[{package!r}].__file__)") == str(folder / "__init__.py")


def test_what_has_no_symbols_and_what_is_no_library_stay_as_they_are(tmp_path: Path) -> None:
    for content in (b"", b"no library", b"\x7fELF\x02\x01"[:5]):
        file = tmp_path / "some.so"
        file.write_bytes(content)
        FINISH.strip(file)
        assert file.read_bytes() == content


def test_equal_libraries_of_a_folder_become_one(tmp_path: Path) -> None:
    files = [tmp_path / "a" / name for name in ("lib.so", "lib.so.1", "lib.so.1.2")] + [tmp_path / "b" / "lib.so"]
    for file, content in zip(files, (b"same", b"same", b"other", b"same"), strict=True):
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
    FINISH.share(files)
    assert [file.is_symlink() for file in files] == [False, True, False, False]
    assert [file.read_bytes() for file in files] == [b"same", b"same", b"other", b"same"]


def test_packages_that_nothing_uses_are_gone_as_if_they_had_not_been_installed(tmp_path: Path) -> None:
    for name in ("wcwidth", "kept"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
        info = tmp_path / f"{name}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        (info / "RECORD").write_text(
            f"{name}/__init__.py,,\n{name}-1.dist-info/METADATA,,\n{name}-1.dist-info/RECORD,,\n"
        )
    FINISH.leave_out(tmp_path, ())
    assert {path.name for path in tmp_path.iterdir()} == {"kept", "kept-1.dist-info"}


def test_only_training_has_what_models_are_made_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    kept = {}
    for module in ("loupe_training", "loupe_query"):
        packages = tmp_path / module / "lib" / "python3.13" / "site-packages"
        for name in ("onnxruntime/quantization", "onnxruntime/capi", "onnxruntime/tests", "numpy/f2py"):
            (packages / name).mkdir(parents=True)
        (tmp_path / module / "bin").mkdir()
        FINISH.main(tmp_path / module, module)
        kept[module] = {f"{path.parent.name}/{path.name}" for path in packages.glob("*/*")}
        assert f"-m {module} " in (tmp_path / module / "bin" / "serve").read_text()
    assert kept["loupe_query"] == {"onnxruntime/capi"}
    assert kept["loupe_training"] == {"onnxruntime/capi", "onnxruntime/quantization"}
