"""A model on a Dask cluster: each worker asks its own endpoint, and what it wrote comes back here.

`ClusterModel` is a `LanguageModel` like any other, so all that a cohort does (retries, marks, the
saving) is the same with a cluster. Prompts that come together travel together: a task of its own
for each would cost more in messages. A task whose worker dies is run again by Dask elsewhere; its
results were never delivered, so no summary is written twice.

The extra `dask` has what this takes; it is imported when a cluster is connected to.
"""

import asyncio
import math
import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from mcp_kernel_tools.wire import ErrorKind

from ..errors import (
    Busy,
    Failure,
    Incomplete,
    Invalid,
    ModelAbsent,
    ModelFailed,
    ModelMissing,
    ModelTimeout,
)
from .address import is_local
from .base import Finish, LanguageModel, Options, Prompt
from .choose import choose
from .cores import usable_cores
from .fetch import weights_path

LOCAL = "local"
BATCH = 16
"""Prompts in one task, at most."""

AHEAD = 2
"""Batches for each thread of a worker: one that is worked at, one that waits there."""

GATHER_SECONDS = 0.02
"""How long a prompt waits for others that travel with it."""

CONNECT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Place:
    """What a worker needs to know to find its model."""

    spec: str
    """As after `--model`; a worker reads its own environment (OLLAMA_HOST) for the rest."""
    name: str
    at_a_time: int = 4
    silence_seconds: float = 120.0
    allow_remote: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """What a worker's model wrote for one prompt."""

    tokens: list[str] = field(default_factory=list)
    finish: Finish | None = None
    kind: ErrorKind | None = None
    """Of a failure; then `message` and `next` are its words."""
    message: str = ""
    next: str = ""


Asked = tuple[Prompt, Options]


def write(place: Place, asked: Sequence[Asked]) -> list[Written]:
    """The task: it runs in a worker's thread, and knows no patient table and no file.

    It raises nothing: Dask would write the arguments of a task that fails, which are records, to
    its log.
    """
    try:
        return asyncio.run(_write(place, asked))
    except Exception as problem:  # noqa: BLE001 - see above
        return [_failed(_lost(type(problem).__name__))] * len(asked)


async def _write(place: Place, asked: Sequence[Asked]) -> list[Written]:
    try:
        model = await _model(place)
    except Failure as failure:
        return [_failed(failure)] * len(asked)
    slots = asyncio.Semaphore(place.at_a_time)
    try:
        return await asyncio.gather(*(_take(model, slots, *one) for one in asked))
    finally:
        await model.aclose()


async def _model(place: Place) -> LanguageModel:
    chosen = await choose(
        place.spec,
        weights=weights_path(os.environ),
        ollama_host=os.environ.get("OLLAMA_HOST", ""),
        slots=place.at_a_time,
        silence_seconds=place.silence_seconds,
        allow_remote=place.allow_remote,
    )
    if chosen.model.name == place.name:
        return chosen.model
    await chosen.model.aclose()
    raise ModelFailed(
        f"A worker of the cluster has another model than {place.name}.",
        next="Name the model, such as --model ollama:phi, and have it on every worker.",
    )


async def _take(
    model: LanguageModel, slots: asyncio.Semaphore, prompt: Prompt, options: Options
) -> Written:
    tokens: list[str] = []
    async with slots:
        try:
            async with aclosing(model.stream(prompt, options)) as stream:
                async for token in stream:
                    if isinstance(token, Finish):
                        return Written(tokens, token)
                    tokens.append(token)
        except Failure as failure:
            return _failed(failure, tokens)
    return Written(tokens)


def _failed(failure: Failure, tokens: Sequence[str] = ()) -> Written:
    return Written(list(tokens), None, failure.kind, failure.message, failure.next)


class Cluster:
    """A connection to a Dask scheduler; made by `connect`."""

    def __init__(self, client: Any, local: Any = None) -> None:
        self.client = client
        self._local = local

    @classmethod
    async def connect(cls, address: str, *, allow_remote: bool = False) -> "Cluster":
        """Connect to a scheduler, or start a cluster of this machine's own ("local").

        The workers of a local cluster are reached on this machine only, with certificates that
        live as long as the cluster: whoever reaches a Dask scheduler can run anything on it.

        Raises:
            Invalid: the extra is not installed, nothing answers, or records would leave this
                machine.
        """
        if address != LOCAL:
            address = address if "://" in address else f"tcp://{address}"
            _refuse_remote(address, allow_remote=allow_remote)
        try:
            from distributed import Client, LocalCluster  # noqa: PLC0415 - an extra
        except ImportError:
            raise Invalid(
                "A cluster takes Dask, which is not installed.",
                next="Install it: pip install 'mcp-kernel-tools[dask]'.",
            ) from None
        if address != LOCAL:
            return cls(await _connected(partial(Client, address)))
        local = await LocalCluster(
            n_workers=usable_cores(),
            threads_per_worker=1,
            memory_limit=0,
            host="127.0.0.1",
            dashboard_address=None,
            security=True,
            asynchronous=True,
        )
        return cls(await _connected(partial(Client, local)), local)

    @property
    def threads(self) -> int:
        """Tasks that the workers run at a time, as of now."""
        workers = self.client.scheduler_info(n_workers=-1)["workers"]
        return sum(worker["nthreads"] for worker in workers.values()) or 1

    async def run(self, place: Place, asked: Sequence[Asked]) -> list[Written]:
        """Have a worker do it; a task whose worker dies is done by another.

        Raises:
            ModelFailed: the cluster lost it for good.
        """
        future = self.client.submit(write, place, list(asked), pure=False)
        try:
            written: list[Written] = await future
        except asyncio.CancelledError:
            # Dask's own word for a scheduler that is gone, and ours for work that nobody wants.
            with suppress(Exception):
                await future.cancel()
            raise
        except Exception as problem:  # noqa: BLE001 - Dask raises what it likes
            raise _lost(type(problem).__name__) from None
        return written

    async def aclose(self) -> None:
        await self.client.close()
        if self._local is not None:
            await self._local.close()


async def _connected(client: partial[Any]) -> Any:
    try:
        return await client(asynchronous=True, timeout=CONNECT_SECONDS)
    except OSError:  # TimeoutError is one
        raise Invalid(
            "No Dask scheduler answers at the address of --cluster.",
            next="Start one (`dask scheduler`), or write --cluster local.",
        ) from None


def _refuse_remote(address: str, *, allow_remote: bool) -> None:
    host = urlsplit(address).hostname or ""
    if not allow_remote and not is_local(f"http://[{host}]" if ":" in host else f"http://{host}"):
        raise Invalid(
            "The cluster is not on this machine, so records would leave it.",
            next="Use --cluster local, or allow it on purpose: --allow-remote-model.",
        )


class ClusterModel:
    """The model that `place` names, as the workers of a cluster have it."""

    takes_grammar = False

    def __init__(self, cluster: Cluster, place: Place) -> None:
        self.cluster = cluster
        self.place = place
        self._waiting: list[tuple[Asked, asyncio.Future[Written]]] = []
        self._batches: set[asyncio.Task[None]] = set()

    @property
    def name(self) -> str:
        return self.place.name

    @property
    def slots(self) -> int | None:
        return self.cluster.threads * BATCH * AHEAD

    async def load(self, _like: Prompt | None = None, /) -> None:
        """The workers load their models themselves."""

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[str | Finish, None]:
        """All at once, when the worker is done."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_later(GATHER_SECONDS, self._send)
        answer: asyncio.Future[Written] = loop.create_future()
        self._waiting.append(((prompt, options), answer))
        written = await answer  # cancelled with whoever waits here
        for token in written.tokens:
            yield token
        if written.kind:
            raise _failure(written)
        if written.finish:
            yield written.finish

    async def aclose(self) -> None:
        for batch in self._batches:
            batch.cancel()
        await self.cluster.aclose()

    def _send(self) -> None:
        """What has gathered, in equal parts for the workers."""
        waiting, self._waiting = [one for one in self._waiting if not one[1].done()], []
        if not waiting:
            return
        size = min(BATCH, math.ceil(len(waiting) / self.cluster.threads))
        for start in range(0, len(waiting), size):
            batch = asyncio.create_task(self._run(waiting[start : start + size]))
            self._batches.add(batch)
            batch.add_done_callback(self._batches.discard)

    async def _run(self, waiting: list[tuple[Asked, asyncio.Future[Written]]]) -> None:
        batch, answers = asyncio.current_task(), [answer for _, answer in waiting]

        def leave(_: asyncio.Future[Written]) -> None:
            if batch and all(answer.cancelled() for answer in answers):
                batch.cancel()

        for answer in answers:
            answer.add_done_callback(leave)
        try:
            written = await self.cluster.run(self.place, [asked for asked, _ in waiting])
        except (asyncio.CancelledError, ModelFailed) as problem:
            # A cancellation may also be Dask's: its scheduler is gone.
            lost = problem if isinstance(problem, ModelFailed) else _lost("cancelled")
            for answer in answers:
                if not answer.done():
                    answer.set_exception(lost)
            return
        for answer, one in zip(answers, written, strict=True):
            if not answer.done():
                answer.set_result(one)


def _failure(written: Written) -> Failure:
    """The worker's failure again, of the same kind."""
    kinds: dict[ErrorKind, type[Failure]] = {kind.kind: kind for kind in _KINDS}
    return kinds.get(written.kind or "model_failed", ModelFailed)(
        written.message, next=written.next
    )


_KINDS = (Busy, Incomplete, Invalid, ModelAbsent, ModelFailed, ModelMissing, ModelTimeout)


def _lost(problem: str) -> ModelFailed:
    return ModelFailed(
        f"The cluster lost a part of the work ({problem}).", next="It is tried again."
    )
