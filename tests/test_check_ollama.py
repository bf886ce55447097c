"""The check for those who have an Ollama, tried on a server that speaks like one."""

from typing import Any

import pytest

from tests import check_ollama
from tests.server.models.model_server import (
    OLLAMA,
    Wire,
    model_server,
    refuse,
    says,
)

pytestmark = pytest.mark.slow

DONE: dict[str, Any] = {"done": True, "done_reason": "stop"}


async def show(wire: Wire) -> None:
    answer = says({"capabilities": ["completion"]})
    await (answer if wire.request.body["model"] == "phi" else refuse(404))(wire)


async def generate(wire: Wire) -> None:
    body = wire.request.body
    if "prompt" not in body:
        await says({"response": "", "done": True, "done_reason": "load"})(wire)
    elif len(body["prompt"]) > 50_000:
        await refuse(400, OLLAMA.too_long)(wire)
    elif body.get("stream") is False:
        await says({"response": "Ann.", **DONE})(wire)
    else:
        await OLLAMA.story("Ann", " Lee", ".")(wire)


async def test_sees_no_difference_in_a_server_that_speaks_like_ollama(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with model_server() as server:
        server.on("/api/show", show)
        server.on("/api/generate", generate)
        monkeypatch.setenv("OLLAMA_HOST", server.url)
        assert await check_ollama.main("phi") == 0
    assert "!!" not in capsys.readouterr().out


async def test_says_what_differs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with model_server() as server:
        monkeypatch.setenv("OLLAMA_HOST", server.url)
        assert await check_ollama.main("phi") == 1
    assert "!! stopped: model_missing" in capsys.readouterr().out
