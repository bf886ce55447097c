"""The embedded model: a small language model of our own, for machines without any other.

It runs in a process of its own (`embedded_child.py`) and is spoken to like any OpenAI-compatible
server, so that a crash or a lack of memory is one clear error and not a dead server. The process
starts with the first request, ends with its parent however that ends, and after a crash the next
request starts it again.
"""

import asyncio
import json
import os
import secrets
import sys
import threading
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from ..errors import Incomplete, ModelFailed, ModelMissing, ModelTimeout
from .base import Finish, Options, Prompt
from .cores import usable_cores
from .endpoint import Limits
from .fetch import COMMAND, FILE_NAME
from .openai_compatible import OpenAICompatibleModel
from .wording import Wording

NAME = "SmolLM2-135M-Instruct"
DEFAULTS = Options(temperature=0.2, seed=1, max_tokens=200)

_PROGRAM = Path(__file__).with_name("embedded_child.py")

_BATCH_TOKENS = 128
"""A stream that is closed frees its slot between two batches of its prompt, so they are small."""

_QUIET_THREADS = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}
"""Idle threads sleep: spinning ones stall the model whenever anything else runs on the machine."""

_WORDING = Wording(
    server="The embedded model",
    when_absent="Try again: the next request starts it.",
    when_missing=f"Get it: `{COMMAND}`.",
)


@dataclass(frozen=True, slots=True)
class _Child:
    """One run of the model's process, and the model that it serves."""

    process: Process
    model: OpenAICompatibleModel

    def has_ended(self) -> bool:
        return self.process.returncode is not None

    async def ends(self, seconds: float) -> bool:
        """Whether it ends that soon: a broken connection is noticed before the end of a process."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.process.wait(), seconds)
        return self.has_ended()

    async def stop(self) -> None:
        await self.model.aclose()
        if self.process.stdin:
            self.process.stdin.close()
        if not await self.ends(2):
            await self.kill()

    async def kill(self) -> None:
        await _kill(self.process)


class EmbeddedModel:
    """A GGUF model in a child process. Start it from the event loop's main thread.

    Elsewhere it works as well, but then only the end of its standard input tells the child that its
    parent is gone: Linux's own signal would come when the thread that started it ends.
    """

    takes_grammar = True

    def __init__(
        self,
        weights: Path,
        *,
        slots: int = 1,
        context_tokens: int = 2048,
        start_seconds: float = 60,
        limits: Limits | None = None,
        program: Path = _PROGRAM,
    ) -> None:
        self.name = NAME if weights.name == FILE_NAME else weights.stem
        self.slots: int | None = slots
        self._weights = weights
        self._context_tokens = context_tokens
        self._start_seconds = start_seconds
        self._limits = replace(limits or Limits(), retry_delays=(0.1, 0.2))
        self._program = program
        self._child: _Child | None = None
        self._starting = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """The model's process, while it runs."""
        child = self._child
        return None if child is None or child.has_ended() else child.process.pid

    async def load(self, like: Prompt | None = None, /) -> None:
        await self._running()
        if like is not None:
            async for _ in self.stream(like, Options(max_tokens=1)):
                pass

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[str | Finish, None]:
        child = await self._running()
        try:
            async with aclosing(child.model.stream(prompt, options)) as tokens:
                async for token in tokens:
                    yield token
        except ModelTimeout:
            await child.kill()  # it hangs; the next request starts it again
            raise
        except (ModelFailed, Incomplete) as error:
            broken = isinstance(error.__cause__, httpx.TransportError)
            if broken and await child.ends(1):
                raise _stopped() from error
            raise

    async def aclose(self) -> None:
        async with self._starting:
            await self._release()

    async def _running(self) -> _Child:
        async with self._starting:
            if self._child is None or self._child.has_ended():
                await self._release()
                self._child = await self._start()
            return self._child

    async def _release(self) -> None:
        child, self._child = self._child, None
        if child:
            await child.stop()

    async def _start(self) -> _Child:
        if not self._weights.is_file():
            raise ModelMissing(
                "The embedded model's weights are not on this machine.", next=f"Run `{COMMAND}`."
            )
        key = secrets.token_urlsafe(24)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", str(self._program)),
            env=_without_secrets(os.environ) | _QUIET_THREADS,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            start_new_session=True,  # a signal to the terminal's group is not for it
        )
        try:
            address = await self._handshake(process, key)
        except BaseException:
            await _kill(process)
            raise
        return _Child(process, self._client(address, key))

    async def _handshake(self, process: Process, key: str) -> str:
        assert process.stdin
        assert process.stdout
        # On standard input because everybody on the machine can read a command line.
        process.stdin.write(json.dumps(self._settings(key)).encode() + b"\n")
        try:
            line = await asyncio.wait_for(process.stdout.readline(), self._start_seconds)
        except TimeoutError as error:
            raise ModelTimeout(
                f"The embedded model was not ready after {self._start_seconds:g} s.",
                next="Try again when the machine is less busy.",
            ) from error
        answer: dict[str, str] = json.loads(line or "{}")
        if "address" in answer:
            return answer["address"]
        raise _not_started(answer.get("error"))

    def _settings(self, key: str) -> dict[str, Any]:
        cores = usable_cores()
        in_main_thread = threading.current_thread() is threading.main_thread()
        return {
            "weights": str(self._weights),
            "key": key,
            "slots": self.slots,
            "context_tokens": self._context_tokens,
            "batch_tokens": _BATCH_TOKENS,
            # All cores would be fastest on an idle machine, and stall on any other.
            "threads": max(1, cores // 2),
            "batch_threads": cores,
            "parent_pid": os.getpid() if in_main_thread else None,
        }

    def _client(self, address: str, key: str) -> OpenAICompatibleModel:
        return OpenAICompatibleModel(
            self.name,
            address,
            wording=_WORDING,
            key=key,
            slots=self.slots,
            takes_grammar=True,
            defaults=DEFAULTS,
            extra={"cache_prompt": True},
            limits=self._limits,
        )


def _without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """What the model's process is to know: not the server's token, nor any other setting of it."""
    return {name: text for name, text in environ.items() if not name.startswith("MCP_KERNEL_TOOLS")}


async def _kill(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()


def _stopped() -> ModelFailed:
    return ModelFailed(
        "The embedded model's process stopped.", next="Try again: the next request starts it again."
    )


def _not_started(error: str | None) -> ModelFailed:
    if error == "library":
        return ModelMissing(
            "The library that runs the embedded model is not installed.",
            next="Install it: `pip install xllamacpp`.",
        )
    if error == "weights":
        return ModelFailed(
            "The embedded model cannot be loaded: too little memory, or damaged weights.",
            next=f"Close other programs, or get the weights again: `{COMMAND}`.",
        )
    return _stopped()
