"""The inference worker: ``python -m loupe_inference``. With ``tune BUNDLE`` it finds the best settings instead."""

import sys

from loupe_inference.bootstrap import serve_inference
from loupe_inference.settings import InferenceSettings
from loupe_inference.tune import tune
from loupe_shared.entrypoint import run
from loupe_shared.errors import LoupeError

if __name__ == "__main__":
    if sys.argv[1:2] == ["tune"]:
        try:
            tune(sys.argv[2:])
        except LoupeError as error:
            sys.exit(f"inference: {error}")
    else:
        run("inference", InferenceSettings, serve_inference)
