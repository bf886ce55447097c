"""How many processor cores this process may use: in a container, fewer than the machine has."""

import os
from contextlib import suppress
from pathlib import Path

CGROUP_LIMIT = Path("/sys/fs/cgroup/cpu.max")
"""Linux, control groups version 2: "QUOTA PERIOD" in microseconds, or "max PERIOD"."""


def usable_cores(limit: Path = CGROUP_LIMIT) -> int:
    """At least one. More threads than this wait for each other instead of working."""
    return max(1, min(_allowed(), _quota(limit)))


def _allowed() -> int:
    affinity = getattr(os, "sched_getaffinity", None)  # Linux
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _quota(limit: Path) -> int:
    with suppress(OSError, ValueError, ZeroDivisionError):
        quota, period = map(float, limit.read_text(encoding="ascii").split())
        return int(quota / period)
    return os.cpu_count() or 1
