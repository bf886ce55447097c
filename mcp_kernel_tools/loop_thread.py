"""An event loop in a thread of its own: asynchronous work runs whatever the caller is doing.

A notebook's own loop cannot be waited for from a cell, and stands still while a cell is busy; this
one does neither.
"""

import asyncio
import atexit
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")

CLOSE_SECONDS = 2.0
"""What does not let itself be cancelled by then does not hold up the end of the process."""


class LoopThread:
    """An event loop that runs for as long as the process, in a daemon thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self.loop.run_forever, name="mcp-kernel-tools loop", daemon=True
        )
        self._thread.start()
        atexit.register(self.close)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start `work` without waiting for it; cancelling the future cancels it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for `work`; an interrupt while waiting cancels it."""
        if threading.current_thread() is self._thread:
            work.close()
            raise RuntimeError("this runs on the loop itself: await the work instead")
        future = self.submit(work)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        """Cancel what runs, then end the thread."""
        atexit.unregister(self.close)
        if self.alive:
            with suppress(TimeoutError):
                self.submit(self._cancel_all()).result(CLOSE_SECONDS)
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join()
            self.loop.close()

    async def _cancel_all(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


_lock = threading.Lock()
_shared: LoopThread | None = None


def shared() -> LoopThread:
    """The one loop of this process; made anew where a fork has left its thread behind."""
    global _shared  # noqa: PLW0603 - one loop for the whole process is the point
    with _lock:
        if _shared is None or not _shared.alive:
            _shared = LoopThread()
        return _shared
