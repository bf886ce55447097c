"""Who gets in: the same three checks before every HTTP request and every WebSocket upgrade.

Browsers do not hold back a page that opens ws://127.0.0.1, and a name that an attacker owns can be
made to point there. So a request must name one of our hosts (else 421), come from one of our
origins or from no page at all (else 403), and carry the token (else 401). All three compare whole
values: a prefix or a pattern would let `http://localhost:evil.example` in.
"""

import hmac
from collections.abc import Collection
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from .settings import Settings

OPEN_PATHS = frozenset({"/health"})
"""Served without a token: they say nothing about patients."""


def own_hosts(port: int) -> frozenset[str]:
    """The Host values of a server on this port, as its own clients send them."""
    return frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]"))


def own_origins(port: int) -> frozenset[str]:
    """The origins of pages that a server on this port would serve."""
    return frozenset(f"http://{host}" for host in own_hosts(port))


def guard(app: ASGIApp, settings: Settings, *, port: int, token: str | None) -> "Access":
    """`app` behind the access control of a server on this port."""
    return Access(
        app,
        token=token,
        hosts=own_hosts(port) | frozenset(settings.allow_host),
        origins=own_origins(port) | frozenset(settings.allow_origin),
    )


class Access:
    """ASGI middleware that refuses a request before the application sees it.

    Args:
        app: The application behind it.
        token: What `Authorization: Bearer` must carry; None: no token is asked for.
        hosts: Allowed values of Host, each `name:port`.
        origins: Allowed values of Origin.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        token: str | None,
        hosts: Collection[str],
        origins: Collection[str],
    ) -> None:
        self.app = app
        self.token = token.encode() if token is not None else None
        self.hosts = frozenset(host.lower() for host in hosts)
        self.origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or (refusal := self.refusal(scope)) is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(refusal)
        else:
            await refusal(scope, receive, send)

    def refusal(self, scope: Scope) -> PlainTextResponse | None:
        """The response to a request that may not pass; None for one that may."""
        headers = Headers(scope=scope)
        if not self._knows_host(headers):
            return _refuse(HTTPStatus.MISDIRECTED_REQUEST, "This server has another name.")
        if not self._knows_origin(headers):
            return _refuse(HTTPStatus.FORBIDDEN, "Pages of this origin have no access.")
        if scope["path"] not in OPEN_PATHS and not self._knows_token(headers):
            return _refuse(HTTPStatus.UNAUTHORIZED, "Send the token: Authorization: Bearer TOKEN.")
        return None

    def _knows_host(self, headers: Headers) -> bool:
        # More than one Host is a request that two readers could understand differently.
        return len(given := headers.getlist("host")) == 1 and given[0].lower() in self.hosts

    def _knows_origin(self, headers: Headers) -> bool:
        return all(origin in self.origins for origin in headers.getlist("origin"))

    def _knows_token(self, headers: Headers) -> bool:
        if self.token is None:
            return True
        given = headers.getlist("authorization")
        if len(given) != 1 or given[0][:7].lower() != "bearer ":
            return False
        return hmac.compare_digest(given[0][7:].encode("latin-1"), self.token)


def _refuse(status: HTTPStatus, why: str) -> PlainTextResponse:
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    return PlainTextResponse(f"{why}\n", status, headers)
