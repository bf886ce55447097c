"""The verbose log: what the client says to the server and hears from it, told line by line.

    [Tool Call] generate_summary(patient_id='25')
    [SmolLM2-135M-Instruct] Requesting AI summary generation with streaming...
    [WebSocket →] Sending: tools/call
    [WebSocket ←] Waiting for response...
    [🔄 Streaming] Starting token stream:  Janet Lee is ...
    [🔄 Streaming] Tokens complete
    [WebSocket ←] Response received: tools/call → Success

Foreign text in it is made visible first: a token moves no cursor and colours nothing.
"""

import reprlib
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mcp_kernel_tools.wire import visible

Write = Callable[[str], object]

_short = reprlib.Repr()
_short.maxstring = 60
_short.maxother = 60


def write_stdout(text: str) -> None:
    """Write at once; what the terminal cannot show becomes a question mark, never an error."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()


class Narrator:
    """Tells of one client's calls; a narrator without `write` is silent."""

    def __init__(self, write: Write | None) -> None:
        self._write = write
        self._in_line = False

    def __bool__(self) -> bool:
        return self._write is not None

    def tool_call(self, name: str, arguments: Mapping[str, Any]) -> None:
        told = ", ".join(f"{key}={_short.repr(value)}" for key, value in arguments.items())
        self._line(f"[Tool Call] {name}({told})")

    def requesting(self, model: str) -> None:
        self._line(f"[{model}] Requesting AI summary generation with streaming...")

    def sending(self, method: str) -> None:
        self._line(f"[WebSocket →] Sending: {method}")

    def waiting(self) -> None:
        self._line("[WebSocket ←] Waiting for response...")

    def tokens(self, tokens: Iterable[str]) -> None:
        if self._write is None:
            return
        opening = "" if self._in_line else "[🔄 Streaming] Starting token stream:  "
        self._in_line = True
        self._write(opening + visible("".join(tokens)))

    def complete(self) -> None:
        self._line("[🔄 Streaming] Tokens complete")

    def received(self, method: str, outcome: str) -> None:
        self._line(f"[WebSocket ←] Response received: {method} → {outcome}")

    def _line(self, text: str) -> None:
        if self._write is None:
            return
        opening = "\n" if self._in_line else ""
        self._in_line = False
        self._write(f"{opening}{visible(text)}\n")
