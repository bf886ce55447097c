"""Where figures come from: the machine, its load, and the versions of what was measured."""

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

MEASURED = "mcp starlette uvicorn websockets httpx ipywidgets anywidget jupyterlab xllamacpp pandas"


def machine() -> str:
    """One line; the load is that of the last minute before the benchmark."""
    return (
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    )


def versions() -> str:
    return ", ".join(f"{name} {version(name)}" for name in MEASURED.split())


def _processor() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
