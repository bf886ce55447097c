"""Who gets in, case by case, on both kinds of request."""

import pytest
from starlette.types import Message, Receive, Scope, Send

from server.access import Access, own_hosts, own_origins

PORT = 8765
GOOD = {"host": "127.0.0.1:8765", "authorization": "Bearer secret"}


async def answer_200(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def access(token: str | None = "secret") -> Access:
    return Access(answer_200, token=token, hosts=own_hosts(PORT), origins=own_origins(PORT))


async def status(
    headers: dict[str, str] | list[tuple[str, str]],
    *,
    kind: str = "http",
    path: str = "/mcp",
    token: str | None = "secret",
) -> int:
    sent: list[Message] = []
    pairs = headers.items() if isinstance(headers, dict) else headers
    scope = {
        "type": kind,
        "path": path,
        "headers": [(name.encode(), value.encode()) for name, value in pairs],
        "extensions": {"websocket.http.response": {}},
    }

    async def receive() -> Message:
        return {"type": f"{kind}.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await access(token)(scope, receive, send)
    return int(sent[0]["status"])


CASES = {
    "no origin, good token": (GOOD, 200),
    "own origin": (GOOD | {"origin": "http://localhost:8765"}, 200),
    "another name of this machine": (GOOD | {"host": "[::1]:8765"}, 200),
    "host in capitals": (GOOD | {"host": "LOCALHOST:8765"}, 200),
    "no token": ({"host": "127.0.0.1:8765"}, 401),
    "one character of the token wrong": (GOOD | {"authorization": "Bearer secreT"}, 401),
    "the beginning of the token": (GOOD | {"authorization": "Bearer secre"}, 401),
    "empty token": (GOOD | {"authorization": "Bearer "}, 401),
    "another scheme": (GOOD | {"authorization": "Basic secret"}, 401),
    "token outside ASCII": (GOOD | {"authorization": "Bearer sécret"}, 401),
    "evil origin": (GOOD | {"origin": "https://evil.example"}, 403),
    "opaque origin": (GOOD | {"origin": "null"}, 403),
    "empty origin": (GOOD | {"origin": ""}, 403),
    "another port of this machine": (GOOD | {"origin": "http://127.0.0.1:8888"}, 403),
    "an origin that begins like ours": (GOOD | {"origin": "http://localhost:8765.evil"}, 403),
    "our origin over https": (GOOD | {"origin": "https://localhost:8765"}, 403),
    "a name that was rebound to us": (GOOD | {"host": "evil.example:8765"}, 421),
    "our name without the port": (GOOD | {"host": "127.0.0.1"}, 421),
    "a host that begins like ours": (GOOD | {"host": "127.0.0.1:87650"}, 421),
    "no host": ({"authorization": "Bearer secret"}, 421),
}


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(("headers", "expected"), CASES.values(), ids=CASES)
async def test_a_request_is_judged_by_host_then_origin_then_token(
    headers: dict[str, str], expected: int, kind: str
) -> None:
    assert await status(headers, kind=kind) == expected


@pytest.mark.parametrize("name", ["host", "authorization", "origin"])
async def test_a_header_that_comes_twice_counts_in_no_ones_favour(name: str) -> None:
    good = GOOD | {"origin": "http://localhost:8765"}
    pairs = [*good.items(), (name, "other")]
    assert await status(pairs) in {401, 403, 421}
    assert await status([(name, "other"), *good.items()]) in {401, 403, 421}


async def test_health_needs_no_token_but_a_host_of_ours() -> None:
    assert await status({"host": "127.0.0.1:8765"}, path="/health") == 200
    assert await status({"host": "evil.example"}, path="/health") == 421


async def test_without_a_token_host_and_origin_still_count() -> None:
    assert await status({"host": "127.0.0.1:8765"}, token=None) == 200
    assert await status({"host": "127.0.0.1:8765", "origin": "null"}, token=None) == 403
