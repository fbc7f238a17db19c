"""What processes use."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Usage:
    """What a process has used so far.

    Attributes:
        cpu_s: seconds on a CPU, in user mode and in the kernel. The system counts them in steps, of 10 ms on most.
        rss_mb: resident memory now, in MB.
    """

    cpu_s: float
    rss_mb: float


def usage(process: psutil.Process) -> Usage:
    """Read it from the system."""
    times = process.cpu_times()
    return Usage(times.user + times.system, process.memory_info().rss / 1e6)


def usages(pids: Mapping[str, int]) -> dict[str, Usage]:
    """That of several processes, by name, and of this one, as ``bench``."""
    return {name: usage(psutil.Process(pid)) for name, pid in {**pids, "bench": os.getpid()}.items()}


def usage_with_descendants(pid: int) -> Usage:
    """That of a process and of all that it started, together."""
    process = psutil.Process(pid)
    parts = [usage(one) for one in [process, *process.children(recursive=True)]]
    return Usage(sum(part.cpu_s for part in parts), sum(part.rss_mb for part in parts))
