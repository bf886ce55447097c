"""The wire protocol, frame by frame, against a real server."""

import asyncio
import json
from typing import Any

import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from mcp_kernel_tools import wire
from server.websocket import MAX_OPEN
from tests.running import RunningServer, ask, call, recording, running_server, shake_hands


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
async def test_a_client_that_never_says_initialized_is_served(
    server: RunningServer, version: str
) -> None:
    async with server.connect() as connection:
        answer = await shake_hands(connection, version)
        assert answer["result"]["protocolVersion"] == version
        listed, _ = await ask(connection, 1, "tools/list")
        assert "generate_summary" in {tool["name"] for tool in listed["result"]["tools"]}


async def test_tokens_come_before_the_response_and_add_up_to_it(
    connection: ClientConnection,
) -> None:
    result, frames = await call(connection, 3, "generate_summary", patient_id=25)
    transcript = wire.Transcript()
    for frame in frames:
        assert set(frame) == {"type", "token", "position", "id"}
        assert (frame["type"], frame["id"]) == ("stream_token", 3)
        transcript.add(frame["token"], frame["position"])
    data = result["structuredContent"]
    assert transcript.text == data["summary"] == "Janet Lee is well."
    assert transcript.position == data["characters"] == 18
    assert result["content"][0]["text"] == (
        "Generated Summary for Janet Lee (ID: 25):\n\nJanet Lee is well."
    )
    assert set(data) == {
        "patient_id",
        "name",
        "summary",
        "model",
        "finish_reason",
        "tokens",
        "characters",
        "first_token_seconds",
        "seconds",
        "generation_id",
        "source",
        "grounding",
    }


async def test_the_request_id_keeps_its_json_type(connection: ClientConnection) -> None:
    for id in (9, "9"):
        _, frames = await call(connection, id, "generate_summary", patient_id="25")
        assert {repr(frame["id"]) for frame in frames} == {repr(id)}


async def test_without_streaming_the_same_text_comes_in_one_response(
    connection: ClientConnection,
) -> None:
    streamed, _ = await call(connection, 1, "generate_summary", patient_id="25")
    whole, frames = await call(connection, 2, "generate_summary", patient_id="25", stream=False)
    assert frames == []
    assert whole["content"] == streamed["content"]


async def test_a_request_with_a_progress_token_gets_standard_progress_instead(
    connection: ClientConnection,
) -> None:
    answer, frames = await ask(
        connection,
        5,
        "tools/call",
        name="generate_summary",
        arguments={"patient_id": "25"},
        _meta={"progressToken": "p"},
    )
    assert {frame["method"] for frame in frames} == {"notifications/progress"}
    told = [frame["params"] for frame in frames]
    summary = answer["result"]["structuredContent"]["summary"]
    assert "".join(each["message"] for each in told) == summary
    assert told[-1]["progress"] == len(summary)


@pytest.mark.parametrize(
    ("frame", "code", "id"),
    [
        ("not json", -32700, None),
        ("[" * 100_000, -32700, None),
        ('{"jsonrpc": "2.0", "id": "\\ud800", "method": "ping"}', -32600, None),
        ("[]", -32600, None),
        ("7", -32600, None),
        ('{"jsonrpc": "2.0", "id": 4}', -32600, 4),
        ('{"jsonrpc": "1.0", "id": "a", "method": "ping"}', -32600, "a"),
        ('{"jsonrpc": "2.0", "id": {"a": 1}, "method": "ping"}', -32600, None),
        ('{"jsonrpc": "2.0", "id": 6, "method": 5}', -32600, 6),
    ],
)
async def test_a_frame_that_is_no_message_is_answered_and_the_connection_lives(
    connection: ClientConnection, frame: str, code: int, id: Any
) -> None:
    await connection.send(frame)
    answer = json.loads(await connection.recv())
    assert (answer["error"]["code"], answer["id"]) == (code, id)
    pong, _ = await ask(connection, 99, "ping")
    assert pong["result"] == {}


async def test_an_unknown_method_is_told_so(connection: ClientConnection) -> None:
    answer, _ = await ask(connection, 1, "patients/delete")
    assert answer["error"]["code"] == -32601


async def test_a_binary_frame_ends_the_connection_as_unsupported(
    connection: ClientConnection,
) -> None:
    await connection.send(b"{}")
    with pytest.raises(websockets.ConnectionClosed) as caught:
        await connection.recv()
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1003


async def test_the_subprotocol_is_taken_when_it_is_offered(server: RunningServer) -> None:
    async with server.connect(subprotocols=["mcp"]) as connection:
        assert connection.subprotocol == "mcp"
    async with server.connect() as connection:
        assert connection.subprotocol is None


@pytest.mark.slow
async def test_a_stopped_stream_sends_nothing_more_and_frees_the_model(tmp_path: Any) -> None:
    model = recording(tmp_path / "slow.jsonl", ["word "] * 10_000, delay=0.005)
    with running_server(
        tmp_path, "--model", model, environ={"MCP_KERNEL_TOOLS_MODEL_SLOTS": "1"}
    ) as server:
        async with server.connect() as connection:
            await shake_hands(connection)
            params = {"name": "generate_summary", "arguments": {"patient_id": "25"}}
            await connection.send(wire.encode(wire.request(1, "tools/call", params)))
            await connection.recv()
            cancel = wire.notification("notifications/cancelled", {"requestId": 1})
            await connection.send(wire.encode(cancel))
            running = 1
            while running:
                status, _ = await call(connection, "status", "server_status")
                running = status["structuredContent"]["running"]
            _, late = await call(connection, "again", "server_status")
            assert late == []
        async with server.connect() as connection:
            await shake_hands(connection)
            await connection.send(wire.encode(wire.request(2, "tools/call", params)))
            await connection.recv()
        async with server.connect() as connection:  # the other one left in mid-stream
            await shake_hands(connection)
            running = 1
            while running:
                status, _ = await call(connection, "status", "server_status")
                running = status["structuredContent"]["running"]


@pytest.mark.slow
async def test_other_clients_are_answered_while_a_long_text_is_checked(
    server: RunningServer, connection: ClientConnection
) -> None:
    async with server.connect() as other:
        await shake_hands(other)
        checked = {"patient_id": "25", "summary": "She takes metformin. " * 3000}
        params = {"name": "check_summary", "arguments": checked}
        await connection.send(wire.encode(wire.request(1, "tools/call", params)))
        answer = asyncio.create_task(connection.recv())
        for id in range(5):  # the first may come before the check begins
            await call(other, id, "server_status")
        assert not answer.done()
        assert '"isError":false' in str(await answer)


@pytest.mark.slow
async def test_a_cancelled_request_makes_room_for_another(
    server: RunningServer, connection: ClientConnection
) -> None:
    params = {"name": "generate_summary", "arguments": {"patient_id": "25"}}
    for id in range(MAX_OPEN + 1):
        await connection.send(wire.encode(wire.request(id, "tools/call", params)))
        cancel = wire.notification("notifications/cancelled", {"requestId": id})
        await connection.send(wire.encode(cancel))
    await call(connection, "last", "server_status")
