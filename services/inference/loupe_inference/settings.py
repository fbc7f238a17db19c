"""Settings of the inference worker."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from loupe_inference.cpus import available_cpus
from loupe_shared.result import Precision
from loupe_shared.settings import RegistrySettings, StorageSettings, WorkerSettings


class InferenceSettings(WorkerSettings, StorageSettings, RegistrySettings):
    """Settings of the inference worker. ``python -m loupe_inference tune`` finds the best ones for a machine."""

    model_bundle: Path | None = Field(
        default=None,
        description="Folder of the model bundle: model.onnx and manifest.json. When another bundle takes its place, "
        "that one answers from then on. Unset, LOUPE_MODEL_NAME says what answers.",
    )
    model_name: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9][a-z0-9-]*$",
        description="Name of a model of the registry. What is released of it answers, from a few seconds after it is. "
        "Unset, LOUPE_MODEL_BUNDLE says what answers.",
    )
    model_cache: Path | None = Field(
        default=None,
        description="Folder for bundles of the registry, so that a worker that starts anew need not fetch them again. "
        "Workers may share it. Unset, a worker has a temporary one.",
    )
    bundle_poll_interval_s: float = Field(
        default=5.0, gt=0, description="Seconds between looks for another bundle in the folder, or another release."
    )
    lane: Literal["live", "backfill"] = Field(
        default="live",
        description="Whose images the worker takes: those that events bring, or those of batch jobs. New images never "
        "wait for a batch job, because its workers are others, which can also serve another model.",
    )
    device: Literal["cpu", "cuda", "tensorrt"] = Field(
        default="cpu", description="Where the model runs. The worker ends if it cannot run there."
    )
    precision: Precision = Field(
        default=Precision.FP32,
        description="fp32, or int8 on the CPU: half of the time, and the agreement that the manifest states.",
    )
    streams: int = Field(
        default=0,
        ge=0,
        description="Inferences at once. 0 chooses: one per CPU, or two on a GPU, so that it need not wait for "
        "what is done with its last answers.",
    )
    threads: int = Field(
        default=1,
        ge=1,
        description="Threads of one inference on the CPU. One thread in each of several streams costs less CPU than "
        "several threads in one, but an image alone waits longer.",
    )
    max_batch_size: int = Field(
        default=0,
        ge=0,
        description="Most images in one inference. 0 chooses: 2 on the CPU, whose caches larger batches overflow; "
        "32 on a GPU.",
    )
    concurrent_jobs: int = Field(
        default=2,
        ge=1,
        description="Jobs in progress at once. They share decoders and batches, and while the images of one are "
        "inferred, those of the next are fetched and decoded.",
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
    known_answers: int = Field(
        default=20_000,
        ge=0,
        description="Answers that the broker keeps, about three kilobytes each, so that bytes that come again are not "
        "inferred again. 0 keeps none.",
    )
    embeddings: bool = Field(
        default=True,
        description="Whether the archive gets the embedding of each image, which similar images are found by. It takes "
        "some 1.3 kilobytes in SQLite and 5 in Cosmos DB, where it costs more than the rest of a result.",
    )
    cuda_convolution_search: Literal["exhaustive", "heuristic"] = Field(
        default="exhaustive",
        description="How cuDNN chooses an algorithm for each size of a batch. exhaustive tries all at the start, which "
        "takes seconds; heuristic guesses.",
    )
    gpu_memory_mb: int | None = Field(
        default=None, ge=1, description="Limit on ONNX Runtime's own memory on the GPU, where others need some, too."
    )
    tensorrt_cache: Path | None = Field(
        default=None,
        description="Folder for TensorRT's engines, whose first build takes minutes. They fit one kind of GPU and one "
        "version of TensorRT and ONNX Runtime. Needed if the device is tensorrt.",
    )
    tensorrt_fp16: bool = Field(default=True, description="Whether TensorRT may use half precision.")

    @model_validator(mode="after")
    def _model_is_named_once(self) -> Self:
        if (self.model_bundle is None) == (self.model_name is None):
            raise ValueError(
                "set one of LOUPE_MODEL_NAME, the name of a model of the registry, and LOUPE_MODEL_BUNDLE, a folder"
            )
        if self.model_name is not None and self.model_container is None:
            raise ValueError("LOUPE_MODEL_CONTAINER must name the registry's container when LOUPE_MODEL_NAME is set")
        return self

    @model_validator(mode="after")
    def _device_is_complete(self) -> Self:
        if self.device == "tensorrt" and self.tensorrt_cache is None:
            raise ValueError("LOUPE_TENSORRT_CACHE must name a folder when LOUPE_DEVICE is tensorrt")
        if self.device != "cpu" and self.precision is Precision.INT8:
            raise ValueError("LOUPE_PRECISION can be int8 only when LOUPE_DEVICE is cpu")
        return self

    def service(self, program: str) -> str:
        """See ``ServiceSettings.service``. In the other lane it is a service of its own."""
        return program if self.lane == "live" else self.lane

    def stream_count(self) -> int:
        """``streams``, or the choice in its place."""
        return self.streams or (max(1, available_cpus() // self.threads) if self.device == "cpu" else 2)

    def batch_size(self) -> int:
        """``max_batch_size``, or the choice in its place."""
        return self.max_batch_size or (2 if self.device == "cpu" else 32)
