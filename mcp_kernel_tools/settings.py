"""What the client is told from outside, read from the environment once, when a client is made."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

PREFIX = "MCP_KERNEL_TOOLS_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The client's settings: each field is also a variable, `MCP_KERNEL_TOOLS_` + its name."""

    url: str | None = None
    """Where the server is, for a client that is not told; such as ws://127.0.0.1:8765/mcp."""
    token: str | None = None
    open_timeout: float = 10.0
    """Seconds for the connection and its handshakes."""
    ping_interval: float = 30.0
    ping_timeout: float = 120.0
    """Seconds without an answer to a ping before the connection counts as lost: a cell that holds
    the interpreter for a minute must not cost the connection."""
    close_timeout: float = 10.0
    max_frame: int = 16 * 2**20
    """Bytes of one frame from the server: a page of records is the largest."""
    logged_frames: int = 10_000
    """How many frames the wire log keeps."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """The settings that `environ` (by default the process's own) gives, defaults for the rest.

        Raises:
            ValueError: a variable has a value that cannot be read; the message names it.
        """
        environ = os.environ if environ is None else environ
        given = {
            setting.name: _parse(PREFIX + setting.name.upper(), text, type(setting.default))
            for setting in fields(cls)
            if (text := environ.get(PREFIX + setting.name.upper()))
        }
        return cls(**given)


def _parse(name: str, text: str, kind: type) -> Any:
    if kind not in (int, float):
        return text
    try:
        if (number := kind(text)) > 0:
            return number
    except ValueError:
        pass
    raise ValueError(f"{name}={text!r}: it takes a number above 0")
