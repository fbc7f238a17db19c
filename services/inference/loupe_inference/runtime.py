"""How ONNX Runtime is told to run a model: each option with its reason.

Names and meanings of the providers' options are those of the execution provider pages of ONNX Runtime 1.31.
"""

from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal

import onnxruntime

Device = Literal["cpu", "cuda", "tensorrt"]

# What must be at work for a device to be used, in order of preference for each part of the graph.
PROVIDERS = {
    "cpu": ("CPUExecutionProvider",),
    "cuda": ("CUDAExecutionProvider",),
    "tensorrt": ("TensorrtExecutionProvider", "CUDAExecutionProvider"),
}


@dataclass(frozen=True)
class Runtime:
    """Where and how a model runs. See the settings of the same names."""

    device: Device = "cpu"
    threads: int = 1
    cuda_convolution_search: str = "exhaustive"
    gpu_memory_mb: int | None = None
    tensorrt_cache: Path | None = None
    tensorrt_fp16: bool = True

    def buckets(self, max_batch_size: int) -> list[int]:
        """The only sizes of batches that the session may meet: smaller ones are filled up to the next of these.

        On a GPU every new size is planned or built anew, which takes seconds, so there are few. On the CPU there are
        none, because any size is as good as another, and filling up would be work for nothing.
        """
        if self.device == "cpu":
            return []
        powers = takewhile(lambda size: size < max_batch_size, (1 << exponent for exponent in range(31)))
        return [*powers, max_batch_size]

    def session_options(self) -> onnxruntime.SessionOptions:
        """Options of the session."""
        options = onnxruntime.SessionOptions()
        # By default there are as many as the machine has cores, whatever the container's quota.
        options.intra_op_num_threads = self.threads if self.device == "cpu" else 1
        # Threads that spin while they wait take the CPU from those that decode the next images.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        return options

    def providers(self, input_name: str, input_shape: tuple[int, int, int], max_batch_size: int) -> list[Any]:
        """Providers with their options, in order of preference.

        Args:
            input_name: of the graph.
            input_shape: of one image.
            max_batch_size: the largest batch that will come.
        """
        options: dict[str, dict[str, str]] = {"CPUExecutionProvider": {}, "CUDAExecutionProvider": self._cuda()}
        if self.device == "tensorrt":
            options["TensorrtExecutionProvider"] = self._tensorrt(input_name, input_shape, max_batch_size)
        return [(name, options[name]) for name in PROVIDERS[self.device]]

    def _cuda(self) -> dict[str, str]:
        options = {
            "cudnn_conv_algo_search": self.cuda_convolution_search.upper(),
            # By powers of two, as is the default, it takes up to twice of what it needs.
            "arena_extend_strategy": "kSameAsRequested",
        }
        if self.gpu_memory_mb:
            options["gpu_mem_limit"] = str(self.gpu_memory_mb * 1024 * 1024)
        return options

    def _tensorrt(self, input_name: str, input_shape: tuple[int, int, int], max_batch_size: int) -> dict[str, str]:
        def shape(batch_size: int) -> str:
            return f"{input_name}:{batch_size}x{'x'.join(map(str, input_shape))}"

        return {
            "trt_fp16_enable": str(int(self.tensorrt_fp16)),
            "trt_engine_cache_enable": "1",
            "trt_engine_cache_path": str(self.tensorrt_cache),
            "trt_timing_cache_enable": "1",
            # Without all three an engine is built anew for every size of a batch.
            "trt_profile_min_shapes": shape(1),
            "trt_profile_opt_shapes": shape(max_batch_size),
            "trt_profile_max_shapes": shape(max_batch_size),
        }
