"""One server for all tests that only talk to it; a test that breaks one starts its own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection

from tests.running import RunningServer, recording, running_server, shake_hands

HERE = Path(__file__).parent
TOKENS = ["Janet", " Lee", " is", " well", ".", "\n"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The server takes a second to start: no test that needs it is a fast one."""
    for item in items:
        if item.path.parent == HERE and "server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("server")
    model = recording(folder / "model.jsonl", TOKENS)
    with running_server(folder, "--model", f"{model}?speed=max") as running:
        yield running


@pytest.fixture
async def connection(server: RunningServer) -> AsyncIterator[ClientConnection]:
    """An MCP session on the shared server."""
    async with server.connect() as connection:
        await shake_hands(connection)
        yield connection
