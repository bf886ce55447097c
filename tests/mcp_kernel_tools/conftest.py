"""Two servers: one that a test plays itself, frame by frame, and the real one as a process."""

import atexit
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from mcp_kernel_tools import launcher, wire
from mcp_kernel_tools.launcher import Server
from mcp_kernel_tools.running import runtime_folder
from mcp_kernel_tools.server_arguments import ServerArguments

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The real server takes a second to start: no test that needs it is a fast one."""
    for item in items:
        needs = {"server", "own_server"}.intersection(getattr(item, "fixturenames", ()))
        if item.path.parent == HERE and needs:
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    """IPython, forgotten afterwards: what it tidies up at its exit takes a third of a second."""
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    yield shell
    atexit.unregister(shell.atexit_operations)
    InteractiveShell.clear_instance()


@pytest.fixture
def published(shell: InteractiveShell) -> list[dict[str, Any]]:
    """What cells display and update."""
    publisher = CapturingDisplayPublisher()  # type: ignore[no-untyped-call]
    shell.display_pub = publisher
    return publisher.outputs


class Peer:
    """The server's side of one connection."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket

    async def frame(self, method: str) -> wire.Frame:
        """The client's next frame, which is of this method."""
        frame = wire.decode(await self.socket.recv())
        assert frame.get("method") == method, frame
        return frame

    async def send(self, **frame: Any) -> None:
        await self.socket.send(wire.encode(frame))

    async def answer(self, request: wire.Frame, result: Any) -> None:
        await self.send(jsonrpc="2.0", id=request["id"], result=result)

    async def stream(self, request: wire.Frame, *tokens: str) -> None:
        position = 0
        for token in tokens:
            position += len(token)
            await self.send(type="stream_token", token=token, position=position, id=request["id"])

    async def finish(self, request: wire.Frame, summary: str) -> None:
        """Answer `generate_summary` with a complete summary."""
        content = {
            "patient_id": request["params"]["arguments"]["patient_id"],
            "name": "Janet Lee",
            "summary": summary,
            "model": "scripted",
            "finish_reason": "stop",
            "tokens": 3,
            "characters": len(summary),
            "first_token_seconds": 0.1,
            "seconds": 0.2,
            "generation_id": "g1",
        }
        await self.answer(request, {"content": [], "structuredContent": content})

    async def refuse(self, request: wire.Frame, kind: str, text: str, next: str) -> None:
        """Answer a tool call with an error."""
        error = {"error": {"kind": kind, "next": next}}
        content = [{"type": "text", "text": text}]
        await self.answer(
            request, {"isError": True, "content": content, "structuredContent": error}
        )

    async def shake_hands(self) -> None:
        await self.answer(await self.frame("initialize"), {"protocolVersion": "2025-11-25"})
        await self.frame("notifications/initialized")


Play = Callable[[Peer], Awaitable[None]]
Stage = Callable[..., Awaitable[str]]


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """`await stage(play)`: the address of a server that shakes hands, then does as `play` says."""
    failures: list[BaseException] = []

    async def start(play: Play, *, handshake: bool = True) -> str:
        async def handle(socket: ServerConnection) -> None:
            peer = Peer(socket)
            with suppress(ConnectionClosed):
                try:
                    if handshake:
                        await peer.shake_hands()
                    await play(peer)
                    await socket.wait_closed()
                except (AssertionError, KeyError) as failure:
                    failures.append(failure)
                    await socket.close()

        server = await servers.enter_async_context(serve(handle, "127.0.0.1", 0, compression=None))
        return f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp"

    async with AsyncExitStack() as servers:
        yield start
    assert not failures, failures


WORDS = ["Janet", "Lee", "has", "numb", "limbs,", "swollen", "legs", "and", "joint", "pain."]
RECORDING = [
    {"model": "recorded", "date": "2026-11-22", "command": "written by hand", "any": False},
    {  # complete
        "patient_id": "25",
        "tokens": [[0, word if at == 0 else f" {word}"] for at, word in enumerate(WORDS)],
        "finish_reason": "stop",
    },
    {  # much longer than a test: somebody has to stop it
        "patient_id": "26",
        "tokens": [[0.01, "Endless "]] * 10_000,
        "finish_reason": "stop",
    },
    {  # cut
        "patient_id": "27",
        "tokens": [[0, "It breaks"], [0, " off"]],
        "finish_reason": None,
    },
    {  # text that would act
        "patient_id": "28",
        "tokens": [[0, "\x1b[31mred"], [0, " <img onerror=x>"], [0, " =1+1"], [0, " 🩺 \u202e"]],
        "finish_reason": "length",
    },
]


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the model says: patient 25 complete, 26 endless, 27 cut, 28 hostile."""
    path = tmp_path_factory.mktemp("recording") / "recording.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in RECORDING), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def server(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The real server with a replayed model, for all tests; each takes patients of its own."""
    folder = tmp_path_factory.mktemp("server")
    arguments = ServerArguments.of(
        patients=None,
        summaries=folder / "patient_summaries.csv",
        model=f"replay:{recording}",
        port=0,
        columns=None,
        environ={},
    )
    server = Server(arguments, runtime_folder(os.environ))
    server.start(arguments)
    yield server
    server.stop()


@pytest.fixture
def own_server(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server as the one that this kernel has started."""
    monkeypatch.setattr(launcher, "_own", server)
    return server
