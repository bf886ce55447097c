"""What all model servers have in common: retries, limits, and errors by name."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from server.errors import Busy, ModelAbsent, ModelFailed, ModelMissing
from server.models.base import Finish
from server.models.endpoint import Endpoint, Limits
from server.models.ollama import read_line
from server.models.wording import Wording
from tests.server.models.model_server import (
    OLLAMA,
    QUICK,
    ModelServer,
    Script,
    model_server,
    refuse,
    says,
    streams,
)

WORDING = Wording("The server", when_absent="Start it.", when_missing="Get it.")
TOKEN, LAST = OLLAMA.token, OLLAMA.last


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with model_server() as running:
        yield running


@pytest.fixture
async def endpoint(server: ModelServer) -> AsyncIterator[Endpoint]:
    some = Endpoint(server.url, WORDING, limits=QUICK)
    yield some
    await some.aclose()


async def tokens(endpoint: Endpoint) -> list[str | Finish]:
    return [part async for part in endpoint.tokens("/stream", {"prompt": "Hi"}, read_line)]


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_server_is_asked_again(
    server: ModelServer, endpoint: Endpoint, status: int
) -> None:
    server.on("/stream", refuse(status), refuse(status), streams(TOKEN("Ann"), LAST))
    assert await tokens(endpoint) == ["Ann", Finish("stop")]
    assert len(server.requests) == 3


async def test_a_server_that_stays_busy_is_asked_no_more(
    server: ModelServer, endpoint: Endpoint
) -> None:
    server.on("/stream", refuse(503))
    with pytest.raises(Busy, match="HTTP 503"):
        await tokens(endpoint)
    assert len(server.requests) == 1 + len(QUICK.retry_delays)


@pytest.mark.slow
async def test_a_server_that_restarts_is_waited_for() -> None:
    async with model_server() as first:
        address, port = first.url, int(first.url.rpartition(":")[2])
    patient = Endpoint(address, WORDING, limits=Limits(retry_delays=(0.02,) * 500))
    asking = asyncio.create_task(tokens(patient))
    restarted = asyncio.Event()
    asyncio.get_running_loop().call_later(0.1, restarted.set)
    await restarted.wait()
    async with model_server(port) as second:
        second.on("/stream", streams(TOKEN("Ann"), LAST))
        assert await asking == ["Ann", Finish("stop")]
    await patient.aclose()


@pytest.mark.parametrize("status", [400, 401, 404, 500])
async def test_other_errors_are_not_tried_again(
    server: ModelServer, endpoint: Endpoint, status: int
) -> None:
    server.on("/stream", refuse(status))
    with pytest.raises(ModelFailed):
        await tokens(endpoint)
    assert len(server.requests) == 1


async def test_nothing_is_tried_again_once_a_token_came(
    server: ModelServer, endpoint: Endpoint
) -> None:
    server.on("/stream", streams(TOKEN("Ann"), OLLAMA.error("busy")), streams(LAST))
    with pytest.raises(ModelFailed):
        await tokens(endpoint)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("script", "named"),
    [
        (refuse(500, "model requires more system memory (5.6 GiB) than is available"), "memory"),
        (says("no object", 500), "HTTP 500"),
        (says({}, 302, "Location: http://evil.example/"), "HTTP 302"),
        (streams(OLLAMA.error("model 'phi' not found")), "does not have the model"),
        (streams(OLLAMA.error("boom")), "in its stream"),
    ],
)
async def test_each_error_has_its_name(
    server: ModelServer, endpoint: Endpoint, script: Script, named: str
) -> None:
    server.on("/stream", script)
    with pytest.raises(ModelFailed, match=named) as failed:
        await tokens(endpoint)
    assert failed.value.next


async def test_a_missing_model_names_the_command_that_gets_it(
    server: ModelServer, endpoint: Endpoint
) -> None:
    server.on("/stream", refuse(404))
    with pytest.raises(ModelMissing) as missing:
        await tokens(endpoint)
    assert missing.value.next == "Get it."


async def test_an_absent_server_names_the_command_that_starts_it() -> None:
    async with model_server() as gone:
        address = gone.url
    endpoint = Endpoint(address, WORDING, limits=QUICK)
    with pytest.raises(ModelAbsent, match=address) as absent:
        await endpoint.ask("/")
    assert absent.value.next == "Start it."
    await endpoint.aclose()


async def test_no_proxy_and_no_redirect_takes_a_record_elsewhere(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with model_server() as elsewhere:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, elsewhere.url)
        location = f"Location: {elsewhere.url}/stream"
        server.on("/stream", streams(LAST), says({}, 307, location))
        endpoint = Endpoint(server.url, WORDING, limits=QUICK)
        assert await tokens(endpoint) == [Finish("stop")]
        with pytest.raises(ModelFailed, match="HTTP 307"):
            await tokens(endpoint)
        await endpoint.aclose()
        assert elsewhere.requests == []


async def test_a_line_without_end_is_an_error(server: ModelServer, endpoint: Endpoint) -> None:
    server.on("/stream", streams(TOKEN("Ann"), *[b"x" * 500_000] * 9))
    with pytest.raises(ModelFailed, match="not its protocol"):
        await tokens(endpoint)


async def test_an_answer_that_is_no_object_is_an_error(
    server: ModelServer, endpoint: Endpoint
) -> None:
    server.on("/answer", says([1, 2]))
    with pytest.raises(ModelFailed, match="not its protocol"):
        await endpoint.ask("/answer")


async def test_a_damaged_prompt_is_sent_all_the_same(
    server: ModelServer, endpoint: Endpoint
) -> None:
    server.on("/answer", says({"fine": True}))
    assert await endpoint.ask("/answer", {"prompt": "Ann \udc80 has 😀"}) == {"fine": True}
    assert server.bodies("/answer") == [{"prompt": "Ann ? has 😀"}]
