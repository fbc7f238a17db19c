"""Makes an environment ready for an image: ``python finish.py FOLDER MODULE``, by the environment's own Python.

What nothing imports is left out. Bytecode is compiled here, because the file system is read-only where it runs.
``FOLDER/bin/serve`` starts the module. Files get the time ``SOURCE_DATE_EPOCH`` and bytecode holds none, so the same
sources make the same layer.
"""

import compileall
import os
import shutil
import sys
from pathlib import Path
from py_compile import PycInvalidationMode

# Below site-packages. Missing ones are none of this image's.
LEFT_OUT = (
    "**/tests",
    "numpy/_core/include",
    "pyarrow/include",
    # Arrow's clients of other systems, which pyarrow does without where they are missing.
    "pyarrow/*flight*",
    "pyarrow/*s3*",
    # For programs in C: the Python module has all of it once more.
    "onnxruntime/capi/libonnxruntime.so.*",
    # For making models, not for running them.
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/transformers",
)

SERVE = """#!/bin/sh
exec {folder}/bin/python -m {module} "$@"
"""


def main(folder: Path, module: str) -> None:
    """Do all of it."""
    (packages,) = folder.glob("lib/python3*/site-packages")
    for pattern in LEFT_OUT:
        for path in list(packages.glob(pattern)):
            remove(path)
    mode = PycInvalidationMode.UNCHECKED_HASH  # files do not change, and looking at each costs time at the start
    if not compileall.compile_dir(packages, quiet=1, invalidation_mode=mode):
        sys.exit(f"{packages}: not everything can be compiled")
    serve = folder / "bin" / "serve"
    serve.write_text(SERVE.format(folder=folder, module=module))
    serve.chmod(0o755)
    moment = int(os.environ["SOURCE_DATE_EPOCH"])
    for path in [folder, *folder.rglob("*")]:
        os.utime(path, (moment, moment), follow_symlinks=False)


def remove(path: Path) -> None:
    """A file, or a folder with all that is in it."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
