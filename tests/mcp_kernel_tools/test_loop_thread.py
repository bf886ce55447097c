import asyncio
import os
import threading
from collections.abc import Iterator

import pytest

from mcp_kernel_tools import loop_thread
from mcp_kernel_tools.loop_thread import LoopThread


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    loop = LoopThread()
    yield loop
    loop.close()


async def name() -> str:
    return threading.current_thread().name


def test_runs_work_on_a_thread_of_its_own(loop: LoopThread) -> None:
    assert loop.run(name()) == "mcp-kernel-tools loop"
    assert loop.submit(name()).result() == "mcp-kernel-tools loop"


def test_hands_on_what_the_work_raises(loop: LoopThread) -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        loop.run(fail())


def test_refuses_to_wait_for_itself(loop: LoopThread) -> None:
    async def wait() -> None:
        loop.run(name())

    with pytest.raises(RuntimeError, match="await the work instead"):
        loop.run(wait())


def test_cancels_what_is_cancelled_from_outside(loop: LoopThread) -> None:
    cancelled = threading.Event()
    begun = threading.Event()

    async def endless() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    future = loop.submit(endless())
    begun.wait()
    future.cancel()
    assert cancelled.wait(5)


def test_cancels_what_still_runs_when_it_closes() -> None:
    loop = LoopThread()
    begun = threading.Event()

    async def endless() -> None:
        begun.set()
        await asyncio.Event().wait()

    future = loop.submit(endless())
    begun.wait()
    loop.close()
    assert future.cancelled()
    assert not loop.alive
    loop.close()


def test_there_is_one_for_the_process() -> None:
    assert loop_thread.shared() is loop_thread.shared()


@pytest.mark.slow
@pytest.mark.filterwarnings(
    "ignore:This process:DeprecationWarning"
)  # fork with threads: on purpose
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_has_one_of_its_own() -> None:
    loop_thread.shared().run(name())
    child = os.fork()
    if child == 0:
        os._exit(0 if loop_thread.shared().run(name()) else 1)
    assert os.waitpid(child, 0)[1] == 0
