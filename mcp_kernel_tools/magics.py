"""The magic `%mcp`: the whole path in one-line commands, for those who would rather not write code.

It parses and delegates; what it shows comes from the launcher and the client.
"""

import inspect
import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_magic, magics_class
from IPython.core.magic_arguments import MagicArgumentParser

from mcp_kernel_tools.errors import KernelToolsError, ServerNotRunning
from mcp_kernel_tools.launcher import Server, find_server, start_server
from mcp_kernel_tools.sync import SyncClient
from mcp_kernel_tools.teller import Teller

COMMANDS = ("help", "log", "save", "search", "start", "status", "stop", "summarize", "tools")
FLAGS = {
    "start": ["--model", "--patients", "--port", "--summaries"],
    "log": ["--server"],
}


@magics_class
class McpMagics(Magics):
    """The commands, and the client that they share."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._server: Server | None = None
        self._client: SyncClient | None = None
        self._teller = Teller()

    @line_magic
    def mcp(self, line: str) -> Any:
        """Patients and their summaries: `%mcp COMMAND`.

        %mcp start [--model M] [--patients F] [--summaries F] [--port P]
        %mcp status            the server, its model, and how much is saved
        %mcp stop              end the server, if this kernel started it
        %mcp tools             what the server offers
        %mcp search WORD ...   the patients whose record matches
        %mcp summarize ID      watch a summary grow
        %mcp save ID           save the summary that was written last
        %mcp log               every frame on the wire; with --server the server's own log

        `%mcp search` and `%mcp start` return what they found: `patients = %mcp search asthma`.
        """
        with _one_line_errors():
            words = shlex.split(line, posix=os.name == "posix")
            options = dict(vars(_parser().parse_args(words)))
            return getattr(self, options.pop("command"))(**options)

    def help(self) -> None:
        self._teller.say(inspect.getdoc(McpMagics.mcp) or "")

    def start(self, **arguments: Any) -> Server:
        self._server = start_server(**arguments)
        return self._server

    def status(self) -> None:
        client, server = self._connected()
        self._teller.say(f"{server.url} (PID {server.pid})")
        self._teller.say(client.call_tool("server_status")["content"][0]["text"])

    def stop(self) -> None:
        if server := self._server or find_server():
            server.stop()
        self._server = self._client = None

    def tools(self) -> Any:
        import pandas as pd  # noqa: PLC0415 - most commands do without it

        rows = [
            {
                "tool": tool["name"],
                "arguments": ", ".join(tool["inputSchema"].get("properties", {})),
                "description": tool.get("description", ""),
            }
            for tool in self._connected()[0].list_tools()
        ]
        return pd.DataFrame(rows).set_index("tool")

    def search(self, words: list[str]) -> Any:
        return self._connected()[0].search_patients(" ".join(words))

    def summarize(self, patient_id: str) -> None:
        try:
            for token in self._connected()[0].stream_summary(patient_id):
                self._teller.text(token)
        finally:
            self._teller.end()

    def save(self, patient_id: str) -> None:
        client, _ = self._connected()
        summary = client.last_summary
        if summary is None or summary.patient_id != patient_id:
            raise UsageError(
                f"The last summary is not one of patient {patient_id}: %mcp summarize {patient_id}"
            )
        client.update_patient_summary(patient_id, summary)
        self._teller.say(f"Saved the summary of {summary.name} (ID {patient_id}).")

    def log(self, *, server: bool) -> Any:
        client, its_server = self._connected()
        if not server:
            return client.wire_log.panel()
        self._teller.say(its_server.log(lines=100) or "Its log is where it was started.")
        return None

    def _connected(self) -> tuple[SyncClient, Server]:
        """The client of the server that runs; a new one when another server took its place."""
        server = self._server if self._server and self._server.running else find_server()
        if server is None:
            raise ServerNotRunning("No server runs.", next="Start one: %mcp start")
        if self._client is None or server is not self._server:
            self._client = SyncClient(server)
        self._server = server
        return self._client, server


def _parser() -> MagicArgumentParser:
    parser = MagicArgumentParser(prog="%mcp")  # type: ignore[no-untyped-call]
    parser.set_defaults(command="help")
    commands = parser.add_subparsers()
    added = {name: commands.add_parser(name) for name in COMMANDS}
    for name, command in added.items():
        command.set_defaults(command=name)
    for flag in FLAGS["start"]:
        added["start"].add_argument(flag, type=int if flag == "--port" else str)
    added["log"].add_argument("--server", action="store_true")
    added["search"].add_argument("words", nargs="+")
    added["summarize"].add_argument("patient_id")
    added["save"].add_argument("patient_id")
    return parser


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """A failure is one line below the cell, and the cell still counts as failed."""
    try:
        yield
    except (KernelToolsError, ValueError) as problem:  # ValueError: a quotation mark left open
        raise UsageError(f"{type(problem).__name__}: {problem}") from None


def complete(_: InteractiveShell, event: Any) -> list[str]:
    """What may follow `%mcp`: a command, or a flag of one."""
    before = event.line[: len(event.line) - len(event.symbol)].split()
    return FLAGS.get(before[1], []) if len(before) > 1 else list(COMMANDS)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """What `%load_ext mcp_kernel_tools` calls."""
    shell.register_magics(McpMagics(shell))
    for key in ("%mcp", "mcp"):
        shell.set_hook("complete_command", complete, str_key=key)  # type: ignore[no-untyped-call]
