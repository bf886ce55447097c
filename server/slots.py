"""Places at the model: so many generations at a time, a bounded queue behind them, then "busy"."""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio

from .errors import Busy

OnPlace = Callable[[int], Awaitable[None]]
"""Told the place in the queue (1 is next) whenever it changes."""


class _Waiter:
    def __init__(self) -> None:
        self.moved = anyio.Event()
        self.admitted = False


class Slots:
    """Admits requests to the model in the order of their arrival.

    Args:
        limit: Generations at a time; None: any number.
        queue: Requests that may wait; one more raises `Busy`.
    """

    def __init__(self, limit: int | None, queue: int) -> None:
        self.limit = limit
        self.queue = queue
        self.running = 0
        self._waiters: deque[_Waiter] = deque()

    @property
    def waiting(self) -> int:
        return len(self._waiters)

    @asynccontextmanager
    async def take(self, on_place: OnPlace) -> AsyncIterator[None]:
        """Hold a place at the model while the context is entered.

        Raises:
            Busy: the queue is full.
        """
        if self.limit is None or self.running < self.limit:
            self.running += 1
        else:
            await self._wait(on_place)
        try:
            yield
        finally:
            self._release()

    async def _wait(self, on_place: OnPlace) -> None:
        if self.waiting >= self.queue:
            raise Busy(
                f"The model is busy and {self.waiting} requests wait for it already.",
                next="Try again when some of them are done.",
            )
        waiter = _Waiter()
        self._waiters.append(waiter)
        try:
            while not waiter.admitted:
                moved = waiter.moved
                await on_place(self._waiters.index(waiter) + 1)
                await moved.wait()
        except BaseException:
            self._leave(waiter)
            raise

    def _leave(self, waiter: _Waiter) -> None:
        if waiter.admitted:  # the place came at the very moment in which the request was given up
            self._release()
        else:
            self._waiters.remove(waiter)
            self._tell_places()

    def _release(self) -> None:
        if self._waiters:
            admitted = self._waiters.popleft()  # takes over the place: `running` stays as it is
            admitted.admitted = True
            admitted.moved.set()
            self._tell_places()
        else:
            self.running -= 1

    def _tell_places(self) -> None:
        for waiter in self._waiters:
            waiter.moved.set()
            waiter.moved = anyio.Event()
