"""Ollama, against a real HTTP server that speaks its NDJSON (see `model_server`)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from server.errors import Incomplete, Invalid, ModelAbsent, ModelFailed, ModelMissing, ModelTimeout
from server.models.base import Finish, Options
from server.models.ollama import OllamaModel, is_cloud, prompt_text, read_line
from tests.server.models.model_server import (
    OLLAMA,
    PROMPT,
    QUICK,
    SECONDS,
    ModelServer,
    Wire,
    collect,
    cuts,
    hangs,
    model_server,
    ollama_line,
    refuse,
    says,
    streams,
)

GENERATE = OLLAMA.path
TOKEN, LAST = OLLAMA.token, OLLAMA.last


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with model_server() as running:
        OLLAMA.prepare(running)
        yield running


@pytest.fixture
async def model(server: ModelServer) -> AsyncIterator[OllamaModel]:
    phi = OllamaModel("phi", server.url, limits=QUICK)
    yield phi
    await phi.aclose()


async def test_streams_the_tokens_as_they_were_sent(
    server: ModelServer, model: OllamaModel
) -> None:
    words = ["Ann", " has", " \u2028", " ümläut", " 😀", "\n", '"quotes"']
    server.on(GENERATE, OLLAMA.story(*words))
    parts = [part async for part in model.stream(PROMPT, Options())]
    assert parts == [*words, Finish("stop")]


async def test_a_token_limit_ends_a_text_as_well(server: ModelServer, model: OllamaModel) -> None:
    server.on(GENERATE, streams(TOKEN("Ann"), ollama_line(done=True, done_reason="length")))
    assert await collect(model) == ("Ann", Finish("length"))


async def test_text_in_the_last_line_belongs_to_the_stream(
    server: ModelServer, model: OllamaModel
) -> None:
    server.on(GENERATE, streams(ollama_line(response="Ann.", done=True, done_reason="stop")))
    assert await collect(model) == ("Ann.", Finish("stop"))


async def test_an_older_server_gives_no_reason(server: ModelServer, model: OllamaModel) -> None:
    server.on(GENERATE, streams(TOKEN("Ann"), ollama_line(response="", done=True)))
    assert await collect(model) == ("Ann", Finish("stop"))


async def test_lines_need_not_come_one_a_chunk(server: ModelServer, model: OllamaModel) -> None:
    whole = TOKEN("Ann") + b"\r\n" + TOKEN(" ümläut").replace(b"\n", b"\r\n") + LAST.strip()
    pieces = [whole[i : i + 7] for i in range(0, len(whole), 7)]
    server.on(GENERATE, streams(*pieces))
    assert await collect(model) == ("Ann ümläut", Finish("stop"))


async def test_asks_for_the_whole_record_and_no_thinking(
    server: ModelServer, model: OllamaModel
) -> None:
    server.on(GENERATE, OLLAMA.story("Ann."))
    await collect(model, Options(seed=3, max_tokens=9))
    assert server.bodies(GENERATE) == [
        {
            "model": "phi",
            "system": "Use only the facts.",
            "prompt": prompt_text(PROMPT),
            "stream": True,
            "truncate": False,
            "think": False,
            "options": {"temperature": 0.7, "seed": 3, "num_predict": 9, "num_ctx": 4096},
        }
    ]


def test_examples_stand_before_the_request() -> None:
    assert prompt_text(PROMPT) == (
        "Example request:\nRewrite: Bo.\n\nExample answer:\nBo is well.\n\nRewrite: Ann."
    )


async def test_thinking_is_no_part_of_the_text(server: ModelServer, model: OllamaModel) -> None:
    thought = ollama_line(response="", thinking="Hmm, Ann.", done=False)
    server.on(GENERATE, streams(thought, TOKEN("Ann."), LAST))
    assert await collect(model) == ("Ann.", Finish("stop"))


async def test_closing_the_stream_closes_the_connection(
    server: ModelServer, model: OllamaModel
) -> None:
    freed = asyncio.Event()

    async def waits(wire: Wire) -> None:
        await wire.open()
        await wire.chunk(TOKEN("Ann"))
        await wire.gone()
        freed.set()

    server.on(GENERATE, waits)
    async with aclosing(model.stream(PROMPT, Options())) as parts:
        assert await anext(parts) == "Ann"
    await asyncio.wait_for(freed.wait(), SECONDS)


@pytest.mark.slow
async def test_the_reader_s_own_time_is_no_silence(server: ModelServer, model: OllamaModel) -> None:
    server.on(GENERATE, OLLAMA.story("Ann", " has", " pain."))
    async with aclosing(model.stream(PROMPT, Options())) as parts:
        assert await anext(parts) == "Ann"
        paused = asyncio.Event()
        asyncio.get_running_loop().call_later(QUICK.silence_seconds * 1.2, paused.set)
        await paused.wait()
        assert [part async for part in parts] == [" has", " pain.", Finish("stop")]


async def test_the_whole_text_comes_in_one_answer(server: ModelServer, model: OllamaModel) -> None:
    server.on(GENERATE, says({"response": "Ann.", "done": True, "done_reason": "stop"}))
    assert await model.complete(PROMPT, Options()) == ("Ann.", Finish("stop"))
    assert server.bodies(GENERATE)[0]["stream"] is False


async def test_an_answer_that_is_not_done_is_incomplete(
    server: ModelServer, model: OllamaModel
) -> None:
    server.on(GENERATE, says({"response": "Ann", "done": False}))
    with pytest.raises(Incomplete):
        await model.complete(PROMPT, Options())


async def test_loading_sends_no_prompt(server: ModelServer, model: OllamaModel) -> None:
    server.on(GENERATE, says({"response": "", "done": True, "done_reason": "load"}))
    await model.load()
    assert server.bodies(GENERATE) == [
        {"model": "phi", "options": {"num_ctx": 4096}, "stream": False}
    ]


async def test_without_ollama_the_error_names_its_command() -> None:
    async with model_server() as gone:
        address = gone.url
    model = OllamaModel("phi", address, limits=QUICK)
    with pytest.raises(ModelAbsent, match="`ollama serve`"):
        await collect(model)
    with pytest.raises(ModelAbsent, match="`ollama serve`"):
        await model.load()
    await model.aclose()


async def test_a_model_that_was_not_pulled_names_its_command(
    server: ModelServer, model: OllamaModel
) -> None:
    server.on("/api/show", refuse(404, "model 'phi' not found"))
    with pytest.raises(ModelMissing, match="`ollama pull phi`"):
        await collect(model)


async def test_no_record_is_sent_to_a_cloud_model(server: ModelServer, model: OllamaModel) -> None:
    server.on("/api/show", says({"remote_host": "https://ollama.example", "remote_model": "x"}))
    with pytest.raises(Invalid, match="--allow-remote-model"):
        await collect(model)
    with pytest.raises(Invalid, match="--allow-remote-model"):
        await model.load()
    assert server.bodies(GENERATE) == []


async def test_a_cloud_model_is_used_on_purpose_only(server: ModelServer) -> None:
    server.on(GENERATE, OLLAMA.story("Ann."))
    model = OllamaModel("glm:cloud", server.url, allow_remote=True, limits=QUICK)
    assert await collect(model) == ("Ann.", Finish("stop"))
    await model.aclose()


@pytest.mark.parametrize("name", ["gpt-oss:120b-cloud", "glm:cloud"])
def test_a_cloud_tag_is_refused_at_once(name: str) -> None:
    with pytest.raises(Invalid, match="--allow-remote-model"):
        OllamaModel(name)


def test_an_address_elsewhere_is_refused_at_once() -> None:
    with pytest.raises(Invalid, match="--allow-remote-model"):
        OllamaModel("phi", "gpu.example:11434")


def test_a_local_model_is_none_of_the_cloud() -> None:
    assert not is_cloud("phi:latest", {"remote_host": "", "capabilities": ["completion"]})


@pytest.mark.parametrize(
    "line",
    [
        b"no json",
        b"[1]",
        b'{"response": 5}',
        b'{"response": "\xff"}',
        b"[" * 100_000,
        b'{"response": ' + b"9" * 5000 + b"}",
    ],
)
async def test_a_line_of_something_else_is_an_error(
    server: ModelServer, model: OllamaModel, line: bytes
) -> None:
    server.on(GENERATE, streams(TOKEN("Ann"), line + b"\n", LAST))
    with pytest.raises(ModelFailed, match="not its protocol"):
        await collect(model)


async def test_an_end_for_another_reason_is_none(server: ModelServer, model: OllamaModel) -> None:
    server.on(GENERATE, streams(TOKEN("Ann"), ollama_line(done=True, done_reason="load")))
    with pytest.raises(Incomplete):
        await collect(model)


@pytest.mark.slow
async def test_silence_before_and_during_the_stream_is_a_timeout(
    server: ModelServer, model: OllamaModel
) -> None:
    server.on(GENERATE, hangs(), hangs(TOKEN("Ann")))
    for _ in range(2):
        with pytest.raises(ModelTimeout, match=r"no token for 0\.2 s"):
            await collect(model)


async def test_a_cut_stream_is_incomplete(server: ModelServer, model: OllamaModel) -> None:
    server.on(GENERATE, cuts(TOKEN("Ann")), streams(TOKEN("Ann")))
    for _ in range(2):
        with pytest.raises(Incomplete):
            await collect(model)


async def test_errors_repeat_nothing_that_the_server_says(
    server: ModelServer, model: OllamaModel
) -> None:
    said: dict[str, Any] = {"error": "cannot read: Rewrite: Ann."}
    server.on(GENERATE, says(said, 500))
    with pytest.raises(ModelFailed) as failed:
        await collect(model)
    assert "Ann" not in str(failed.value)


def test_a_blank_line_says_nothing() -> None:
    assert read_line(b"") == ("", None)
