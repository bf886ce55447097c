"""OpenAI-compatible servers, against a real HTTP server that speaks their events."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from server.errors import Incomplete, Invalid, ModelFailed
from server.models.base import Finish, Options
from server.models.openai_compatible import OpenAICompatibleModel, messages, read_event
from tests.server.models.model_server import (
    OPENAI,
    PROMPT,
    QUICK,
    ModelServer,
    collect,
    model_server,
    openai_chunk,
    openai_event,
    says,
    streams,
)

CHAT = OPENAI.path
TOKEN, LAST = OPENAI.token, OPENAI.last


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with model_server() as running:
        yield running


@pytest.fixture
async def model(server: ModelServer) -> AsyncIterator[OpenAICompatibleModel]:
    some = OpenAICompatibleModel("m", server.url, limits=QUICK)
    yield some
    await some.aclose()


def finished(reason: str | None, **delta: Any) -> bytes:
    return openai_chunk(choices=[{"index": 0, "delta": delta, "finish_reason": reason}])


TOLERATED: dict[str, tuple[bytes, ...]] = {
    "the plain form": (TOKEN("Ann"), TOKEN(" rests."), LAST),
    "a chunk that only says who speaks": (
        openai_event(role="assistant", content=None),
        TOKEN("Ann"),
        TOKEN(" rests."),
        LAST,
    ),
    "no space after data": ((TOKEN("Ann") + TOKEN(" rests.") + LAST).replace(b"data: ", b"data:"),),
    "lines that end as in HTTP": (
        (TOKEN("Ann") + TOKEN(" rests.") + LAST).replace(b"\n", b"\r\n"),
    ),
    "a byte order mark": (b"\xef\xbb\xbf" + TOKEN("Ann"), TOKEN(" rests."), LAST),
    "comments and other fields": (
        b": ping\n\nevent: message\nid: 7\nretry: 10\n",
        TOKEN("Ann"),
        b":\n\n",
        TOKEN(" rests."),
        LAST,
    ),
    "no blank line between events": tuple(
        piece.replace(b"\n\n", b"\n") for piece in (TOKEN("Ann"), TOKEN(" rests."), LAST)
    ),
    "empty data": (b"data:\n\n", TOKEN("Ann"), b"data: \n\n", TOKEN(" rests."), LAST),
    "usage in a chunk without choices": (
        TOKEN("Ann"),
        openai_chunk(choices=[], usage={"total_tokens": 9}),
        TOKEN(" rests."),
        LAST,
    ),
    "choices that are null": (TOKEN("Ann"), openai_chunk(choices=None), TOKEN(" rests."), LAST),
    "the end in the last text's chunk": (TOKEN("Ann"), finished("stop", content=" rests.")),
    "an empty finish reason all along": (
        finished("", content="Ann"),
        finished("", content=" rests."),
        finished("stop"),
    ),
    "no delta in the last chunk": (
        TOKEN("Ann"),
        TOKEN(" rests."),
        openai_chunk(choices=[{"index": 0, "finish_reason": "eos"}]),
    ),
    "no end but the last line": (TOKEN("Ann"), TOKEN(" rests."), b"data: [DONE]\n\n"),
    "no line end after the last line": (TOKEN("Ann"), TOKEN(" rests."), LAST.strip()),
    "thinking in a field of its own": (
        openai_event(reasoning_content="Hmm."),
        openai_event(reasoning="Hm?", content=""),
        TOKEN("Ann"),
        TOKEN(" rests."),
        LAST,
    ),
    "a null error": (openai_chunk(error=None, choices=[]), TOKEN("Ann"), TOKEN(" rests."), LAST),
    "the whole text in one answer": (
        json.dumps(
            {"choices": [{"message": {"content": "Ann rests."}, "finish_reason": "stop"}]}
        ).encode(),
    ),
}


@pytest.mark.parametrize("pieces", TOLERATED.values(), ids=TOLERATED)
async def test_reads_what_servers_differ_in(
    server: ModelServer, model: OpenAICompatibleModel, pieces: tuple[bytes, ...]
) -> None:
    server.on(CHAT, streams(*pieces, content_type="text/event-stream"))
    assert await collect(model) == ("Ann rests.", Finish("stop"))


@pytest.mark.parametrize(
    ("said", "meant"),
    [("stop", "stop"), ("length", "length"), ("max_tokens", "length"), ("end_turn", "stop")],
)
async def test_knows_the_words_for_an_end(
    server: ModelServer, model: OpenAICompatibleModel, said: str, meant: str
) -> None:
    server.on(CHAT, streams(TOKEN("Ann"), finished(said)))
    _, finish = await collect(model)
    assert finish
    assert finish.reason == meant


@pytest.mark.parametrize("reason", ["content_filter", "tool_calls", "abort"])
async def test_another_end_than_the_model_s_is_none(
    server: ModelServer, model: OpenAICompatibleModel, reason: str
) -> None:
    server.on(CHAT, streams(TOKEN("Ann"), finished(reason)))
    with pytest.raises(Incomplete):
        await collect(model)


async def test_neither_an_end_nor_done_is_incomplete(
    server: ModelServer, model: OpenAICompatibleModel
) -> None:
    server.on(CHAT, streams(TOKEN("Ann")))
    with pytest.raises(Incomplete):
        await collect(model)


@pytest.mark.parametrize(
    "event",
    [
        b'data: {"error": {"message": "boom"}}\n\n',
        b'error: {"error": {"message": "boom"}}\n\n',
        b'{"error": {"message": "boom"}}\n',
        b'data: {"object": "error", "message": "boom"}\n\n',
    ],
)
async def test_an_error_in_the_stream_is_an_error(
    server: ModelServer, model: OpenAICompatibleModel, event: bytes
) -> None:
    server.on(CHAT, streams(TOKEN("Ann"), event, LAST))
    with pytest.raises(ModelFailed, match="in its stream"):
        await collect(model)


@pytest.mark.parametrize(
    "event",
    [
        b"data: no json\n\n",
        b"<html>\n",
        b"data: 7\n\n",
        b'data: {"choices": {"a": 1}}\n\n',
        b'data: {"choices": [7]}\n\n',
        b'data: {"choices": [{"delta": {"content": 7}}]}\n\n',
        b'data: {"choices": [{"delta": [7]}]}\n\n',
    ],
)
async def test_an_event_of_something_else_is_an_error(
    server: ModelServer, model: OpenAICompatibleModel, event: bytes
) -> None:
    server.on(CHAT, streams(TOKEN("Ann"), event, LAST))
    with pytest.raises(ModelFailed, match="not its protocol"):
        await collect(model)


async def test_sends_what_was_chosen_and_nothing_else(
    server: ModelServer, model: OpenAICompatibleModel
) -> None:
    server.on(CHAT, OPENAI.story("Ann."))
    await collect(model, Options(temperature=0.1, grammar="root ::= [a-z]+"))
    assert server.bodies(CHAT) == [
        {"model": "m", "messages": messages(PROMPT), "stream": True, "temperature": 0.1}
    ]


async def test_a_grammar_goes_to_those_who_take_one(server: ModelServer) -> None:
    server.on(CHAT, OPENAI.story("ann"))
    model = OpenAICompatibleModel(
        "m",
        server.url,
        takes_grammar=True,
        key="secret",
        defaults=Options(seed=1),
        extra={"cache_prompt": True},
        limits=QUICK,
    )
    await collect(model, Options(grammar="root ::= [a-z]+"))
    await model.aclose()
    body = server.bodies(CHAT)[0]
    assert (body["grammar"], body["seed"], body["cache_prompt"]) == ("root ::= [a-z]+", 1, True)
    assert server.requests[0].headers["authorization"] == "Bearer secret"


def test_examples_become_turns() -> None:
    assert [turn["role"] for turn in messages(PROMPT)] == ["system", "user", "assistant", "user"]


@pytest.mark.parametrize("end", ["", "/", "/v1", "/v1/", "/v1/chat/completions"])
async def test_takes_the_address_as_people_copy_it(server: ModelServer, end: str) -> None:
    server.on(CHAT, OPENAI.story("Ann."))
    model = OpenAICompatibleModel("m", server.url + end, limits=QUICK)
    assert (await collect(model))[0] == "Ann."
    await model.aclose()


async def test_loading_asks_whether_the_server_is_there(
    server: ModelServer, model: OpenAICompatibleModel
) -> None:
    server.on("/v1/models", says({"data": [{"id": "m"}]}))
    await model.load()
    assert [request.path for request in server.requests] == ["/v1/models"]


async def test_a_server_without_a_list_of_models_is_there_too(
    server: ModelServer, model: OpenAICompatibleModel
) -> None:
    await model.load()
    assert [request.path for request in server.requests] == ["/v1/models"]


def test_an_address_elsewhere_is_refused_at_once() -> None:
    with pytest.raises(Invalid, match="--allow-remote-model"):
        OpenAICompatibleModel("m", "http://gpu.example/v1")


def test_a_comment_says_nothing() -> None:
    assert read_event(b": ping") == ("", None)
