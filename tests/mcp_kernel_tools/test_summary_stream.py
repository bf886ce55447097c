import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mcp_kernel_tools.client import Client
from mcp_kernel_tools.errors import SummaryIncomplete

Stage = Callable[..., Awaitable[str]]
Peer = Any


async def complete(peer: Peer) -> None:
    request = await peer.frame("tools/call")
    await peer.stream(request, "Ann", " is well.")
    await peer.finish(request, "Ann is well.")


async def test_gives_its_tokens_then_none_then_the_summary(stage: Stage) -> None:
    async with Client(await stage(complete)) as client:
        stream = client.open_stream(7)
        with pytest.raises(RuntimeError, match="not come to its end"):
            stream.summary  # noqa: B018
        tokens: list[str] = []
        while fresh := await stream.next_tokens():
            tokens += fresh
        assert "".join(tokens) == stream.text == stream.summary.text == "Ann is well."
        assert await stream.next_tokens() == []
        assert client.last_summary is stream.summary


async def test_asks_for_nothing_before_its_first_token_is_wanted(stage: Stage) -> None:
    async with Client(await stage(complete)) as client:
        stream = client.open_stream(7)
        assert stream.text == ""
        stream.stop()
        await stream.next_tokens()
        stream.stop()


async def test_may_be_stopped_from_another_thread(stage: Stage) -> None:
    stopped = asyncio.Event()

    async def play(peer: Peer) -> None:
        await peer.stream(await peer.frame("tools/call"), "Ann")
        await peer.frame("notifications/cancelled")
        stopped.set()

    async with Client(await stage(play)) as client:
        stream = client.open_stream(7)
        await stream.next_tokens()
        await asyncio.to_thread(stream.stop)
        async with asyncio.timeout(5):
            await stopped.wait()


async def test_another_attempt_is_asked_for_by_its_number(stage: Stage) -> None:
    async def play(peer: Peer) -> None:
        request = await peer.frame("tools/call")
        assert request["params"]["arguments"] == {"patient_id": "7", "attempt": 2}
        await peer.finish(request, "")

    async with Client(await stage(play)) as client:
        await client.generate_summary(7, attempt=2)


async def test_a_grammar_is_asked_for_and_refused_in_so_many_words(stage: Stage) -> None:
    async def play(peer: Peer) -> None:
        for wanted in (True, False):
            request = await peer.frame("tools/call")
            assert request["params"]["arguments"] == {"patient_id": "7", "grammar": wanted}
            await peer.finish(request, "")

    async with Client(await stage(play)) as client:
        await client.generate_summary(7, grammar=True)
        assert [token async for token in client.stream_summary(7, grammar=False)] == []


async def test_a_stream_that_stopped_without_an_end_says_what_had_come(stage: Stage) -> None:
    async def play(peer: Peer) -> None:
        request = await peer.frame("tools/call")
        await peer.stream(request, "Half of it")
        await peer.refuse(request, "incomplete", "The stream stopped.", "Try again.")

    async with Client(await stage(play)) as client:
        stream = client.open_stream(7)
        assert await stream.next_tokens() == ["Half of it"]
        with pytest.raises(SummaryIncomplete, match=r"The stream stopped. Try again.") as caught:
            await stream.next_tokens()
    assert caught.value.text == "Half of it"
