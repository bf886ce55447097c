"""A run that is cut at any moment, by whatever dies, leaves the saved summaries as they were."""

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

import psutil
import pytest

from mcp_kernel_tools import KernelToolsError, SummaryIncomplete, SyncClient
from tests.running import RunningServer, recording, running_server

pytestmark = pytest.mark.slow

STREAM = """
import sys
from mcp_kernel_tools import SyncClient
client = SyncClient(sys.argv[1], token=sys.argv[2])
for token in client.stream_summary(25):
    print(token, flush=True)
client.update_patient_summary(25, client.last_summary)
"""


@pytest.fixture
def cable() -> "Iterator[Cable]":
    with Cable() as cable:
        yield cable


@pytest.fixture
def server(tmp_path: Path, cable: "Cable") -> Iterator[RunningServer]:
    """A server that takes its time for a summary, and has one saved."""
    model = recording(tmp_path / "slow.jsonl", [f"word{n} " for n in range(500)], delay=0.02)
    flags = ("--model", model, "--allow-host", f"127.0.0.1:{cable.port}")
    with running_server(tmp_path, *flags) as running:
        with SyncClient(running.url, token=running.token) as client:
            client.update_patient_summary(25, "What was saved before.")
        yield running


def read_until(client: SyncClient, cut: Callable[[], None]) -> None:
    """Read a stream that is cut at its third token."""
    for number, _ in enumerate(client.stream_summary(25)):
        if number == 3:
            cut()


def test_the_server_is_killed(server: RunningServer) -> None:
    before = server.summaries.read_bytes()
    client = SyncClient(server.url, token=server.token)
    with client, pytest.raises(SummaryIncomplete) as caught:
        read_until(client, server.process.kill)
    assert caught.value.text.startswith("word0 word1")
    assert server.summaries.read_bytes() == before


def test_the_client_is_killed(server: RunningServer) -> None:
    before = server.summaries.read_bytes()
    command = [sys.executable, "-c", STREAM, server.url, str(server.token)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
    with SyncClient(server.url, token=server.token) as client:
        while client.server_status()["running"]:
            pass
    assert server.summaries.read_bytes() == before


def test_the_network_is_cut(server: RunningServer, cable: "Cable") -> None:
    before = server.summaries.read_bytes()
    url = cable.lead_to(server.url)
    with SyncClient(url, token=server.token) as client, pytest.raises(SummaryIncomplete):
        read_until(client, cable.cut)
    assert server.summaries.read_bytes() == before


@pytest.mark.model
def test_the_model_is_killed(tmp_path: Path) -> None:
    with (
        running_server(tmp_path, "--model", "embedded") as server,
        SyncClient(server.url, token=server.token) as client,
    ):
        client.update_patient_summary(25, "What was saved before.")
        before = server.summaries.read_bytes()
        (model,) = psutil.Process(server.process.pid).children()
        with pytest.raises(KernelToolsError) as caught:
            read_until(client, model.kill)
        assert "next request starts it again" in str(caught.value)
        assert server.summaries.read_bytes() == before
        assert client.generate_summary(25).text


class Cable:
    """A port that leads to a server until it is cut; then both ends are gone at once."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        self.ends: list[socket.socket] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.cut()
        self.listener.close()

    def lead_to(self, url: str) -> str:
        """Lead one connection to the server at `url`; the address at which it is then found."""
        far = int(url.split(":")[2].split("/", maxsplit=1)[0])
        threading.Thread(target=self._lead, args=(far,), daemon=True).start()
        return url.replace(f":{far}/", f":{self.port}/")

    def cut(self) -> None:
        for end in self.ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.ends.clear()

    def _lead(self, port: int) -> None:
        near, _ = self.listener.accept()
        far = socket.create_connection(("127.0.0.1", port))
        self.ends += [near, far]
        for source, target in ((near, far), (far, near)):
            threading.Thread(target=_pump, args=(source, target), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(4096):
            target.sendall(data)
