"""Recorded token streams: a model for tests and lessons that needs no model, and how to make one.

A recording is JSON Lines: a header, then one line for each stream.

    {"model": "phi", "date": "2026-11-22", "command": "python -m server --record phi.jsonl"}
    {"patient_id": "25", "tokens": [[0.21, "Janet"], [0.02, " Lee"]], "finish_reason": "stop"}

Each token stands behind the seconds that passed since the one before. A stream that was cut has no
finish reason. A header with `"any": true` lets the recording stand in for every patient.
"""

import asyncio
import json
import math
import os
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ..errors import Invalid
from .base import Finish, FinishReason, LanguageModel, Options, Prompt

_T = TypeVar("_T")

_PAUSE_EVERY = 16
"""Tokens between two chances for the rest of the server, at full speed."""


@dataclass(frozen=True, slots=True)
class Take:
    """One recorded stream."""

    patient_id: str
    tokens: Sequence[tuple[float, str]]
    """Seconds since the token before, and the token."""
    finish_reason: FinishReason | None

    @classmethod
    def read(cls, line: str) -> "Take":
        """The stream on one line of a recording.

        Raises:
            ValueError: it is none; KeyError or TypeError: parts of it are missing or wrong.
        """
        said = json.loads(line)
        tokens = tuple((float(delay), _text(token)) for delay, token in said["tokens"])
        if not all(0 <= delay < math.inf for delay, _ in tokens):
            raise ValueError("a delay is a number of seconds")
        reason = said["finish_reason"]
        if reason not in {"stop", "length", None}:
            raise ValueError("a finish reason is stop, length or null")
        return cls(str(said["patient_id"]).strip(), tokens, reason)

    def write(self) -> str:
        said = {
            "patient_id": self.patient_id,
            "tokens": [[round(delay, 4), token] for delay, token in self.tokens],
            "finish_reason": self.finish_reason,
        }
        return json.dumps(said, ensure_ascii=False)


class ReplayModel:
    """Streams a recording with its timing; `speed` 2 is twice as fast, `math.inf` does not wait.

    A patient with several takes gets the one that the seed chooses, so "Try again" shows another.
    """

    slots = None
    takes_grammar = False

    def __init__(self, path: Path, speed: float = 1) -> None:
        """Read the whole recording.

        Raises:
            Invalid: it cannot be read, or the speed is no positive number.
        """
        if not speed > 0:
            raise Invalid("The speed of a replay is a number above 0.", next="Write ?speed=2.")
        header, takes = _read(path)
        self.name = str(header["model"])
        self._any = bool(header.get("any"))
        self._takes = takes
        self.speed = speed

    async def load(self, _like: Prompt | None = None, /) -> None:
        """There is nothing to load."""

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[str | Finish, None]:
        take = self._take(prompt.patient_id, options.seed or 1)
        due = time.monotonic()
        for number, (delay, token) in enumerate(take.tokens):
            if self.speed == math.inf:
                if number % _PAUSE_EVERY == 0:  # or nobody else would be served
                    await asyncio.sleep(0)
            else:
                due += delay / self.speed
                await asyncio.sleep(max(0.0, due - time.monotonic()))
            yield token
        if take.finish_reason:
            yield Finish(take.finish_reason)

    async def aclose(self) -> None:
        """There is nothing to release."""

    def _take(self, patient_id: str, seed: int) -> Take:
        own = [take for take in self._takes if take.patient_id == patient_id]
        takes = own or (self._takes if self._any else [])
        if not takes:
            raise Invalid(
                "The recording has no stream for this patient.",
                next="Choose a recorded patient, or another model with --model.",
            )
        return takes[(seed - 1) % len(takes)]


class Recorder:
    """A model that writes down the streams of another, as it passes them on."""

    def __init__(self, model: LanguageModel, path: Path, command: str = "--record") -> None:
        """Try whether the recording can be written, before any summary is.

        Raises:
            Invalid: it cannot.
        """
        _try(path)
        self._model = model
        self._path = path
        self._command = command

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def slots(self) -> int | None:
        return self._model.slots

    @property
    def takes_grammar(self) -> bool:
        return self._model.takes_grammar

    async def load(self, like: Prompt | None = None, /) -> None:
        await self._model.load(like)

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[str | Finish, None]:
        tokens: list[tuple[float, str]] = []
        before = time.monotonic()
        async with aclosing(self._model.stream(prompt, options)) as source:
            async for part in source:
                if isinstance(part, Finish):
                    # Written first: nobody reads on after the end.
                    self._append(Take(prompt.patient_id, tokens, part.reason))
                    yield part
                    return
                now = time.monotonic()
                tokens.append((now - before, part))
                before = now
                yield part
        self._append(Take(prompt.patient_id, tokens, None))

    async def aclose(self) -> None:
        await self._model.aclose()

    def _append(self, take: Take) -> None:
        with os.fdopen(_opened(self._path), "a", encoding="utf-8") as recording:
            if recording.tell() == 0:
                recording.write(json.dumps(self._header(), ensure_ascii=False) + "\n")
            recording.write(take.write() + "\n")

    def _header(self) -> dict[str, str]:
        today = time.strftime("%Y-%m-%d")
        return {"model": self.name, "date": today, "command": self._command}


def _opened(path: Path) -> int:
    """A recording holds patients' texts, so it is its owner's alone."""
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def _try(path: Path) -> None:
    new = not path.exists()
    try:
        os.close(_opened(path))
    except OSError as error:
        raise Invalid(
            f"The recording {str(path)!r} cannot be written ({error.strerror}).",
            next="Name a file in a folder that is there, where you may write, after --record.",
        ) from error
    if new:  # one without a stream could not be replayed
        path.unlink()


def _read(path: Path) -> tuple[Mapping[str, Any], list[Take]]:
    try:
        first, *rest = path.read_text(encoding="utf-8").split("\n")
    except (OSError, ValueError) as error:
        raise _unreadable("The recording cannot be read.") from error
    header = _parsed(1, first, _header)
    return header, [_parsed(n, line, Take.read) for n, line in enumerate(rest, 2) if line.strip()]


def _parsed(number: int, line: str, parse: Callable[[str], _T]) -> _T:
    try:
        return parse(line)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _unreadable(f"Line {number} of the recording is none of a recording's.") from error


def _header(line: str) -> Mapping[str, Any]:
    header: dict[str, Any] = json.loads(line)
    _text(header["model"])
    return header


def _unreadable(message: str) -> Invalid:
    return Invalid(message, next="Check the file in --model replay:FILE.")


def _text(token: object) -> str:
    if not isinstance(token, str):
        raise ValueError("a token is text")
    return token
