"""The server that is attacked, and what its log may not hold afterwards."""

import re
from collections.abc import Iterator

import pytest

from tests.running import RunningServer, recording, running_server

TOKENS = ["Janet", " Lee", " is", " well", "."]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """With the limits that it ships with, but for a small frame and a short patience."""
    folder = tmp_path_factory.mktemp("attacked")
    model = recording(folder / "model.jsonl", TOKENS)
    environ = {
        "MCP_KERNEL_TOOLS_MAX_FRAME": str(2**20),
        "MCP_KERNEL_TOOLS_HANDSHAKE_SECONDS": "2",
    }
    with running_server(folder, "--model", f"{model}?speed=max", environ=environ) as running:
        yield running


@pytest.fixture
def unharmed(server: RunningServer) -> Iterator[RunningServer]:
    """The server, which afterwards must run, and must have logged no error and no secret."""
    yield server
    assert server.process.poll() is None
    assert complaints(server.log()) == []
    assert str(server.token) not in server.log()


def complaints(log: str) -> list[str]:
    """The records of a log that tell of an error which nobody handled."""
    signs = ("Exception", "Traceback", "Fatal error", "never retrieved", "crashed", " failed:")
    records = re.split(r"^(?=\d\d:\d\d:\d\d )", log, flags=re.MULTILINE)
    return [record for record in records if any(sign in record for sign in signs)]
