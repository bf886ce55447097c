"""The terminal: `python -m mcp_kernel_tools demo | chat | cohort | fetch-model`.

Each of the first three finds a server that runs, or starts one and ends it again.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mcp_kernel_tools.chat import Chat
from mcp_kernel_tools.cohort_command import run_cohort
from mcp_kernel_tools.demo import run_demo
from mcp_kernel_tools.errors import KernelToolsError
from mcp_kernel_tools.id_file import read_ids
from mcp_kernel_tools.launcher import Server, find_server, server_command, start_server
from mcp_kernel_tools.sync import SyncClient
from mcp_kernel_tools.teller import Teller

INTERRUPTED = 130
"""What a shell reports of a command that Ctrl-C ended: 128 + SIGINT."""

READER_LEFT = 141
"""The same of one that wrote where nobody reads any more: 128 + SIGPIPE."""

OWN_TABLE = (
    "A server that is started here reads your own patients from the file that the variable "
    "MCP_KERNEL_TOOLS_PATIENTS names, and saves in the one that MCP_KERNEL_TOOLS_SUMMARIES names."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    given = parser().parse_args(arguments)
    try:
        if given.command == "fetch-model":
            return _fetch_model()
        if given.command == "chat":
            return _chat(given)
        if given.command == "cohort":
            return _cohort(given)
        return _demo(given)
    except KernelToolsError as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of the output, such as `head`, has what it wanted
        _let_go_of_stdout()
        return READER_LEFT


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="python -m mcp_kernel_tools",
        description="Summaries of synthetic patient records by a local language model.",
        epilog=f"{OWN_TABLE} Nothing here is medical advice.",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo = commands.add_parser(
        "demo", help="stream one summary, save it, and show what it took", epilog=OWN_TABLE
    )
    demo.add_argument("--patient", default="25", metavar="ID", help="whose summary (25)")
    chat = commands.add_parser(
        "chat", help="search, pick, read, summarise and save, by hand", epilog=OWN_TABLE
    )
    for command in (demo, chat):
        command.add_argument("--model", help="auto, embedded, ollama:NAME, replay:FILE, ...")
        command.add_argument("--verbose", action="store_true", help="tell what crosses the wire")
    cohort = commands.add_parser(
        "cohort", help="summarise and save many patients, unattended", epilog=OWN_TABLE
    )
    cohort.add_argument("ids", nargs="*", metavar="ID", help="whose summaries (the whole table)")
    cohort.add_argument(
        "--patients-from",
        type=Path,
        metavar="FILE",
        help="a table with a column of their ids, or a file of ids",
    )
    cohort.add_argument(
        "--model", metavar="NAME", help="one of the server's models (all of them), or as for demo"
    )
    cohort.add_argument("--concurrency", type=int, metavar="N", help="at a time at each model")
    cohort.add_argument("--anew", action="store_true", help="also patients that are done already")
    commands.add_parser("fetch-model", help="put the embedded model's weights in place")
    return top


def _demo(given: argparse.Namespace) -> int:
    began = time.monotonic()
    with _serving(given.model) as (server, started):
        took = time.monotonic() - began if started else None
        with SyncClient(server, verbose=given.verbose) as client:
            run_demo(client, given.patient, start_seconds=took)
    return 0


def _chat(given: argparse.Namespace) -> int:
    with (
        _serving(given.model) as (server, _),
        SyncClient(server, verbose=given.verbose) as client,
    ):
        Chat(client).run()
    return 0


def _cohort(given: argparse.Namespace) -> int:
    ids = [*given.ids, *(read_ids(given.patients_from) if given.patients_from else ())]
    named = _has_model(given.model)
    with _serving(None if named else given.model) as (server, _), SyncClient(server) as client:
        well = run_cohort(
            client,
            ids,
            model=given.model if named else None,
            concurrency=given.concurrency,
            resume=not given.anew,
        )
    return 0 if well else 1


def _has_model(name: str | None) -> bool:
    """Whether a server that runs already lists a model of this name."""
    if name is None or (found := find_server()) is None:
        return False
    with SyncClient(found) as client:
        return any(model["name"] == name for model in client.server_status()["models"])


def _fetch_model() -> int:
    command, environment = server_command()
    return subprocess.run([*command, "fetch-model"], env=environment, check=False).returncode


def _let_go_of_stdout() -> None:
    """Else what is still to be written there is an error once more when Python ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


@contextmanager
def _serving(model: str | None) -> Iterator[tuple[Server, bool]]:
    """A server, and whether it was started here: then it ends here, too."""
    if found := find_server(model):
        Teller().say(f"Using the server that runs already at {found.url} (PID {found.pid}).")
        yield found, False
        return
    server = start_server(model=model)
    try:
        yield server, True
    finally:
        server.stop()
