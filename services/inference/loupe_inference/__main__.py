"""``python -m loupe_inference``: the inference worker."""

from loupe_inference.bootstrap import serve_inference
from loupe_inference.settings import InferenceSettings
from loupe_shared.entrypoint import run

if __name__ == "__main__":
    run("inference", InferenceSettings, serve_inference)
