"""The terminal: `python -m mcp_kernel_tools demo | chat | fetch-model`.

Each of the first two finds a server that runs, or starts one and ends it again.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from mcp_kernel_tools.chat import Chat
from mcp_kernel_tools.demo import run_demo
from mcp_kernel_tools.errors import KernelToolsError
from mcp_kernel_tools.launcher import Server, find_server, server_command, start_server
from mcp_kernel_tools.sync import SyncClient
from mcp_kernel_tools.teller import Teller

INTERRUPTED = 130
"""What a shell reports of a command that Ctrl-C ended: 128 + SIGINT."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    given = parser().parse_args(arguments)
    try:
        if given.command == "fetch-model":
            return _fetch_model()
        if given.command == "chat":
            return _chat(given)
        return _demo(given)
    except KernelToolsError as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return INTERRUPTED


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="python -m mcp_kernel_tools",
        description="Summaries of synthetic patient records by a local language model.",
        epilog="Nothing here is medical advice.",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo = commands.add_parser("demo", help="stream one summary, save it, and show what it took")
    demo.add_argument("--patient", default="25", metavar="ID", help="whose summary (25)")
    chat = commands.add_parser("chat", help="search, pick, read, summarise and save, by hand")
    for command in (demo, chat):
        command.add_argument("--model", help="auto, embedded, ollama:NAME, replay:FILE, ...")
        command.add_argument("--verbose", action="store_true", help="tell what crosses the wire")
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


def _fetch_model() -> int:
    command, environment = server_command()
    return subprocess.run([*command, "fetch-model"], env=environment, check=False).returncode


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
