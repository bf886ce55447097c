"""What a web page, another program of this machine or a broken client may try, and what it meets.

Each row is one attempt against a real server, by raw bytes, with the status, the close code or the
error that it must meet. After each the server runs, and its log holds no error and no token.
"""

import gzip
import json
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx
import pytest

from mcp_kernel_tools import wire
from tests.running import RunningServer, ask, call, shake_hands
from tests.security.raw import (
    BINARY,
    CLOSE,
    CONTINUED,
    PING,
    PONG,
    TEXT,
    UPGRADE,
    dialled,
    everything,
    frame,
    port_of,
    raw_websocket,
    request,
    said,
    upgrade,
    upgrade_status,
)
from tests.tables import Table, printed

pytestmark = pytest.mark.slow

Attempt = Callable[[RunningServer], object]
Headers = Mapping[str, str | None]

NO_TOKEN: Headers = {"Authorization": None}
INITIALIZE = wire.encode(
    wire.request(
        1,
        "initialize",
        {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    )
)


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    with printed("Attacks", "attempt", "what it meets") as table:
        yield table


@pytest.fixture(scope="module", autouse=True)
def totals(table: Table) -> Iterator[None]:
    yield
    table.add(f"{len(table.rows)} attempts", "")


# By which door: the same checks before a WebSocket upgrade and before an HTTP request


def both(headers: Headers | None = None, *, more: str = "", target: str = "/mcp") -> Attempt:
    """The statuses of an upgrade and of a POST."""

    def attempt(server: RunningServer) -> object:
        given = {
            name: value and value.format(port=port_of(server), token=server.token)
            for name, value in (headers or {}).items()
        }
        extra = more.format(port=port_of(server), token=server.token)
        where = target.format(port=port_of(server), token=server.token)
        web = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        posted = request(
            server, where, method="POST", headers={**web, **given}, more=extra, body=INITIALIZE
        )
        opened = upgrade_status(server, upgrade(server, where, headers=given, more=extra))
        return opened, said(server, posted).status

    return attempt


def origin(value: str) -> Attempt:
    return both({"Origin": value})


def host(value: str | None) -> Attempt:
    return both({"Host": value})


def token(value: str) -> Attempt:
    return both({"Authorization": value})


IN, MISDIRECTED, FORBIDDEN, UNAUTHORIZED, BAD = (
    (101, 200),
    (421, 421),
    (403, 403),
    (401, 401),
    (400, 400),
)

DOORS: dict[str, tuple[Attempt, object]] = {
    # Without these rows the others would prove nothing.
    "no Origin, good token": (both(), IN),
    "own Origin, good token": (origin("http://127.0.0.1:{port}"), IN),
    "own Origin, IPv6": (origin("http://[::1]:{port}"), IN),
    # A page in the user's browser.
    "Origin https://evil.example": (origin("https://evil.example"), FORBIDDEN),
    "Origin null (a file, a sandboxed frame)": (origin("null"), FORBIDDEN),
    "Origin of another port": (origin("http://127.0.0.1:8888"), FORBIDDEN),
    "Origin without the port": (origin("http://127.0.0.1"), FORBIDDEN),
    "Origin with https": (origin("https://127.0.0.1:{port}"), FORBIDDEN),
    "Origin in capitals": (origin("HTTP://LOCALHOST:{port}"), FORBIDDEN),
    "Origin with a trailing dot": (origin("http://localhost.:{port}"), FORBIDDEN),
    "Origin with a trailing slash": (origin("http://localhost:{port}/"), FORBIDDEN),
    "Origin that ours begins": (origin("http://localhost:{port}.evil.example"), FORBIDDEN),
    "Origin localhost:evil.example": (origin("http://localhost:evil.example"), FORBIDDEN),
    "Origin with our name as user": (origin("http://localhost:{port}@evil.example"), FORBIDDEN),
    "Origin IPv6, long form": (origin("http://[0:0:0:0:0:0:0:1]:{port}"), FORBIDDEN),
    "Origin IPv6, mapped": (origin("http://[::ffff:127.0.0.1]:{port}"), FORBIDDEN),
    "Origin as a number": (origin("http://2130706433:{port}"), FORBIDDEN),
    "Origin empty": (origin(""), FORBIDDEN),
    "Origin list, ours first": (origin("http://localhost:{port}, https://evil.example"), FORBIDDEN),
    "Origin list by blanks": (origin("http://localhost:{port} https://evil.example"), FORBIDDEN),
    "Origin twice, evil last": (
        both({"Origin": "http://localhost:{port}"}, more="Origin: https://evil.example\r\n"),
        (400, 403),
    ),
    "Origin twice, evil first": (
        both({"Origin": "https://evil.example"}, more="Origin: http://localhost:{port}\r\n"),
        (400, 403),
    ),
    "Origin vscode-webview://x": (origin("vscode-webview://x"), FORBIDDEN),
    "evil Origin without a token": (
        both({"Origin": "https://evil.example", **NO_TOKEN}),
        FORBIDDEN,
    ),
    # A name of the attacker's that was made to point here (DNS rebinding).
    "Host evil.example": (host("evil.example:{port}"), MISDIRECTED),
    "Host evil.example, own Origin": (
        both({"Host": "evil.example:{port}", "Origin": "http://localhost:{port}"}),
        MISDIRECTED,
    ),
    "Host that ours begins": (host("localhost:{port}.evil.example"), MISDIRECTED),
    "Host with a user": (host("evil@localhost:{port}"), MISDIRECTED),
    "Host with a trailing dot": (host("localhost.:{port}"), MISDIRECTED),
    "Host of another port": (host("localhost:1"), MISDIRECTED),
    "Host without a port": (host("localhost"), MISDIRECTED),
    "Host 0.0.0.0": (host("0.0.0.0:{port}"), MISDIRECTED),
    "Host as a number": (host("2130706433:{port}"), MISDIRECTED),
    "Host IPv6, long form": (host("[0:0:0:0:0:0:0:1]:{port}"), MISDIRECTED),
    "Host empty": (host(""), MISDIRECTED),
    "no Host": (host(None), BAD),
    "Host twice, evil last": (both(more="Host: evil.example\r\n"), BAD),
    "Host twice, the same": (both(more="Host: localhost:{port}\r\n"), BAD),
    "X-Forwarded-Host and Forwarded with ours": (
        both(
            {
                "Host": "evil.example",
                "X-Forwarded-Host": "localhost:{port}",
                "Forwarded": "host=localhost:{port}",
            }
        ),
        MISDIRECTED,
    ),
    # Another user, or another program, of this machine.
    "no Origin, no token": (both(NO_TOKEN), UNAUTHORIZED),
    "one character of the token off": (token("Bearer {token}x"), UNAUTHORIZED),
    "empty token": (token("Bearer "), UNAUTHORIZED),
    "the word None": (token("Bearer None"), UNAUTHORIZED),
    "the token as Basic": (token("Basic {token}"), UNAUTHORIZED),
    "the token without a scheme": (token("{token}"), UNAUTHORIZED),
    "two blanks before the token": (token("Bearer  {token}"), UNAUTHORIZED),
    "two tokens in one header": (token("Bearer wrong, Bearer {token}"), UNAUTHORIZED),
    "a wrong and the right Authorization": (
        both({"Authorization": "Bearer wrong"}, more="Authorization: Bearer {token}\r\n"),
        UNAUTHORIZED,
    ),
    "bytes beyond ASCII as the token": (token("Bearer \xff\xfe"), UNAUTHORIZED),
    "Proxy-Authorization": (
        both({**NO_TOKEN, "Proxy-Authorization": "Bearer {token}"}),
        UNAUTHORIZED,
    ),
    "the token as a cookie": (both({**NO_TOKEN, "Cookie": "token={token}"}), UNAUTHORIZED),
    "the token in the address": (both(NO_TOKEN, target="/mcp?token={token}"), UNAUTHORIZED),
    "the token as a subprotocol": (
        both({**NO_TOKEN, "Sec-WebSocket-Protocol": "mcp, bearer, {token}"}),
        UNAUTHORIZED,
    ),
    "/health/../mcp": (both(NO_TOKEN, target="/health/../mcp"), UNAUTHORIZED),
    "/health%2f..%2fmcp": (both(NO_TOKEN, target="/health%2f..%2fmcp"), UNAUTHORIZED),
    "/health;/mcp": (both(NO_TOKEN, target="/health;/mcp"), UNAUTHORIZED),
    "/health/": (both(NO_TOKEN, target="/health/"), UNAUTHORIZED),
    "//mcp": (both(NO_TOKEN, target="//mcp"), UNAUTHORIZED),
    "/%6dcp": (both(NO_TOKEN, target="/%6dcp"), UNAUTHORIZED),
    "/mcp%00": (both(NO_TOKEN, target="/mcp%00"), UNAUTHORIZED),
    "/mcp/../../etc/passwd, good token": (both(target="/mcp/../../etc/passwd"), (403, 404)),
    "a whole address of ours as the target": (
        both(NO_TOKEN, target="http://127.0.0.1:{port}/mcp"),
        UNAUTHORIZED,
    ),
    "a whole address of another host, good token": (
        both(target="http://evil.example/mcp"),
        (403, 404),
    ),
    "/health by WebSocket": (both(NO_TOKEN, target="/health"), (403, 405)),
}


@pytest.mark.parametrize("what", DOORS)
def test_who_may_not_come_in_does_not(unharmed: RunningServer, table: Table, what: str) -> None:
    attempt, expected = DOORS[what]
    assert attempt(unharmed) == expected
    assert isinstance(expected, tuple)
    opened, posted = expected
    table.add(what, opened if opened == posted else f"{opened} upgrade, {posted} POST")


# HTTP that two readers could understand differently, and other methods


def http(
    target: str = "/mcp", *, method: str = "GET", more: str = "", after: bytes = b"", **headers: str
) -> Attempt:
    """The statuses of a request without a token, and of what follows it on the connection."""

    def attempt(server: RunningServer) -> object:
        given: dict[str, str | None] = {**NO_TOKEN, "Connection": "keep-alive"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        with dialled(server) as line:
            line.sendall(request(server, target, method=method, headers=given, more=more) + after)
            return everything(line, patience=0.3).statuses

    return attempt


SMUGGLED = b"0\r\n\r\nGET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n"
STRANGE: dict[str, tuple[Attempt, object]] = {
    "Content-Length and Transfer-Encoding: a request inside another": (
        http(
            method="POST",
            after=SMUGGLED,
            Content_Length="4",
            Transfer_Encoding="chunked",
        ),
        [401, 421],
    ),
    "two lengths": (http(method="POST", more="Content-Length: 5\r\nContent-Length: 6\r\n"), [400]),
    "a length below zero": (http(method="POST", Content_Length="-1"), [400]),
    "a length in Arabic digits": (http(method="POST", Content_Length="\xd9\xa1"), [400]),
    "an unknown Transfer-Encoding": (http(method="POST", Transfer_Encoding="xchunked"), [400]),
    "a blank before the colon": (http(more="Origin : https://evil.example\r\n"), [400]),
    "a zero byte in a header": (http(more="X: \0\r\n"), [400]),
    "a lone carriage return in a header": (http(more="X: a\rOrigin: b\r\n"), [400]),
    "a chunk that is none": (
        http(method="POST", Transfer_Encoding="chunked", after=b"zz\r\nhello\r\n"),
        [400],
    ),
    "a second request behind a refused one": (
        http(after=b"GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
        [401, 421],
    ),
    "300 kB of headers": (http(more="X: " + "x" * 300_000 + "\r\n"), [400]),
    "50,000 headers": (http(more="X: 1\r\n" * 50_000), [400]),
    "TLS spoken to a plain port": (
        lambda server: said(server, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 9).statuses,
        [400],
    ),
    "HTTP/2 without asking": (
        lambda server: said(server, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").status,
        421,
    ),
    "HTTP/0.9": (lambda server: said(server, b"GET /health\r\n\r\n").statuses, [400]),
    "HTTP/1.0 without Host": (
        lambda server: (
            said(server, request(server, "/health", headers={"Host": None}, version="1.0")).statuses
        ),
        [421],
    ),
    "Upgrade: h2c": (http(more="Upgrade: h2c\r\n", Connection="Upgrade"), [401]),
    "CONNECT": (http("evil.example:443", method="CONNECT"), [401]),
    "TRACE": (http(method="TRACE"), [401]),
    "PUT": (http(method="PUT"), [401]),
    "DELETE without a token": (http(method="DELETE", Mcp_Session_Id="guess"), [401]),
    "OPTIONS *": (http("*", method="OPTIONS"), [401]),
    "POST /health": (http("/health", method="POST"), [405]),
    "a handshake of WebSocket version 8": (
        lambda server: upgrade_status(
            server, upgrade(server, headers={"Sec-WebSocket-Version": "8"})
        ),
        400,
    ),
    "a handshake without a key": (
        lambda server: upgrade_status(server, upgrade(server, headers={"Sec-WebSocket-Key": None})),
        400,
    ),
    "a handshake with two keys": (
        lambda server: upgrade_status(
            server, upgrade(server, more="Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n")
        ),
        400,
    ),
    "a handshake by POST": (
        lambda server: upgrade_status(server, request(server, method="POST", headers=UPGRADE)),
        405,
    ),
    "a handshake with 200 headers": (
        lambda server: upgrade_status(server, upgrade(server, more="X: 1\r\n" * 200)),
        400,
    ),
    "a handshake with a path of 9,000": (
        lambda server: upgrade_status(server, upgrade(server, "/mcp?" + "x" * 9000)),
        400,
    ),
}


@pytest.mark.parametrize("what", STRANGE)
def test_http_that_can_be_read_in_two_ways_is_refused(
    unharmed: RunningServer, table: Table, what: str
) -> None:
    attempt, expected = STRANGE[what]
    assert attempt(unharmed) == expected
    statuses = expected if isinstance(expected, list) else [expected]
    table.add(what, ", ".join(map(str, statuses)))


def test_a_preflight_is_told_nothing(unharmed: RunningServer, table: Table) -> None:
    headers: dict[str, str | None] = {
        **NO_TOKEN,
        "Origin": "https://evil.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    reply = said(unharmed, request(unharmed, method="OPTIONS", headers=headers))
    assert reply.status == 403
    own = headers | {"Origin": f"http://localhost:{port_of(unharmed)}"}
    allowed = said(unharmed, request(unharmed, method="OPTIONS", headers=own))
    assert allowed.status == 401
    for answer in (reply, allowed):
        assert "access-control" not in answer.text.lower()
    table.add("a preflight from an evil page", "403, no Access-Control-Allow-*")


def test_a_refusal_says_nothing_of_the_server(unharmed: RunningServer, table: Table) -> None:
    for reply in (
        said(unharmed, request(unharmed, headers=NO_TOKEN)),
        said(unharmed, request(unharmed, "/secret", headers=NO_TOKEN)),
    ):
        assert reply.status == 401
        for told in ("uvicorn", "python", "starlette", "secret", str(unharmed.token)):
            assert told not in reply.text.lower()
    table.add("what a refusal tells", "no name, no version, no path")


# Sessions over HTTP


def test_a_session_is_no_key(unharmed: RunningServer, table: Table) -> None:
    url = unharmed.http_url
    accept = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    with httpx.Client(trust_env=False, headers=accept) as web:
        opened = web.post(url, content=INITIALIZE, headers=unharmed.headers)
        session = {"Mcp-Session-Id": opened.headers["mcp-session-id"]}
        listing = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
        wrong = {"Authorization": "Bearer wrong"}
        cases = {
            "another's session id, no token": (web.post(url, json=listing, headers=session), 401),
            "another's session id, wrong token": (
                web.post(url, json=listing, headers=session | wrong),
                401,
            ),
            "another's session listened to, no token": (web.get(url, headers=session), 401),
            "another's session deleted, no token": (web.delete(url, headers=session), 401),
            "a session id that was guessed": (
                web.post(
                    url, json=listing, headers=unharmed.headers | {"Mcp-Session-Id": "0" * 32}
                ),
                404,
            ),
            "a session id of 10,000 characters": (
                web.post(
                    url, json=listing, headers=unharmed.headers | {"Mcp-Session-Id": "x" * 10_000}
                ),
                404,
            ),
            "our own session": (
                web.post(url, json=listing, headers=session | unharmed.headers),
                200,
            ),
            "our own session deleted": (web.delete(url, headers=session | unharmed.headers), 200),
            "a session that was deleted": (
                web.post(url, json=listing, headers=session | unharmed.headers),
                404,
            ),
        }
    for what, (answer, status) in cases.items():
        assert answer.status_code == status, what
        table.add(what, status)


# Frames


def parse_error(websocket: Any) -> object:
    return json.loads(websocket.receive()[1])["error"]["code"]


def code(websocket: Any) -> object:
    return websocket.close_code()


DEEP = "[" * 100_000
ping = wire.encode(wire.request(1, "ping"))
FRAMES: dict[str, tuple[list[bytes], Callable[[Any], object], object]] = {
    "text that is no UTF-8": ([frame(TEXT, b'{"a": "\xff"}')], code, 1007),
    "a fragment that is no UTF-8": (
        [frame(TEXT, b"\xe2\x82", fin=False), frame(CONTINUED, b"x")],
        code,
        1007,
    ),
    "a surrogate in UTF-8": ([frame(TEXT, b"\xed\xa0\x80")], code, 1007),
    "a binary frame": ([frame(BINARY, ping.encode())], code, 1003),
    "a frame without a mask": ([frame(TEXT, ping.encode(), mask=False)], code, 1002),
    "a frame that says it is compressed": (
        [frame(TEXT, gzip.compress(ping.encode()), rsv=4)],
        code,
        1002,
    ),
    "an unknown kind of frame": ([frame(3, b"")], code, 1002),
    "a continuation of nothing": ([frame(CONTINUED, b"x")], code, 1002),
    "a new message inside another": (
        [frame(TEXT, b"x", fin=False), frame(TEXT, b"x")],
        code,
        1002,
    ),
    "a ping of 126 bytes": ([frame(PING, b"x" * 126)], code, 1002),
    "a ping in two parts": ([frame(PING, b"x", fin=False)], code, 1002),
    "a close code that nobody may send": ([frame(CLOSE, struct.pack("!H", 1005))], code, 1002),
    "a close frame of one byte": ([frame(CLOSE, b"x")], code, 1002),
    "a close reason that is no UTF-8": (
        [frame(CLOSE, struct.pack("!H", 1000) + b"\xff")],
        code,
        1007,
    ),
    "no JSON": ([frame(TEXT, b"hello")], parse_error, -32700),
    "an empty frame": ([frame(TEXT, b"")], parse_error, -32700),
    "a message in many fragments": (
        [
            frame(TEXT, b"h", fin=False),
            *[frame(CONTINUED, b"", fin=False)] * 1000,
            frame(CONTINUED, b""),
        ],
        parse_error,
        -32700,
    ),
    "100,000 open brackets": ([frame(TEXT, DEEP.encode())], parse_error, -32700),
    "100,000 open objects": ([frame(TEXT, b'{"a":' * 100_000)], parse_error, -32700),
    "a number of 5,000 digits as id": (
        [frame(TEXT, b'{"jsonrpc":"2.0","id":' + b"9" * 5000 + b',"method":"ping"}')],
        parse_error,
        -32600,
    ),
    "half a character as id": (
        [frame(TEXT, b'{"jsonrpc":"2.0","id":"\\ud800","method":"ping"}')],
        parse_error,
        -32600,
    ),
    "NaN as id": (
        [frame(TEXT, b'{"jsonrpc":"2.0","id":NaN,"method":"ping"}')],
        parse_error,
        -32600,
    ),
    "a batch": ([frame(TEXT, f"[{ping}]".encode())], parse_error, -32600),
    "a method of a million characters": (
        [frame(TEXT, wire.encode(wire.request(1, "m" * 1_000_000)).encode())],
        parse_error,
        -32601,
    ),
    "a method with line breaks": (
        [frame(TEXT, wire.encode(wire.request(1, "x\n12:00:00 forged")).encode())],
        parse_error,
        -32601,
    ),
    "parameters that are none": (
        [frame(TEXT, b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":5}}')],
        parse_error,
        -32602,
    ),
    "a tool call before the handshake": (
        [frame(TEXT, b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}')],
        parse_error,
        -32602,
    ),
    "a response to nothing, then a ping": (
        [frame(TEXT, b'{"jsonrpc":"2.0","id":99,"result":{}}'), frame(TEXT, ping.encode())],
        lambda websocket: json.loads(websocket.receive()[1])["id"],
        1,
    ),
    "pongs that nobody asked for, then a ping": (
        [*[frame(PONG, b"x")] * 1000, frame(TEXT, ping.encode())],
        lambda websocket: json.loads(websocket.receive()[1])["id"],
        1,
    ),
}
NEEDS_HANDSHAKE = {"a method of a million characters", "a method with line breaks"} | {
    "parameters that are none"
}


@pytest.mark.parametrize("what", FRAMES)
def test_a_frame_that_is_wrong_ends_the_connection_or_gets_an_error(
    unharmed: RunningServer, table: Table, what: str
) -> None:
    frames, read, expected = FRAMES[what]
    with raw_websocket(unharmed) as websocket:
        if what in NEEDS_HANDSHAKE:
            websocket.send(frame(TEXT, INITIALIZE.encode()))
            websocket.receive()
        websocket.send(*frames)
        assert read(websocket) == expected
        if read is parse_error:  # the connection lives
            websocket.send(frame(PING, b"still there?"))
            assert websocket.receive() == (PONG, b"still there?")
    assert "forged" not in unharmed.log()
    kinds: dict[object, str] = {code: "closed with", parse_error: "error"}
    kind = kinds.get(read, "answer")
    table.add(what, f"{kind} {expected}")


# Values


VALUES: dict[str, tuple[str, dict[str, Any], str]] = {
    "a line break in an id": (
        "get_patient",
        {"patient_id": "25\n12:00:00 forged"},
        "unknown_patient",
    ),
    "an escape sequence in an id": ("get_patient", {"patient_id": "\x1b[2J"}, "unknown_patient"),
    "an override of direction in an id": (
        "get_patient",
        {"patient_id": "5\u202e2"},
        "unknown_patient",
    ),
    "25 in Arabic digits": ("get_patient", {"patient_id": "٢٥"}, "unknown_patient"),
    "25 in full width": ("get_patient", {"patient_id": "２５"}, "unknown_patient"),
    "a path as an id": ("get_patient", {"patient_id": "../../etc/passwd"}, "unknown_patient"),
    "a path as an argument": (
        "update_patient_summary",
        {"patient_id": "25", "summary": "x", "path": "/etc/passwd"},
        "invalid",
    ),
    "a model address as an argument": (
        "generate_summary",
        {"patient_id": "25", "model": "openai:x@http://evil.example"},
        "invalid",
    ),
    "a pattern as an id": ("get_patient", {"patient_id": ".*"}, "unknown_patient"),
    "a format string as an id": ("get_patient", {"patient_id": "%s%n{0}"}, "unknown_patient"),
    "true as a limit": (
        "search_patients_by_disease",
        {"disease_keyword": "a", "limit": [5]},
        "invalid",
    ),
    "a tool that does not exist": ("__class__", {}, "invalid"),
}


@pytest.mark.parametrize("what", VALUES)
async def test_a_value_is_data_and_nothing_else(
    unharmed: RunningServer, table: Table, what: str
) -> None:
    tool, arguments, kind = VALUES[what]
    async with unharmed.connect() as connection:
        await shake_hands(connection)
        result, _ = await call(connection, 1, tool, **arguments)
    text = result["content"][0]["text"]
    assert result["structuredContent"]["error"]["kind"] == kind
    assert text.isprintable()
    for told in ("/etc/", "evil", "Traceback") if kind == "invalid" else ():
        assert told not in text
    assert "forged" not in unharmed.log()
    table.add(what, f"isError, {kind}")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "1e308", "9" * 4000])
def test_a_number_beyond_all_bounds_is_invalid(
    unharmed: RunningServer, table: Table, number: str
) -> None:
    params = f'{{"name":"get_patient","arguments":{{"patient_id":{number}}}}}'
    with raw_websocket(unharmed) as websocket:
        websocket.send(frame(TEXT, INITIALIZE.encode()))
        websocket.receive()
        message = f'{{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{params}}}'
        websocket.send(frame(TEXT, message.encode()))
        answer = json.loads(websocket.receive()[1])
    assert answer["result"]["structuredContent"]["error"]["kind"] == "invalid"
    table.add(f"the id {number[:9]}", "isError, invalid")


async def test_a_resource_is_no_file_and_no_address(unharmed: RunningServer, table: Table) -> None:
    uris = [
        "file:///etc/passwd",
        "patient://../../etc/passwd",
        "patient://%2e%2e%2fetc%2fpasswd",
        "http://169.254.169.254/latest/meta-data",
        "summary://" + "x" * 100_000,
        "patient://25%0a12:00:00 forged",
    ]
    async with unharmed.connect() as connection:
        await shake_hands(connection)
        for uri in uris:
            answer, _ = await ask(connection, 1, "resources/read", uri=uri)
            assert answer["error"]["code"] == -32602
            assert len(json.dumps(answer)) < 300
    table.add("files, addresses and paths as resources", "error -32602")


async def test_a_record_that_gives_orders_has_nobody_to_give_them_to(
    unharmed: RunningServer, table: Table
) -> None:
    """The server has no tool that its model can call, and asks nothing of the client's model."""
    async with unharmed.connect() as connection:
        answer = await shake_hands(connection)
        capabilities = answer["result"]["capabilities"]
        assert set(capabilities) <= {"tools", "resources", "prompts", "experimental"}
        _, frames = await call(connection, 1, "generate_summary", patient_id="25")
    assert {each["type"] for each in frames} == {"stream_token"}
    table.add("a record that gives orders", "no sampling, no tool for the model")
