"""Other servers as processes: the floor, and what people would use instead."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_SECONDS = 60


@contextmanager
def peer(
    module: str, *arguments: str, python: str = sys.executable
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A program of this folder, and the port that it writes into the file that it is given."""
    with tempfile.TemporaryDirectory() as folder:
        port_file = Path(folder) / "port"
        process = subprocess.Popen(
            [python, "-m", f"tests.benchmarks.{module}", str(port_file), *arguments],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stderr=subprocess.DEVNULL,
        )
        try:
            yield process, _port(process, port_file, module)
        finally:
            process.terminate()
            process.wait()


def _port(process: subprocess.Popen[bytes], file: Path, module: str) -> int:
    for _ in range(50 * START_SECONDS):
        if file.exists() and (text := file.read_text()):
            return int(text)
        if process.poll() is not None:
            break
        time.sleep(0.02)
    raise RuntimeError(f"{module} did not start")


@contextmanager
def environment_with(package: str) -> Iterator[str | None]:
    """The Python of a temporary environment that has `package`; None where it does not install."""
    with tempfile.TemporaryDirectory() as folder:
        install = [
            ["uv", "venv", "--quiet", "--python", sys.executable, folder],
            ["uv", "pip", "install", "--quiet", "--python", folder, package],
        ]
        try:
            for step in install:
                subprocess.run(step, check=True, timeout=180, capture_output=True)
        except (OSError, subprocess.SubprocessError):
            yield None
        else:
            yield f"{folder}/bin/python"
