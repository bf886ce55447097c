"""What crosses the wire: JSON-RPC 2.0 as MCP defines it, and one frame of our own, the token.

This is the one module that the server and the kernel share, so it knows no socket, no event
loop and no package beyond the standard library: frames are text, rules are plain functions.

    {"type": "stream_token", "token": "Patient", "position": 45, "id": 3}

`position` counts the characters (code points) of the summary up to and including `token`, so that
a `Transcript` can prove that nothing was lost. `id` is the request that the token belongs to.
"""

import json
import unicodedata
from collections.abc import Mapping
from typing import Any, Literal

APP_NAME = "mcp-kernel-tools"
"""Names the user's folders (cache, data, runtime) and the server in its MCP handshake."""

STREAM_TOKEN = "stream_token"
PROTOCOL_VERSION = "2025-11-25"
"""The MCP version that our own client asks for: the newest one that opens with `initialize`."""

RequestId = int | str
Frame = dict[str, Any]

ErrorKind = Literal[
    "unknown_patient",
    "invalid",
    "model_absent",
    "model_missing",
    "model_failed",
    "model_timeout",
    "busy",
    "store",
    "incomplete",
]
"""Why a tool call failed: the `kind` in `structuredContent.error`."""

_quote = json.JSONEncoder(ensure_ascii=False).encode


def encode(frame: Mapping[str, Any]) -> str:
    """A frame as compact JSON text."""
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


def encode_token(token: str, position: int, id_json: str) -> str:
    """A `stream_token` frame; `id_json` is the request id, already JSON.

    Written by hand because it runs once a token: eight times as fast as `encode`.
    """
    head = f'{{"type":"{STREAM_TOKEN}","token":{_quote(token)}'
    return f'{head},"position":{position},"id":{id_json}}}'


def decode(text: str | bytes) -> Frame:
    """The frame in `text`.

    Raises:
        ValueError: `text` is not JSON, or not an object.
    """
    frame = json.loads(text)
    if not isinstance(frame, dict):
        raise ValueError(f"a frame is a JSON object, not {type(frame).__name__}")
    return frame


def is_token(frame: Mapping[str, Any]) -> bool:
    """Whether the frame is a `stream_token`; any other is JSON-RPC."""
    return frame.get("type") == STREAM_TOKEN


def is_response(frame: Mapping[str, Any]) -> bool:
    """Whether the frame answers a request of ours."""
    return "method" not in frame and ("result" in frame or "error" in frame)


def request(id: RequestId, method: str, params: Mapping[str, Any] | None = None) -> Frame:
    """A JSON-RPC request."""
    return {"jsonrpc": "2.0", "id": id, "method": method, "params": dict(params or {})}


def notification(method: str, params: Mapping[str, Any] | None = None) -> Frame:
    """A JSON-RPC notification: nobody answers it."""
    return {"jsonrpc": "2.0", "method": method, "params": dict(params or {})}


def heading(name: str, patient_id: str) -> str:
    """What stands before the summary in `content[0].text` of a generated summary: one line."""
    return f"Generated Summary for {' '.join(name.split())} (ID: {patient_id}):\n\n"


class TokenLost(ValueError):
    """The position of a token does not follow from the tokens before it."""

    def __init__(self, expected: int, position: int) -> None:
        super().__init__(f"the stream jumped to character {position}, expected {expected}")
        self.expected = expected
        self.position = position


class Transcript:
    """The tokens of one summary received so far, with the check that none was lost."""

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.position = 0

    def add(self, token: str, position: int) -> None:
        """Take the next token.

        Raises:
            TokenLost: `position` is not the number of characters received, this token included.
        """
        expected = self.position + len(token)
        if position != expected:
            raise TokenLost(expected, position)
        self.tokens.append(token)
        self.position = position

    @property
    def text(self) -> str:
        return "".join(self.tokens)


def _stand_in(code: int) -> str | None:
    """What is shown for a character that acts instead of being read."""
    if code in (0x09, 0x0A):
        return chr(code)
    if code == 0x0D:
        return None  # a line ends with \n alone
    if code < 0x20:
        return chr(0x2400 + code)  # the control picture, such as U+241B for escape
    return "\u2421" if code == 0x7F else "\ufffd"


_BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
_ACTING = {
    code: _stand_in(code)
    for code in (*range(0x20), *range(0x7F, 0xA0), *range(0x2028, 0x2070), *range(0xD800, 0xE000))
    if unicodedata.category(chr(code)) in ("Cc", "Cs", "Zl", "Zp")
    or unicodedata.bidirectional(chr(code)) in _BIDI
}


def visible(text: str) -> str:
    """`text` with every character that would act made visible: text is text, never a command.

    Control characters (but tab and newline), lone surrogates and the overrides of the text's
    direction (Unicode TR 36, section 3.2) become one visible character each; a carriage return
    goes.
    """
    return text if text.isprintable() else text.translate(_ACTING)
