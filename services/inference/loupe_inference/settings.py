"""Settings of the inference worker."""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field

from loupe_shared.settings import StorageSettings, WorkerSettings


def available_cpus() -> int:
    """CPUs that this process may run on."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class InferenceSettings(WorkerSettings, StorageSettings):
    """Settings of the inference worker."""

    model_bundle: Path = Field(description="Folder of the model bundle: model.onnx and manifest.json.")
    device: Literal["cpu", "cuda"] = Field(
        default="cpu", description="Where the model runs. With cuda the worker ends if the GPU cannot be used."
    )
    threads: int = Field(
        default_factory=available_cpus, ge=1, description="Threads of one inference on the CPU; all CPUs by default."
    )
    max_batch_size: int = Field(default=16, ge=1, description="Most images in one inference.")
    concurrent_jobs: int = Field(
        default=2, ge=1, description="Jobs in progress at once: while one is inferred, the next is fetched and decoded."
    )
    concurrent_fetches: int = Field(default=16, ge=1, description="Images being read from storage at once.")
    decode_threads: int = Field(
        default_factory=available_cpus, ge=1, description="Images being decoded at once; one per CPU by default."
    )
    max_image_bytes: int = Field(default=50_000_000, ge=1, description="Largest blob that is read, in bytes.")
    max_image_pixels: int = Field(default=64_000_000, ge=1, description="Largest picture that is decoded, in pixels.")
    fetch_timeout_s: float = Field(
        default=20.0, gt=0, description="Seconds without a byte from storage until a read fails."
    )
    decode_timeout_s: float = Field(default=20.0, gt=0, description="Seconds that decoding one image may take.")
