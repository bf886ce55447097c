"""The application: MCP at /mcp over WebSocket and Streamable HTTP, and /health."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from mcp.server import Server
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute

from .access import Access, guard
from .errors import StoreFailed
from .mcp_server import create_server
from .settings import VERSION
from .tools import Services
from .websocket import endpoint
from .whole_requests import WholeRequests

PATH = "/mcp"

log = logging.getLogger(__name__)


def create_app(
    services: Services, *, port: int, token: str | None, server: Server[Any] | None = None
) -> Access:
    """The whole ASGI application, behind its access control.

    Args:
        services: What the tools work with.
        port: The port that it is served on: its hosts and origins follow from it.
        token: What clients must send; None: nothing.
        server: The MCP server; None: the one for `services`.
    """
    settings = services.settings
    server = server or create_server(services)
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        max_request_body_size=settings.max_frame,
        # Its patterns match by prefix; `Access` stands before it and compares whole values.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    app.router.routes += [
        WebSocketRoute(PATH, endpoint(server)),
        Route("/health", health(services)),
    ]
    app.router.lifespan_context = _lifespan(app, services)
    return guard(WholeRequests(app, settings.max_frame), settings, port=port, token=token)


def health(services: Services) -> Any:
    """The endpoint that says that the server runs; nothing about patients."""

    async def endpoint(request: Request) -> JSONResponse:
        readiness = services.readiness
        model = {"name": readiness.model.name, "state": readiness.state}
        return JSONResponse({"status": "ok", "version": VERSION, "model": model})

    return endpoint


def _lifespan(app: Starlette, services: Services) -> Any:
    """The SDK's own lifespan (its HTTP sessions) inside ours (the models and the summaries)."""
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(starting: Starlette) -> AsyncIterator[None]:
        async with running(services), inner(starting):
            yield

    return lifespan


@asynccontextmanager
async def running(services: Services) -> AsyncIterator[None]:
    """While it is entered the models load and answer; on the way out everything is closed."""
    endpoints = {id(one): one for one in (*services.endpoints, *services.cohort.endpoints)}
    loading = asyncio.gather(*(one.readiness.load() for one in endpoints.values()))
    try:
        yield
    finally:
        loading.cancel()
        with suppress(asyncio.CancelledError):
            await loading
        for endpoint in endpoints.values():
            await endpoint.readiness.model.aclose()
        try:
            services.store.close()
        except StoreFailed as failure:  # the history has what the file lacks
            log.error("the summaries: %s", failure)  # noqa: TRY400 - it is told, not traced
