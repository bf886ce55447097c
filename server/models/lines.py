"""The lines of a model's stream: what an endpoint and a dialect say to each other about one.

A dialect's `Reader` takes a line and says what text it holds and how the stream ends, if it does.
It knows no connection; an endpoint knows no dialect.
"""

import json
from collections.abc import Callable
from typing import Any

from pydantic_core import from_json

from .base import FinishReason

Said = tuple[str, FinishReason | None]
"""What one line of a stream says: its text, and how the stream ends if this is its end."""

Reader = Callable[[bytes], Said]

NOTHING: Said = ("", None)


class Garbled(ValueError):
    """A line that is not of the dialect."""


class Reported(Exception):
    """The model server's own error, as its JSON says it."""

    def __init__(self, error: object) -> None:
        super().__init__("the model server reported an error")
        self.error = error


def parse(line: bytes) -> dict[str, Any]:
    """The JSON object in `line`.

    Raises:
        Garbled: there is none.
    """
    try:
        said = from_json(line, cache_strings="keys")  # texts are the patients', and are not kept
    except ValueError:
        said = _loads(line)
    if not isinstance(said, dict):
        raise Garbled(f"a line is a JSON object, not {type(said).__name__}")
    return said


def _loads(line: bytes) -> Any:
    """Slower, and takes half a character: a server that writes UTF-16 escapes may cut an emoji."""
    try:
        return json.loads(line.decode())  # UTF-8 only: json.loads would guess an encoding
    except (ValueError, RecursionError) as error:
        raise Garbled(f"{len(line)} bytes are not JSON") from error


def error_in(body: bytes) -> object:
    """What an error answer says, in Ollama's form and in OpenAI's; "" if it says nothing."""
    try:
        return parse(body).get("error", "")
    except Garbled:
        return ""
