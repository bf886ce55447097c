import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from mcp_kernel_tools.client import Client
from mcp_kernel_tools.errors import (
    ConnectionLost,
    RequestRefused,
    ServerNotRunning,
    SummaryIncomplete,
    ToolFailed,
)
from mcp_kernel_tools.launcher import Server
from mcp_kernel_tools.settings import Settings

Stage = Callable[..., Awaitable[str]]
Peer = Any


async def until_idle(client: Client, *, within: float = 1.0) -> None:
    """Wait until no model runs at the server."""
    deadline = time.monotonic() + within
    while (await client.server_status())["running"]:
        assert time.monotonic() < deadline, "the model still runs"


async def test_stops_the_model_when_a_loop_is_left_early(server: Server) -> None:
    async with Client(server) as client:
        async for token in client.stream_summary(26):
            assert token == "Endless"
            break
        await until_idle(client)


async def test_stops_the_model_when_its_task_is_cancelled(server: Server) -> None:
    async with Client(server) as client:
        streaming = asyncio.Event()
        task = asyncio.create_task(
            client.generate_summary(26, on_token=lambda token: streaming.set())
        )
        await streaming.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until_idle(client)


@pytest.mark.slow
async def test_stops_the_model_when_a_stream_is_forgotten(server: Server) -> None:
    async with Client(server) as client:
        stream = client.stream_summary(26)
        await anext(stream)
        del stream
        gc.collect()
        await until_idle(client)


async def test_stops_the_model_when_the_reader_of_its_tokens_fails(server: Server) -> None:
    def fail(token: str) -> None:
        raise ZeroDivisionError

    async with Client(server) as client:
        with pytest.raises(ZeroDivisionError):
            await client.generate_summary(26, on_token=fail)
        await until_idle(client)


@pytest.mark.slow
async def test_a_client_that_is_dropped_leaves_no_connection(stage: Stage) -> None:
    gone = asyncio.Event()

    async def play(peer: Peer) -> None:
        await peer.socket.wait_closed()
        gone.set()

    client = Client(await stage(play))
    await client.connect()
    del client
    gc.collect()
    async with asyncio.timeout(5):
        await gone.wait()


async def test_answers_other_calls_while_a_summary_streams(server: Server) -> None:
    async with Client(server) as client:
        stream = client.stream_summary(26)
        await anext(stream)
        found = await client.find_patients("diabetes")
        await anext(stream)
        await stream.aclose()
        assert found["total"] > 5
        await until_idle(client)


async def test_runs_two_summaries_at_once_and_mixes_nothing(server: Server) -> None:
    async with Client(server) as client:
        first, second = await asyncio.gather(
            client.generate_summary(25), client.generate_summary(28)
        )
    assert first.text.startswith("Janet")
    assert "🩺" in second.text
    assert second.finish_reason == "length"


async def test_connects_again_after_a_lost_connection(stage: Stage) -> None:
    async def play(peer: Peer) -> None:
        await peer.answer(await peer.frame("first"), {"well": True})
        await peer.frame("second")
        await peer.socket.close()

    client = Client(await stage(play))
    for _ in range(2):
        assert await client.send_request("first") == {"well": True}
        with pytest.raises(ConnectionLost, match="ended"):
            await client.send_request("second")


async def test_follows_a_server_that_moved(stage: Stage) -> None:
    @dataclass
    class Moving:
        url: str
        token: str | None = None

    async def play(peer: Peer) -> None:
        await peer.answer(await peer.frame("where"), {"path": peer.socket.request.path})
        await peer.socket.close()

    url = await stage(play)
    server = Moving(url + "/one")
    client = Client(server)
    assert await client.send_request("where") == {"path": "/mcp/one"}
    with pytest.raises(ConnectionLost):
        await client.send_request("again")
    server.url = url + "/two"
    assert await client.send_request("where") == {"path": "/mcp/two"}
    await client.aclose()


def test_may_be_used_from_one_event_loop_after_another(server: Server) -> None:
    client = Client(server)

    async def name() -> str:
        try:
            return (await client.get_patient(25))["name"]
        finally:
            await client.aclose()

    assert asyncio.run(name()) == asyncio.run(name()) == "Janet Lee"


async def test_a_connection_lost_in_mid_stream_leaves_an_incomplete_text(stage: Stage) -> None:
    async def play(peer: Peer) -> None:
        await peer.stream(await peer.frame("tools/call"), "Half of", " it")
        await peer.socket.close()

    client = Client(await stage(play))
    with pytest.raises(SummaryIncomplete) as caught:
        await client.generate_summary(25)
    assert caught.value.text == "Half of it"
    assert caught.value.next
    assert client.last_summary is None


async def test_a_connection_lost_before_the_first_token_is_just_lost(stage: Stage) -> None:
    async def play(peer: Peer) -> None:
        await peer.frame("tools/call")
        await peer.socket.close()

    with pytest.raises(ConnectionLost):
        await Client(await stage(play)).generate_summary(25)


async def test_a_result_that_differs_from_its_tokens_is_incomplete(stage: Stage) -> None:
    async def play(peer: Peer) -> None:
        request = await peer.frame("tools/call")
        await peer.stream(request, "one")
        await peer.finish(request, "another")

    client = Client(await stage(play))
    with pytest.raises(SummaryIncomplete, match="not what its tokens say"):
        await client.generate_summary(25)
    await client.aclose()


async def test_a_model_that_fails_in_mid_stream_names_its_kind(stage: Stage) -> None:
    async def play(peer: Peer) -> None:
        request = await peer.frame("tools/call")
        await peer.stream(request, "one")
        await peer.refuse(request, "model_failed", "The model stopped.", "Start it.")

    client = Client(await stage(play))
    with pytest.raises(ToolFailed, match=r"The model stopped. Start it.") as caught:
        await client.generate_summary(25)
    assert caught.value.kind == "model_failed"
    await client.aclose()


async def test_lists_the_tools_of_every_page(stage: Stage) -> None:
    async def play(peer: Peer) -> None:
        first = await peer.frame("tools/list")
        await peer.answer(first, {"tools": [{"name": "a"}], "nextCursor": "more"})
        second = await peer.frame("tools/list")
        assert second["params"] == {"cursor": "more"}
        await peer.answer(second, {"tools": [{"name": "b"}]})

    client = Client(await stage(play))
    assert [tool["name"] for tool in await client.list_tools()] == ["a", "b"]
    await client.aclose()


async def test_reads_a_table_page_by_page(stage: Stage) -> None:
    async def play(peer: Peer) -> None:
        for offset in range(3):
            request = await peer.frame("tools/call")
            assert request["params"]["arguments"]["offset"] == offset
            page = {"total": 3, "offset": offset, "summaries": [{"patient_id": f"{offset}"}]}
            await peer.answer(request, {"structuredContent": page})

    client = Client(await stage(play))
    assert list((await client.read_summaries())["patient_id"]) == ["0", "1", "2"]
    await client.aclose()


async def test_a_whole_number_of_a_column_with_gaps_is_sent_as_one(stage: Stage) -> None:
    async def play(peer: Peer) -> None:
        request = await peer.frame("tools/call")
        assert request["params"]["arguments"] == {"patient_id": "42"}
        await peer.answer(request, {"structuredContent": {"patient_id": "42"}})

    client = Client(await stage(play))
    assert (await client.get_patient(42.0))["patient_id"] == "42"
    await client.aclose()


async def test_a_method_that_the_server_does_not_know_is_refused(server: Server) -> None:
    async with Client(server) as client:
        with pytest.raises(RequestRefused):
            await client.send_request("no/such/method")


async def test_knows_the_server_of_the_environment(server: Server) -> None:
    settings = Settings(url=server.url, token=server.token)
    async with Client(settings=settings) as client:
        assert (await client.server_status())["patients"] == 200


async def test_says_what_is_missing_when_it_was_told_of_no_server() -> None:
    with pytest.raises(ServerNotRunning, match="start_server"):
        await Client().connect()


async def test_tells_what_crosses_the_wire_when_it_is_verbose(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    async with Client(server, verbose=True) as client:
        capsys.readouterr()
        await client.generate_summary(25)
    assert capsys.readouterr().out == (
        "[Tool Call] generate_summary(patient_id='25')\n"
        "[recorded] Requesting AI summary generation with streaming...\n"
        "[WebSocket →] Sending: tools/call\n"
        "[WebSocket ←] Waiting for response...\n"
        "[🔄 Streaming] Starting token stream:  "
        "Janet Lee has numb limbs, swollen legs and joint pain.\n"
        "[🔄 Streaming] Tokens complete\n"
        "[WebSocket ←] Response received: tools/call → Success\n"
    )


async def test_a_verbose_client_tells_of_a_failure_and_shows_nothing_that_acts(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    async with Client(server, verbose=True) as client:
        await client.generate_summary(28)
        with pytest.raises(ToolFailed):
            await client.get_patient("no\x1b[31m")
    told = capsys.readouterr().out
    assert "\x1b" not in told
    assert "␛[31mred <img onerror=x>" in told
    assert told.endswith("tools/call → Error\n")
