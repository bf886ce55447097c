"""Whether a source fits into the memory that is free: asked before anything is loaded.

A load that runs out of memory takes the server, and on a shared machine often the notebook, with
it; so it is refused while that is still one sentence.
"""

import os
from pathlib import Path

from ..errors import PatientsUnreadable

GIB = 2**30


def free_memory(root: Path = Path("/")) -> int | None:
    """The bytes that can be had without swapping; None where the system does not say.

    Linux says it in /proc/meminfo; a container's own limit stands in its control group (version 2).
    Elsewhere the whole memory is taken for free: the upper bound.
    """
    try:
        lines = (root / "proc/meminfo").read_text().splitlines()
    except OSError:
        return _whole_memory()
    available = next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable"))
    return min(available * 1024, _left_in_container(root / "sys/fs/cgroup"))


def _whole_memory() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def _left_in_container(group: Path) -> int:
    """What the control group may still take; its file cache can be given back, so it is free."""
    unlimited = 2**63
    try:
        limit = (group / "memory.max").read_text().strip()
        used = int((group / "memory.current").read_text())
        stat = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
    except OSError:
        return unlimited
    cache = int(stat.get("inactive_file", 0))
    return unlimited if limit == "max" else int(limit) - used + cache


def refuse_too_large(needed: int, free: int | None) -> None:
    """Stop a load that would need more than what is free.

    Raises:
        PatientsUnreadable: with both numbers.
    """
    if free is not None and needed > free:
        raise PatientsUnreadable(
            f"The patient table needs about {needed / GIB:.1f} GiB of memory, "
            f"and {free / GIB:.1f} GiB are free.",
            next="Give a smaller table (fewer rows or columns), or free memory first.",
        )
