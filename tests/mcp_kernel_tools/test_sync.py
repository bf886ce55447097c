import asyncio
import gc
import inspect
import signal
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from typing import Any

import pandas as pd
import pytest
from jupyter_client.manager import AsyncKernelManager

from mcp_kernel_tools.client import Client
from mcp_kernel_tools.errors import SummaryIncomplete, ToolFailed
from mcp_kernel_tools.launcher import Server
from mcp_kernel_tools.sync import SyncClient


class Face:
    """Either client behind one set of awaitable calls, so that one test body tries both."""

    def __init__(self, client: Client | SyncClient) -> None:
        self.client = client

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = getattr(self.client, name)
        if isinstance(self.client, Client):
            return method  # type: ignore[no-any-return]

        async def call(*arguments: Any, **named: Any) -> Any:
            return await asyncio.to_thread(method, *arguments, **named)

        return call

    async def tokens(self, patient_id: int) -> list[str]:
        stream = self.client.stream_summary(patient_id)
        if isinstance(stream, Generator):
            return await asyncio.to_thread(list, stream)
        return [token async for token in stream]

    async def close(self) -> None:
        if isinstance(self.client, Client):
            await self.client.aclose()
        else:
            await asyncio.to_thread(self.client.close)


@pytest.fixture(params=[Client, SyncClient])
async def face(request: pytest.FixtureRequest, server: Server) -> AsyncIterator[Face]:
    face = Face(request.param(server))
    yield face
    await face.close()


async def test_both_faces_go_the_whole_way_from_a_word_to_a_saved_summary(face: Any) -> None:
    found = await face.search_patients("numbness", limit=50)
    assert isinstance(found, pd.DataFrame)
    assert "25" in set(found["patient_id"])
    assert (await face.get_patient("25"))["name"] == "Janet Lee"

    tokens = await face.tokens(25)
    summary = face.client.last_summary
    assert "".join(tokens) == summary.text

    saved = await face.update_patient_summary(25, summary)
    assert saved["how"] == "generated"
    assert (await face.get_patient_summary(25))["summary"] == summary.text
    table = await face.read_summaries()
    assert list(table.loc[table["patient_id"] == "25", "summary"]) == [summary.text]
    assert (await face.list_summaries(limit=1))["total"] >= 1
    await face.undo_summary(25)
    assert not (await face.get_patient_summary(25))["saved"]


async def test_both_faces_hand_each_token_to_a_callback(face: Any) -> None:
    tokens: list[str] = []
    summary = await face.generate_summary(25, on_token=tokens.append)
    assert "".join(tokens) == summary.text == str(face.client.last_summary)


async def test_both_faces_read_the_patients_as_one_table(face: Any) -> None:
    patients = await face.read_patients()
    assert len(patients) == (await face.list_patients())["total"] == 200
    assert patients.loc[patients["patient_id"] == "25", "name"].item() == "Janet Lee"


async def test_both_faces_name_what_failed(face: Any) -> None:
    with pytest.raises(ToolFailed) as failed:
        await face.get_patient("no such")
    assert failed.value.kind == "unknown_patient"
    with pytest.raises(SummaryIncomplete) as cut:
        await face.generate_summary(27)
    assert cut.value.text == "It breaks off"
    with pytest.raises((ToolFailed, SummaryIncomplete)):
        await face.update_patient_summary(27, cut.value.text)


async def test_both_faces_save_nothing_where_nothing_has_completed(face: Any) -> None:
    before = (await face.get_patient_summary(25))["saved"]
    with pytest.raises(SummaryIncomplete):
        await face.update_patient_summary(25, None)
    with pytest.raises(ToolFailed) as failed:
        await face.update_patient_summary(25, 5)
    assert failed.value.kind == "invalid"
    assert (await face.get_patient_summary(25))["saved"] == before


async def test_both_faces_send_half_a_character_as_a_mark(face: Any) -> None:
    found = await face.search_patients("M\udcfcller")
    assert found.attrs["total"] == 0


async def test_both_faces_hold_a_text_against_the_record(face: Any) -> None:
    checked = await face.check_summary(25, "Janet Lee is 12 years old. Follow up soon.")
    assert [sentence["verdict"] for sentence in checked["sentences"]] == ["contradicted", "neutral"]
    (age,) = [claim for claim in checked["sentences"][0]["claims"] if claim["kind"] == "age"]
    assert (age["text"], age["field"]) == ("12 years old", "age")
    assert age["evidence"] == (await face.get_patient(25))["age"]
    assert checked["counts"]["omissions"] == len(checked["omissions"])


async def test_a_summary_comes_with_what_the_record_says_of_it(face: Any) -> None:
    summary = await face.generate_summary(25)
    assert summary.grounding == await face.check_summary(25, summary.text)


async def test_both_faces_speak_plain_mcp(face: Any) -> None:
    tools = await face.list_tools()
    assert {"generate_summary", "undo_summary"} <= {tool["name"] for tool in tools}
    result = await face.call_tool("server_status")
    assert result["structuredContent"]["model"]["name"] == "recorded"
    assert (await face.send_request("tools/list"))["tools"]
    assert (await face.server_status())["patients"] == 200
    assert 0 < await face.ping() < 5
    assert face.client.wire_log.to_frame()["kind"].isin(["tools/list"]).any()


@pytest.mark.parametrize(
    "name", [name for name in vars(Client) if not name.startswith("_") and name != "aclose"]
)
def test_both_faces_have_the_same_calls_in_the_same_words(name: str) -> None:
    ours, theirs = getattr(SyncClient, name), getattr(Client, name)
    assert inspect.signature(ours).parameters == inspect.signature(theirs).parameters
    assert ours.__doc__ == theirs.__doc__


async def test_works_where_a_loop_already_runs(server: Server) -> None:
    with SyncClient(server) as client:
        assert client.get_patient(25)["name"] == "Janet Lee"


def until_idle(client: SyncClient, *, within: float = 1.0) -> None:
    deadline = time.monotonic() + within
    while client.server_status()["running"]:
        assert time.monotonic() < deadline, "the model still runs"


def test_stops_the_model_when_a_loop_is_left_early(server: Server) -> None:
    with SyncClient(server) as client:
        for token in client.stream_summary(26):
            assert token == "Endless"
            break
        until_idle(client)


@pytest.mark.slow
def test_stops_the_model_when_a_stream_is_forgotten(server: Server) -> None:
    with SyncClient(server) as client:
        stream = client.stream_summary(26)
        next(stream)
        del stream
        gc.collect()
        until_idle(client)


def test_stops_the_model_when_it_is_interrupted_and_works_again(server: Server) -> None:
    streaming = threading.Event()

    def interrupt() -> None:
        streaming.wait()
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    with SyncClient(server) as client:
        threading.Thread(target=interrupt).start()
        with pytest.raises(KeyboardInterrupt):
            client.generate_summary(26, on_token=lambda token: streaming.set())
        until_idle(client)
        assert client.generate_summary(25).text.startswith("Janet")


def test_an_interrupt_while_nothing_comes_cancels_the_call(server: Server) -> None:
    with SyncClient(server) as client:
        waiting = client.submit(client.client.generate_summary(26))
        waiting.cancel()
        until_idle(client)


def test_calls_back_in_the_callers_own_thread(server: Server) -> None:
    threads: set[str] = set()
    with SyncClient(server) as client:
        client.generate_summary(25, on_token=lambda _: threads.add(threading.current_thread().name))
    assert threads == {threading.current_thread().name}


def test_may_be_used_by_several_threads_at_once(server: Server) -> None:
    async def gathered(client: SyncClient) -> list[Any]:
        calls = (asyncio.to_thread(client.generate_summary, 25) for _ in range(5))
        return await asyncio.gather(*calls)

    with SyncClient(server) as client:
        assert len({summary.text for summary in asyncio.run(gathered(client))}) == 1


@pytest.mark.slow
async def test_in_a_kernel_each_cell_has_its_own_output_and_an_interrupt_stops_the_model(
    server: Server,
) -> None:
    manager = AsyncKernelManager()
    await manager.start_kernel()
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready()

    async def cell(code: str, *, interrupt_at: str = "") -> str:
        """What the cell prints itself; interrupted once it has printed `interrupt_at`."""
        printed = ""

        def show(message: dict[str, Any]) -> None:
            nonlocal printed
            printed += message["content"].get("text", "")
            if interrupt_at and interrupt_at in printed and not interrupts:
                interrupts.append(asyncio.ensure_future(manager.interrupt_kernel()))

        interrupts: list[asyncio.Future[None]] = []
        await client.execute_interactive(code, output_hook=show, timeout=30)
        await asyncio.gather(*interrupts)
        return printed

    await cell(
        "from mcp_kernel_tools import SyncClient\n"
        f"client = SyncClient({server.url!r}, token={server.token!r}, verbose=True)\n"
        "client.connect()"
    )
    try:
        assert "get_patient" in await cell("record = client.get_patient(25)")
        told = await cell("client.generate_summary(26)", interrupt_at="Endless Endless")
        assert "Tokens complete" not in told
        assert "\n0\n" in await cell(
            "import time; deadline = time.monotonic() + 1\n"
            "while (n := client.server_status()['running']) and time.monotonic() < deadline: pass\n"
            "print(n)"
        )
        assert "Tokens complete" in await cell("client.generate_summary(25)")
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)
