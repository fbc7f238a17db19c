"""How many CPUs this process may use: in a container, what its quota says and not what the machine has."""

import os
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")


def available_cpus(cgroups: Path = CGROUPS) -> int:
    """CPUs that this process may keep busy, at least one; a part of a CPU does not count.

    The least of the CPUs that it may run on and the quota of its control group, as Linux documents them
    (admin-guide/cgroup-v2, cpu.max; scheduler/sched-bwc for version 1).
    """
    # Not on macOS, which has neither.
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota_v2(cgroups) or _quota_v1(cgroups)
    return max(1, min(allowed, int(quota))) if quota else allowed


def _quota_v2(cgroups: Path) -> float | None:
    """Seen from inside a container, its own group is the root."""
    try:
        quota, period = (cgroups / "cpu.max").read_text().split()
    except OSError:
        return None
    return None if quota == "max" else int(quota) / int(period)


def _quota_v1(cgroups: Path) -> float | None:
    try:
        quota = int((cgroups / "cpu" / "cpu.cfs_quota_us").read_text())
        period = int((cgroups / "cpu" / "cpu.cfs_period_us").read_text())
    except OSError:
        return None
    return quota / period if quota > 0 else None  # -1 stands for no limit
