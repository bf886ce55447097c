"""Real messages, and ways to spoil them. Everything follows from one number, so a find repeats."""

import json
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

from mcp_kernel_tools import wire
from tests.security.raw import BINARY, CLOSE, CONTINUED, PING, PONG, TEXT, frame

INITIALIZE = wire.request(
    1,
    "initialize",
    {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "fuzz", "version": "1"},
    },
)


def _call(id: wire.RequestId, tool: str, **arguments: Any) -> wire.Frame:
    return wire.request(id, "tools/call", {"name": tool, "arguments": arguments})


SEEDS: list[wire.Frame] = [
    INITIALIZE,
    wire.notification("notifications/initialized"),
    wire.notification("notifications/cancelled", {"requestId": 5, "reason": "stopped"}),
    wire.request("a", "ping"),
    wire.request(2, "tools/list"),
    wire.request(3, "resources/read", {"uri": "patient://25"}),
    wire.request(4, "prompts/get", {"name": "clinical_summary", "arguments": {"patient_id": "25"}}),
    wire.request(4, "resources/templates/list", {"cursor": "next"}),
    wire.request(9, "server/discover", {"_meta": {"io.modelcontextprotocol/clientInfo": {}}}),
    _call(5, "generate_summary", patient_id="25", stream=True, attempt=0),
    _call("6", "search_patients_by_disease", disease_keyword="diabetes", limit=5),
    _call(7, "update_patient_summary", patient_id=25, summary="Well.", generation_id="x"),
    _call(8, "undo_summary", patient_id="25"),
    _call(9, "list_summaries", offset=0, limit=20, query="a"),
    _call(10, "get_patient_summary", patient_id="25"),
    _call(11, "server_status"),
    wire.request(
        12,
        "tools/call",
        {
            "name": "generate_summary",
            "arguments": {"patient_id": "25"},
            "_meta": {"progressToken": "p"},
        },
    ),
    {"jsonrpc": "2.0", "id": 13, "result": {}},
    {"jsonrpc": "2.0", "id": 14, "error": {"code": -32000, "message": "no"}},
]
"""What our own client and the SDK's send."""

ODD: list[Any] = [
    None, True, -1, 0, 2**31, 2**63, 2**64, -(2**64), 10**30, 1e308, 0.1, "", " ", "\0", "\n",
    "é😀", "\u202e", "x" * 300, "../../etc/passwd", "{}", [], {}, [[]], {"": {}}, [None] * 50, "25",
]  # fmt: skip
TEXTS = [
    b"NaN",
    b"1e999",
    b'"\\ud800"',
    b"\xff",
    b"\xf0\x9f",
    b"[" * 300,
    b'{"a":' * 300,
    b"\0",
    b"",
]
TEXTS += [b"9" * 5000, b"-", b'\\u0000"', b",", b":", b"}", b"//", b"\xef\xbb\xbf"]


def mutated(random: Random) -> bytes:
    """A message that is wrong in some way, or in none."""
    message = deepcopy(random.choice(SEEDS))
    for _ in range(random.choice((0, 1, 1, 2, 3))):
        message = _with_change(message, random)
    data = json.dumps(message, ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")
    for _ in range(random.choice((0, 0, 0, 1, 2, 5))):
        data = random.choice(BYTES)(data, random)
    return data


def _with_change(value: Any, random: Random) -> Any:
    """`value` with one part of it replaced, removed, doubled or renamed."""
    if isinstance(value, dict) and value and random.random() < 0.85:
        name = random.choice(list(value))
        way = random.random()
        if way < 0.6:
            value[name] = _with_change(value[name], random)
        elif way < 0.75:
            del value[name]
        elif way < 0.9:
            value[str(random.choice(ODD))] = value[name]
        else:
            value[name] = deepcopy(random.choice(SEEDS))
        return value
    return deepcopy(random.choice(ODD))


def _flip(data: bytes, random: Random) -> bytes:
    place = random.randrange(len(data) + 1)
    return data[:place] + bytes([random.randrange(256)]) + data[place + 1 :]


def _cut(data: bytes, random: Random) -> bytes:
    first, last = sorted(random.randrange(len(data) + 1) for _ in range(2))
    return data[:first] + data[last:]


def _double(data: bytes, random: Random) -> bytes:
    first, last = sorted(random.randrange(len(data) + 1) for _ in range(2))
    return data[:last] + data[first:last] * random.choice((1, 1, 40)) + data[last:]


def _insert(data: bytes, random: Random) -> bytes:
    place = random.randrange(len(data) + 1)
    return data[:place] + random.choice(TEXTS) + data[place:]


BYTES: list[Callable[[bytes, Random], bytes]] = [_flip, _cut, _double, _insert]


def framed(data: bytes, random: Random) -> bytes:
    """The message in a frame, mostly a right one."""
    way = random.random()
    if way < 0.93:
        return frame(TEXT, data)
    if way < 0.96:
        half = len(data) // 2
        return frame(TEXT, data[:half], fin=False) + frame(CONTINUED, data[half:])
    opcode = random.choice((TEXT, BINARY, PING, PONG, CLOSE, CONTINUED, 3, 11))
    return frame(
        opcode,
        data[: random.choice((0, 1, 2, 100, 1000))],
        fin=random.random() < 0.7,
        rsv=random.choice((0, 0, 1, 4)),
        mask=random.random() < 0.9,
    )
