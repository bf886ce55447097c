import asyncio

import pytest

from server.errors import Busy
from server.slots import Slots


async def nobody(place: int) -> None: ...


class Request:
    """One request for a place: it tells its places, holds its slot until `done` is set."""

    def __init__(self, slots: Slots) -> None:
        self.places: list[int] = []
        self.started = asyncio.Event()
        self.done = asyncio.Event()
        self.task = asyncio.create_task(self._run(slots))

    async def _run(self, slots: Slots) -> None:
        async with slots.take(self._tell):
            self.started.set()
            await self.done.wait()

    async def _tell(self, place: int) -> None:
        self.places.append(place)

    async def finish(self) -> None:
        self.done.set()
        await self.task


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_as_many_run_as_there_are_slots_and_the_rest_wait_in_order() -> None:
    slots = Slots(1, queue=5)
    first, second, third = (Request(slots) for _ in range(3))
    await first.started.wait()
    await settle()
    assert (slots.running, slots.waiting) == (1, 2)
    await first.finish()
    await second.started.wait()
    assert not third.started.is_set()
    await second.finish()
    await third.finish()
    assert (slots.running, slots.waiting) == (0, 0)


async def test_who_waits_learns_each_new_place() -> None:
    slots = Slots(1, queue=5)
    first, second, third = (Request(slots) for _ in range(3))
    await settle()
    await first.finish()
    await settle()
    await second.finish()
    await third.finish()
    assert (second.places, third.places) == ([1], [2, 1])


async def test_a_full_queue_is_busy_and_names_its_length() -> None:
    slots = Slots(1, queue=1)
    first, second = Request(slots), Request(slots)
    await settle()
    with pytest.raises(Busy, match="1 requests wait"):
        async with slots.take(nobody):
            pass
    await first.finish()
    await second.finish()


async def test_without_a_limit_nobody_waits() -> None:
    slots = Slots(None, queue=0)
    async with slots.take(nobody), slots.take(nobody):
        assert slots.running == 2
    assert slots.running == 0


async def test_a_request_that_gives_up_while_it_waits_leaves_no_gap() -> None:
    slots = Slots(1, queue=5)
    first, second, third = (Request(slots) for _ in range(3))
    await settle()
    second.task.cancel()
    await settle()
    assert third.places == [2, 1]
    await first.finish()
    await third.started.wait()
    await third.finish()
    assert (slots.running, slots.waiting) == (0, 0)


async def test_a_place_that_comes_as_the_request_is_given_up_goes_to_the_next() -> None:
    slots = Slots(1, queue=5)
    first, second, third = (Request(slots) for _ in range(3))
    await settle()
    first.done.set()
    await asyncio.wait([first.task])
    second.task.cancel()  # admitted, but it has not run since
    await third.started.wait()
    await third.finish()
    assert (slots.running, slots.waiting) == (0, 0)
