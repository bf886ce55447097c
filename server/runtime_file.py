"""The file that says "a server runs here", as Jupyter's servers leave one, for who starts next.

It holds the token, so only its owner may read it. It goes when the server stops; one whose process
is gone is stale, and whoever reads it ignores it.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISREG

import platformdirs

from mcp_kernel_tools.wire import APP_NAME


def runtime_folder(environ: Mapping[str, str]) -> Path:
    """Where running servers say so: MCP_KERNEL_TOOLS_RUNTIME, else a folder of the user's data.

    Not XDG_RUNTIME_DIR: where a session has none, as in a container, it would be a guessable name
    in a folder that others write to. Jupyter keeps its runtime files in the same way.
    """
    named = environ.get("MCP_KERNEL_TOOLS_RUNTIME")
    return Path(named) if named else platformdirs.user_data_path(APP_NAME) / "runtime"


def version_of(source: Path) -> str:
    """By which who starts next notices that a file has changed since this server read it.

    "" where there is no file. A folder has none: summaries may be saved in the same one.
    """
    try:
        state = source.stat()
    except OSError:
        return ""
    return f"{state.st_size} bytes of {state.st_mtime_ns}" if S_ISREG(state.st_mode) else ""


@contextmanager
def announced(folder: Path, facts: Mapping[str, object]) -> Iterator[Path]:
    """While it is entered, `server-PID.json` in `folder` tells `facts` to this user alone.

    Raises:
        PermissionError: others could write to the folder, and announce a server of theirs there.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _refuse_shared(folder)
    path = folder / f"server-{os.getpid()}.json"
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)  # left by an earlier process of the same number
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(facts, file, indent=1)
    unfinished.replace(path)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _refuse_shared(folder: Path) -> None:
    if sys.platform == "win32":  # the user's data folder is theirs alone there
        return
    state = folder.stat()
    if state.st_uid != os.getuid() or state.st_mode & 0o022:
        raise PermissionError(
            f"others can write to {folder}, where servers say that they run: "
            "take their right away (chmod 700), or name another folder in MCP_KERNEL_TOOLS_RUNTIME"
        )
