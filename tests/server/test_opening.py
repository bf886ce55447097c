"""A server that still loads: it says that it runs, and serves who came early when it can."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message

from server.opening import Opening

PATHS = ("/health", "/mcp")


class Life:
    """Plays uvicorn's part: the application starts, and is asked to end."""

    def __init__(self, opening: Opening) -> None:
        self.opening = opening
        self.said: asyncio.Queue[Message] = asyncio.Queue()
        self.asked: asyncio.Queue[Message] = asyncio.Queue()

    async def __aenter__(self) -> httpx.AsyncClient:
        scope: dict[str, Any] = {"type": "lifespan"}
        self.living = asyncio.create_task(self.opening(scope, self.asked.get, self.said.put))
        self.asked.put_nowait({"type": "lifespan.startup"})
        assert (await self.said.get())["type"] == "lifespan.startup.complete"
        transport = httpx.ASGITransport(self.opening)
        return httpx.AsyncClient(transport=transport, base_url="http://server")

    async def __aexit__(self, *_: object) -> None:
        self.asked.put_nowait({"type": "lifespan.shutdown"})
        assert (await self.said.get())["type"] == "lifespan.shutdown.complete"
        await self.living


class Loading:
    """Loads when it is told to, or fails."""

    def __init__(self) -> None:
        self.may_end = asyncio.Event()
        self.closed = False
        self.problem: Exception | None = None

    async def load(self) -> ASGIApp:
        await self.may_end.wait()
        if self.problem:
            raise self.problem
        return Starlette(
            routes=[Route(path, lambda _: PlainTextResponse("loaded")) for path in PATHS],
            lifespan=self.lifespan,
        )

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        yield
        self.closed = True


async def test_health_is_answered_while_the_rest_loads() -> None:
    async with Life(Opening(Loading().load)) as client:
        said = (await client.get("/health")).json()
        assert said["status"] == "ok"
        assert said["model"] == {"name": "", "state": "loading"}


async def test_a_request_that_comes_early_is_served_when_all_is_loaded() -> None:
    loading = Loading()
    async with Life(Opening(loading.load)) as client:
        early = asyncio.create_task(client.post("/mcp"))
        early_health = await client.get("/health")
        loading.may_end.set()
        assert early_health.json()["status"] == "ok"
        assert (await early).status_code == 405  # by the loaded application: it takes GET alone
        assert (await client.get("/health")).text == "loaded"
    assert loading.closed


async def test_what_keeps_it_from_loading_is_told_and_raised() -> None:
    loading, told = Loading(), asyncio.Event()
    opening = Opening(loading.load)
    opening.on_failure(told.set)
    async with Life(opening):
        loading.problem = OSError("no patients")
        loading.may_end.set()
        await told.wait()
    with pytest.raises(OSError, match="no patients"):
        opening.raise_failure()


async def test_it_can_end_before_it_has_loaded() -> None:
    loading = Loading()
    opening = Opening(loading.load)
    async with Life(opening):
        pass
    opening.raise_failure()
    assert not loading.closed
