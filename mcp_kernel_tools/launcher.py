"""The background server of a notebook: started once, found again, gone with its kernel.

`start_server` may be called as often as a cell is run. It returns this kernel's server when that
runs already, or one that somebody started by hand with the same patients, summaries and model;
never another kernel's. The server reads a pipe whose other end only this process holds, so it ends
however this process ends; it has a session of its own, so an interrupt of the kernel passes it by.
"""

import errno
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from mcp_kernel_tools import handover
from mcp_kernel_tools.errors import KernelToolsError, ServerNotRunning
from mcp_kernel_tools.running import (
    RunningServer,
    is_private,
    process_exists,
    running_servers,
    runtime_file,
    runtime_folder,
)
from mcp_kernel_tools.server_arguments import ServerArguments
from mcp_kernel_tools.teller import Teller
from mcp_kernel_tools.wire import visible

if TYPE_CHECKING:
    import pandas as pd

POLL = 0.02
"""Seconds between two looks at a server that starts."""
MODEL_POLL = 0.1
"""The same while it or its model loads: each look costs time that it needs for that."""
POLITE = 5.0
"""Seconds that a server has to end by itself, its last summary written."""
LOG_LINES = 12


def start_server(
    patients: "str | os.PathLike[str] | pd.DataFrame | None" = None,
    summaries: "str | os.PathLike[str] | None" = None,
    model: str | None = None,
    port: int | None = None,
    columns: Mapping[str, str] | None = None,
    *,
    models: Sequence[str] = (),
    cluster: str | None = None,
) -> "Server":
    """This kernel's server: the one that runs, restarted if the arguments changed, or a new one.

    What is left out comes from the environment (MCP_KERNEL_TOOLS_PATIENTS, ...), else it is the
    shipped table, the model `auto` and port 8765, or the next free one.

    Args:
        patients: The patient table, a file or a DataFrame. A change in a file, or in a DataFrame
            of up to 10,000 rows, is noticed; after one in a folder or a larger DataFrame call
            `restart()`.
        summaries: The CSV file that summaries are saved in.
        model: auto, embedded, ollama:NAME, openai:NAME@URL or replay:FILE.
        port: Where to listen on 127.0.0.1.
        columns: Which of the table's columns stands for which field: {"patient_id": "MRN"}.
        models: Further models; a cohort uses all of them, or those of the name that it is told.
        cluster: "local", or the address of a Dask scheduler: there cohorts run.

    Raises:
        ServerNotRunning: it ended while it started; the message holds its own last words.
        BadArgument: the patients are not there or of no kind that is taken, or there is no such
            port; a server that runs was not touched.
    """
    arguments = ServerArguments.of(
        patients=patients,
        summaries=summaries,
        model=model,
        port=port,
        columns=columns,
        environ=os.environ,
        models=models,
        cluster=cluster,
    )
    with _lock:
        return _serving(arguments, runtime_folder(os.environ))


def find_server(model: str | None = None) -> "Server | None":
    """A server to use as it is: this kernel's own, else one that was started by hand."""
    with _lock:
        if _own and _own.running:
            return _own
    for known in running_servers(runtime_folder(os.environ)):
        if known.parent_pid is None and model in (None, known.model):
            return Server.found(known)
    return None


class Server:
    """A server process, and what a client needs to reach it. Made by `start_server`."""

    def __init__(self, arguments: ServerArguments | None, folder: Path) -> None:
        self._arguments = arguments
        self._folder = folder
        self._teller = Teller()
        self._process: subprocess.Popen[bytes] | None = None
        self._known: RunningServer | None = None
        self._handed_over: Path | None = None
        self._ready = False
        self._starter = os.getpid()
        self._log_path = folder / f"log-{self._starter}.txt"

    @classmethod
    def found(cls, known: RunningServer) -> "Server":
        """A server that runs already and that nobody here may stop."""
        server = cls(None, Path())
        server._known, server._ready = known, True
        return server

    @property
    def url(self) -> str:
        return self._facts().url

    @property
    def token(self) -> str | None:
        return self._facts().token

    @property
    def pid(self) -> int:
        return self._facts().pid

    @property
    def log_path(self) -> Path | None:
        """The server's log; None for one that was started elsewhere."""
        return self._log_path if self._arguments else None

    @property
    def mine(self) -> bool:
        """Whether this process started it: a fork of this process did not."""
        return self._arguments is not None and self._starter == os.getpid()

    @property
    def running(self) -> bool:
        if self._process:
            return self._process.poll() is None
        return self._known is not None and process_exists(self._known.pid)

    def log(self, lines: int = LOG_LINES) -> str:
        """The last lines of the log; "" for a server that was started elsewhere."""
        if not self.log_path or not self.log_path.exists():
            return ""
        text = self.log_path.read_text(encoding="utf-8", errors="replace")
        return visible("\n".join(text.splitlines()[-lines:]))

    def stop(self) -> None:
        """End the server, and wait for its end; one that was started elsewhere keeps running."""
        if self._arguments is None:
            self._teller.say(f"The server at {self.url} was started elsewhere and keeps running.")
        elif self._process and self.mine:
            _end(self._process)
        self._discard()

    def restart(self) -> None:
        """End the server and start it again with the same arguments; clients connect anew.

        Raises:
            ServerNotRunning: it did not start.
            BadArgument: the patients are not there any more; it goes on with those it has read.
            KernelToolsError: it was started elsewhere.
        """
        if self._arguments is None:
            raise KernelToolsError(
                f"The server at {self.url} was started elsewhere.", next="Restart it there."
            )
        self.start(self._arguments.renewed(), anew=True)

    def start(self, arguments: ServerArguments, *, anew: bool = False) -> None:
        """Start it where it does not run or runs otherwise, and wait until it is ready."""
        arguments.refuse_missing()
        changes = self._arguments.changes(arguments) if self._arguments else []
        if self.running and (changes or anew):
            self._teller.say(f"The server restarts: {', '.join(changes) or 'as you asked'}.")
            self.stop()
        if self.running and self._ready:
            return
        if not self.running:
            self._spawn(arguments)
        self._wait_for_announcement()
        self._wait_for_model()

    def __repr__(self) -> str:
        if self._known is None:
            return "<Server, not running>"
        state = "running" if self.running else "not running"
        return f"<Server at {self._known.url}, PID {self._known.pid}, {state}>"

    def _spawn(self, arguments: ServerArguments) -> None:
        if self._process:
            _end(self._process)  # it did already, but our end of its pipe is open
        self._arguments, self._known, self._ready = arguments, None, False
        try:
            log = self._prepare_folder(arguments)
        except OSError as error:
            raise ServerNotRunning(
                f"The folder {self._folder} cannot be used ({error.strerror}).",
                next="Make it yours alone (chmod 700), or name one in MCP_KERNEL_TOOLS_RUNTIME.",
            ) from error
        flags = arguments.flags(self._handed_over or arguments.patients)
        with log:
            self._process = _popen([*flags, "--exit-with-stdin"], log)

    def _prepare_folder(self, arguments: ServerArguments) -> IO[bytes]:
        """The empty log, with the patients beside it where they are no file."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not is_private(self._folder):
            raise PermissionError(errno.EPERM, "others can write there too")
        _sweep(self._folder)
        if arguments.table is not None:
            self._handed_over = handover.write_private(arguments.table, self._folder)
        return _private_file(self._log_path)

    def _wait_for_announcement(self) -> None:
        assert self._process
        path = runtime_file(self._folder, self._process.pid)
        began = time.monotonic()
        while (known := RunningServer.read(path)) is None or not known.has_loaded():
            self._check()
            self._teller.wait("Starting the server", time.monotonic() - began)
            time.sleep(POLL if known is None else MODEL_POLL)
        self._known = known
        self._discard()
        self._say_logged("MCP server ready at")

    def _wait_for_model(self) -> None:
        began = time.monotonic()
        while (model := self._model())["state"] == "loading":
            self._check()
            self._teller.wait(f"Loading the model {model['name']}", time.monotonic() - began)
            time.sleep(MODEL_POLL)
        self._ready = True
        if model["state"] == "failed":
            self._say_logged(": failed ")
        else:
            self._teller.say(f"The model is ready ({time.monotonic() - began:.1f} s to load).")

    def _model(self) -> Mapping[str, str]:
        health = self._facts().health()
        return health["model"] if health else {"name": "", "state": "loading"}

    def _check(self) -> None:
        if self.running:
            return
        self._teller.clear()
        self._discard()
        code = self._process.poll() if self._process else None
        raise ServerNotRunning(
            f"The server ended while it started (exit code {code}):\n\n{self.log().strip()}\n\n",
            next=f"Mend what it says and start it again. Its whole log: {self.log_path}",
        )

    def _facts(self) -> RunningServer:
        if self._known is None:
            raise ServerNotRunning("The server does not run.", next="Call start_server() again.")
        return self._known

    def _discard(self) -> None:
        """Remove the patients that were handed over: the server has read them, or never will."""
        if self._handed_over:
            self._handed_over.unlink(missing_ok=True)
            self._handed_over = None

    def _say_logged(self, words: str) -> None:
        """Pass on the last line of the log with these words."""
        lines = [line for line in self.log(lines=100).splitlines() if words in line]
        if lines:
            self._teller.say(lines[-1])


_lock = threading.Lock()
_own: Server | None = None
"""This kernel's server. There is one: other arguments restart it, and its clients follow."""


def _serving(arguments: ServerArguments, folder: Path) -> Server:
    global _own  # noqa: PLW0603 - one server for the whole process is the point
    if _own is None or not _own.mine:
        _own = Server(arguments, folder)
    if not _own.running and (known := _by_hand(arguments, folder)):
        Teller().say(f"Using the server that runs already at {known.url} (PID {known.pid}).")
        return Server.found(known)
    _own.start(arguments)
    return _own


def _by_hand(arguments: ServerArguments, folder: Path) -> RunningServer | None:
    for known in running_servers(folder):
        if known.parent_pid is None and arguments.served_by(known):
            return known
    return None


def server_command() -> tuple[list[str], dict[str, str]]:
    """How `python -m server` is run from here, and in which environment.

    In a checkout the server is `server`, beside this package; in the wheel it is a part of it. The
    flag -P keeps the working directory out: a file server.py of the user's is not the server.
    """
    root = Path(__file__).resolve().parent.parent
    if not (root / "server" / "__main__.py").is_file():
        return [sys.executable, "-P", "-m", "mcp_kernel_tools._server"], dict(os.environ)
    path = os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))
    return [sys.executable, "-P", "-m", "server"], {**os.environ, "PYTHONPATH": path}


def _popen(flags: list[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    command, environment = server_command()
    if threading.current_thread() is threading.main_thread():
        # Linux ends the child with the *thread* that started it, so only this one may ask for it.
        flags = [*flags, "--parent-pid", str(os.getpid())]
    return subprocess.Popen(
        [*command, *flags],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin
    with suppress(OSError):
        process.stdin.close()
    for step in (process.terminate, process.kill):
        try:
            process.wait(POLITE)
        except subprocess.TimeoutExpired:
            step()
    process.wait()


def _sweep(folder: Path) -> None:
    """Remove what kernels that are gone have left: their logs, and patients they handed over."""
    for path in (*folder.glob("log-*.txt"), *folder.glob("patients-*.csv")):
        starter = path.stem.partition("-")[2]
        if starter.isdigit() and not process_exists(int(starter)):
            path.unlink(missing_ok=True)


def _private_file(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
