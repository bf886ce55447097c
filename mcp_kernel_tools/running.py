"""The servers of this user that run now, found by the runtime file that each of them keeps.

A file whose server is gone is stale and passed over; so is one that cannot be read.
"""

import http.client
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import Any, Self
from urllib.parse import urlsplit

import platformdirs

from mcp_kernel_tools.settings import PREFIX
from mcp_kernel_tools.wire import APP_NAME

HEALTH_TIMEOUT = 2.0
"""Seconds; a server that runs answers within milliseconds."""


_NEWER = ("cluster", "patients_version")
"""What servers of earlier versions do not say."""


@dataclass(frozen=True, slots=True)
class RunningServer:
    """What a server's runtime file says of it."""

    url: str
    token: str | None
    pid: int
    parent_pid: int | None
    """The kernel that started it; None: it was started by hand."""
    patients: str
    summaries: str
    model: str
    columns: Mapping[str, str] | None
    started: str
    cluster: str | None = None
    patients_version: str | None = None
    """Of the file of patients when it was read; None: the server is older and does not say."""

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """The server that `path` announces, if there is such a file and it is whole."""
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            needed = {name: said[name] for name in cls.__dataclass_fields__ if name not in _NEWER}
            return cls(**needed, **{name: said.get(name) for name in _NEWER})
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def has_loaded(self) -> bool:
        """Whether it knows its patients and its model; it answers /health before."""
        health = self.health()
        return bool(health and health["model"]["name"])

    def health(self) -> dict[str, Any] | None:
        """What the server says of its health; None: it does not answer."""
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(
            address.hostname or "", address.port, timeout=HEALTH_TIMEOUT
        )
        try:
            with closing(connection):
                connection.request("GET", "/health")
                said = json.loads(connection.getresponse().read())
        except (OSError, ValueError, http.client.HTTPException):
            return None
        return said if isinstance(said, dict) else None


def runtime_folder(environ: Mapping[str, str]) -> Path:
    """Where servers say that they run: MCP_KERNEL_TOOLS_RUNTIME, else in the user's data."""
    named = environ.get(PREFIX + "RUNTIME")
    return Path(named) if named else platformdirs.user_data_path(APP_NAME) / "runtime"


def runtime_file(folder: Path, pid: int) -> Path:
    return folder / f"server-{pid}.json"


def version_of(source: Path) -> str:
    """By which one version of a file is told from another without reading it.

    "" where there is no file. A folder has none: summaries may be saved in the same one.
    """
    try:
        state = source.stat()
    except OSError:
        return ""
    return f"{state.st_size} bytes of {state.st_mtime_ns}" if S_ISREG(state.st_mode) else ""


def is_private(folder: Path) -> bool:
    """Whether nobody else can write there, and so announce a server of theirs."""
    if sys.platform == "win32":  # the user's data folder is theirs alone there
        return True
    state = folder.stat()
    return state.st_uid == os.getuid() and not state.st_mode & 0o022


def running_servers(folder: Path) -> Iterator[RunningServer]:
    """The servers that run and answer, the one started last first."""
    if not folder.is_dir() or not is_private(folder):
        return
    announced = [RunningServer.read(path) for path in folder.glob("server-*.json")]
    known = [server for server in announced if server and process_exists(server.pid)]
    for server in sorted(known, key=lambda known: known.started, reverse=True):
        if server.health():
            yield server


def process_exists(pid: int) -> bool:
    """Whether there is such a process, as far as one can ask without harming it."""
    if sys.platform == "win32":  # there, signal 0 ends the process
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
