"""Makes an environment ready for an image: ``python finish.py FOLDER MODULE``, by the environment's own Python.

What nothing uses here is left out: files, whole packages, symbols of libraries, and second copies of these. Bytecode is
compiled here, because the file system is read-only where it runs. ``FOLDER/bin/serve`` starts the module. Files get the
time ``SOURCE_DATE_EPOCH`` and bytecode holds none, so the same sources make the same layer.
"""

import compileall
import hashlib
import os
import shutil
import struct
import sys
from collections.abc import Iterable
from importlib.metadata import Distribution
from pathlib import Path
from py_compile import PycInvalidationMode

# Below site-packages. Missing ones are none of this image's.
LEFT_OUT = (
    "**/tests",
    "**/_*tests.*.so",
    "**/_testcapi.*.so",
    # For compilers and type checkers.
    *(f"**/*.{suffix}" for suffix in ("a", "c", "cc", "h", "hpp", "pxd", "pxi", "pyi", "pyx")),
    "numpy/f2py",
    # Of the SDKs, all is used synchronously. That of Cosmos DB imports the other half all the same.
    "azure/identity/**/aio",
    "azure/storage/**/aio",
    "pyarrow/include",
    # Arrow's clients of other systems, and formats but Parquet, which pyarrow does without where they are missing.
    *(f"pyarrow/*{name}*.so*" for name in ("flight", "s3", "azurefs", "gcsfs", "hdfs", "orc", "encryption")),
    *(f"pyarrow/_{name}.*.so" for name in ("acero", "compute", "csv", "feather", "json", "substrait")),
    "pyarrow/_dataset*.so",
    # For programs in C: the Python module has all of it once more.
    "onnxruntime/capi/libonnxruntime.so.*",
    # In the language of a newer Python than some bases have.
    "torch/testing/_internal/py*_intrinsics.py",
)

# For making models, not for running them.
FOR_TRAINING = ("onnxruntime/quantization", "onnxruntime/tools", "onnxruntime/transformers")

# What others ask for and nothing here uses: Celery's own shell, and gRPC's messages.
UNUSED = ("click-repl", "googleapis-common-protos", "prompt-toolkit", "wcwidth")

# CUDA's libraries have no symbols to speak of, and stay as NVIDIA made them.
AS_THEY_ARE = {"nvidia", "torch", "torchvision", "triton"}
MIN_GAIN = 65_536  # bytes

SERVE = """#!/bin/sh
exec {folder}/bin/python -m {module} "$@"
"""


def main(folder: Path, module: str) -> None:
    """Do all of it."""
    (packages,) = folder.glob("lib/python3*/site-packages")
    leave_out(packages, LEFT_OUT if module == "loupe_training" else (*LEFT_OUT, *FOR_TRAINING))
    libraries = [path for path in sorted(packages.rglob("*.so*")) if not AS_THEY_ARE & set(path.parts)]
    share(libraries)
    for library in libraries:
        if not library.is_symlink():
            strip(library)
    mode = PycInvalidationMode.UNCHECKED_HASH  # files do not change, and looking at each costs time at the start
    if not compileall.compile_dir(packages, quiet=1, invalidation_mode=mode):
        sys.exit(f"{packages}: not everything can be compiled")
    serve = folder / "bin" / "serve"
    serve.write_text(SERVE.format(folder=folder, module=module))
    serve.chmod(0o755)
    moment = int(os.environ["SOURCE_DATE_EPOCH"])
    for path in [folder, *folder.rglob("*")]:
        os.utime(path, (moment, moment), follow_symlinks=False)


def leave_out(packages: Path, patterns: Iterable[str]) -> None:
    """Remove packages that nothing uses, and files by patterns."""
    for name in UNUSED:
        for distribution in Distribution.discover(name=name, path=[str(packages)]):
            for file in distribution.files or ():
                path = Path(str(file.locate()))
                remove(path)
                for above in path.parents[: len(file.parts) - 1]:
                    if above.exists() and not any(above.iterdir()):
                        above.rmdir()
    for pattern in patterns:
        for path in list(packages.glob(pattern)):
            remove(path)


def share(libraries: list[Path]) -> None:
    """Leave one of the equal files of a folder: wheels know no links, and have a library once for each of its names."""
    first: dict[tuple[Path, str], Path] = {}
    for library in libraries:
        with library.open("rb") as file:
            key = library.parent, hashlib.file_digest(file, "sha256").hexdigest()
        one = first.setdefault(key, library)
        if one is not library:
            library.unlink()
            library.symlink_to(one.name)


def strip(library: Path) -> None:
    """Cut what follows the last segment of a library: symbols and notes for debuggers, which no loader reads.

    See the layout of ELF files in ``elf.h``, here of 64 bits in the order of x86 and ARM.
    """
    content = library.read_bytes()
    if content[:6] != b"\x7fELF\x02\x01":
        return
    (headers,) = struct.unpack_from("<Q", content, 32)
    size, count = struct.unpack_from("<HH", content, 54)
    end = headers + size * count
    for place in range(headers, end, size):
        offset, _, _, length = struct.unpack_from("<QQQQ", content, place + 8)
        end = max(end, offset + length)
    if len(content) - end < MIN_GAIN:
        return
    whole = bytearray(content[:end])
    struct.pack_into("<Q", whole, 40, 0)  # no table of sections any more,
    struct.pack_into("<HH", whole, 60, 0, 0)  # so none in it
    library.write_bytes(whole)


def remove(path: Path) -> None:
    """A file, or a folder with all that is in it."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
