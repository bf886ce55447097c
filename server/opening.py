"""The server from its first moment: /health answers at once, all else waits until it has loaded.

Loading takes a second or two (pandas, the MCP SDK, the patients). Whoever starts a server sees at
once that it runs, and a client that comes early is served late instead of refused.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .settings import VERSION

STARTING = {"status": "ok", "version": VERSION, "model": {"name": "", "state": "loading"}}
"""What /health says meanwhile: which model it will be is not known yet."""


class Opening:
    """An ASGI application that loads another one, and is that one from then on.

    Args:
        load: Makes the application.
    """

    def __init__(self, load: Callable[[], Awaitable[ASGIApp]]) -> None:
        self._load = load
        self._app: asyncio.Future[ASGIApp] = asyncio.get_running_loop().create_future()
        self._closing = asyncio.Event()
        self._loading: asyncio.Task[None] | None = None
        self._failed: Callable[[], None] = lambda: None

    def on_failure(self, act: Callable[[], None]) -> None:
        """Call `act` when the application cannot be loaded."""
        self._failed = act

    def raise_failure(self) -> None:
        """Raise what kept the application from loading, if anything did."""
        if self._loading and self._loading.done() and not self._loading.cancelled():
            self._loading.result()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["path"] == "/health" and not self._app.done():
            await JSONResponse(STARTING)(scope, receive, send)
        else:
            app = await asyncio.shield(self._app)
            await app(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self._loading = asyncio.create_task(self._run())
        self._loading.add_done_callback(lambda _: self._failed())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._closing.set()
        if not self._app.done():
            self._loading.cancel()
        await asyncio.wait([self._loading])
        await send({"type": "lifespan.shutdown.complete"})

    async def _run(self) -> None:
        app = await self._load()
        async with _alive(app):
            self._app.set_result(app)
            await self._closing.wait()


@asynccontextmanager
async def _alive(app: ASGIApp) -> AsyncIterator[None]:
    """The application's own lifespan, as a server plays it (ASGI's lifespan protocol)."""
    told: asyncio.Queue[Message] = asyncio.Queue()
    said: asyncio.Queue[Message] = asyncio.Queue()
    living = asyncio.ensure_future(app({"type": "lifespan", "state": {}}, told.get, said.put))
    told.put_nowait({"type": "lifespan.startup"})
    if (await said.get())["type"] == "lifespan.startup.failed":
        await living
    try:
        yield
    finally:
        told.put_nowait({"type": "lifespan.shutdown"})
        await living
