"""A real server process for a test: `python -m server` on a free port, stopped at its end."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection

from mcp_kernel_tools import wire

READY_SECONDS = 60
ANSWER_SECONDS = 30


@dataclass
class RunningServer:
    """A server that has said that it is ready."""

    process: subprocess.Popen[str]
    ready_line: str
    facts: dict[str, Any]
    """What its runtime file says."""
    log_path: Path

    @property
    def url(self) -> str:
        return str(self.facts["url"])

    @property
    def http_url(self) -> str:
        return self.url.replace("ws://", "http://")

    @property
    def token(self) -> str | None:
        token: str | None = self.facts["token"]
        return token

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    @property
    def summaries(self) -> Path:
        return Path(self.facts["summaries"])

    def log(self) -> str:
        return self.log_path.read_text()

    def connect(self, **options: Any) -> "websockets.connect":
        """A plain WebSocket connection with the token."""
        given = {"additional_headers": self.headers, "compression": None, "max_size": None}
        return websockets.connect(self.url, proxy=None, **given | options)

    def stop(self) -> int:
        """Ask it to stop; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


def free_port() -> int:
    """A port that nobody listens on at the moment, for programs that have to be told one."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def running_server(
    folder: Path, *flags: str, environ: Mapping[str, str] | None = None
) -> Iterator[RunningServer]:
    """Start a server whose files lie in `folder`; `flags` come after the usual ones."""
    runtime, log_path = folder / "runtime", folder / "server.log"
    usual = ["--exit-with-stdin", "--port", "0"]  # so that none outlives a test run that was killed
    usual += ["--summaries", str(folder / "patient_summaries.csv")]
    with log_path.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "server", *usual, *flags],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=os.environ | {"MCP_KERNEL_TOOLS_RUNTIME": str(runtime)} | dict(environ or {}),
        )
    assert process.stdout is not None
    assert process.stdin is not None
    with process.stdin, process.stdout:
        ready_line = process.stdout.readline()
        if not ready_line:
            process.wait(READY_SECONDS)
            raise AssertionError(f"the server did not start: {log_path.read_text()}")
        facts = json.loads((runtime / f"server-{process.pid}.json").read_text())
        server = RunningServer(process, ready_line, facts, log_path)
        try:
            yield server
        finally:
            server.stop()


def recording(
    path: Path,
    tokens: Iterable[str],
    *,
    delay: float = 0.0,
    finish_reason: str | None = "stop",
    patient_id: str = "any",
) -> str:
    """Write a replay file that says `tokens` for every patient; the `--model` that plays it."""
    header = {"model": "scripted", "date": "2026-01-01", "command": "a test", "any": True}
    stream = {
        "patient_id": patient_id,
        "tokens": [[delay, token] for token in tokens],
        "finish_reason": finish_reason,
    }
    path.write_text(f"{json.dumps(header)}\n{json.dumps(stream)}\n")
    return f"replay:{path}"


async def ask(
    connection: ClientConnection, id: wire.RequestId, method: str, **params: Any
) -> tuple[wire.Frame, list[wire.Frame]]:
    """Send a request; its response, and the frames that came before it."""
    await connection.send(wire.encode(wire.request(id, method, params)))
    before: list[wire.Frame] = []
    async with asyncio.timeout(ANSWER_SECONDS):
        while True:
            frame = wire.decode(await connection.recv())
            if wire.is_response(frame) and frame["id"] == id:
                return frame, before
            before.append(frame)


async def shake_hands(connection: ClientConnection, version: str = "2025-11-25") -> wire.Frame:
    """Open an MCP session the short way; the server's answer to `initialize`."""
    client = {"name": "test", "version": "1"}
    answer, _ = await ask(
        connection,
        "hello",
        "initialize",
        protocolVersion=version,
        capabilities={},
        clientInfo=client,
    )
    return answer


async def call(
    connection: ClientConnection, id: wire.RequestId, tool: str, **arguments: Any
) -> tuple[dict[str, Any], list[wire.Frame]]:
    """Call a tool; its result, and the frames that came before it."""
    answer, before = await ask(connection, id, "tools/call", name=tool, arguments=arguments)
    return answer["result"], before
