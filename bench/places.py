"""Where things are in the repository."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"
BUNDLE = ROOT / "models" / "efficientnet-lite0"
FRONTEND = ROOT / "services" / "frontend" / "dist"
RESULTS = ROOT / "bench" / "results"

# What is measured, and its yardsticks, run in the environment of `make run`. The benchmark's own has packages that
# change others when they are there: uvicorn, for one, takes to uvloop.
PYTHON = ROOT / ".venv" / "bin" / "python"
