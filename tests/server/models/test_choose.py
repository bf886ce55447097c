import json
import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from server.errors import Invalid
from server.models.choose import Choice, choose, usable
from server.models.embedded import EmbeddedModel
from server.models.ollama import OllamaModel
from server.models.openai_compatible import OpenAICompatibleModel
from server.models.replay import ReplayModel
from tests.server.models.model_server import ModelServer, hangs, model_server, refuse, says

WEIGHTS = Path("weights.gguf")


@pytest.fixture
async def ollama() -> AsyncIterator[ModelServer]:
    async with model_server() as running:
        yield running


async def chosen(spec: str, **settings: Any) -> Choice:
    choice = await choose(spec, weights=WEIGHTS, **settings)
    await choice.model.aclose()
    return choice


def listed(name: str, *capabilities: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "model": name, "capabilities": list(capabilities)} | more


PHI = listed("phi:latest", "completion")
LLAMA = listed("llama3.2:1b", "completion", "tools")
EMBEDDER = listed("nomic-embed-text:latest", "embedding")
CLOUD = listed("gpt-oss:120b-cloud", "completion", remote_host="https://ollama.example")


@pytest.mark.slow
async def test_auto_takes_phi_where_ollama_has_it(ollama: ModelServer) -> None:
    ollama.on("/api/tags", says({"models": [EMBEDDER, CLOUD, LLAMA, PHI]}))
    choice = await chosen("auto", ollama_host=ollama.url)
    assert isinstance(choice.model, OllamaModel)
    assert choice.model.name == "phi:latest"
    assert choice.why == f"Ollama answers at {ollama.url} and has phi:latest"


async def test_auto_takes_another_local_model_else(ollama: ModelServer) -> None:
    ollama.on("/api/tags", says({"models": [EMBEDDER, CLOUD, LLAMA]}))
    assert (await chosen("auto", ollama_host=ollama.url)).model.name == "llama3.2:1b"


@pytest.mark.parametrize("models", [[], None, [EMBEDDER, CLOUD], "nonsense", [7, {}]])
async def test_auto_takes_the_embedded_model_where_ollama_has_none(
    ollama: ModelServer, models: object
) -> None:
    ollama.on("/api/tags", says({"models": models}))
    choice = await chosen("auto", ollama_host=ollama.url)
    assert isinstance(choice.model, EmbeddedModel)
    assert choice.why == f"embedded: Ollama at {ollama.url} has no local model"


async def test_auto_takes_the_embedded_model_where_ollama_is_not() -> None:
    async with model_server() as gone:
        address = gone.url
    choice = await chosen("auto", ollama_host=address)
    assert isinstance(choice.model, EmbeddedModel)
    assert choice.why == f"embedded: Ollama does not answer at {address}"


async def test_auto_does_not_believe_another_server(ollama: ModelServer) -> None:
    ollama.on("/api/tags", refuse(404))
    assert isinstance((await chosen("auto", ollama_host=ollama.url)).model, EmbeddedModel)


@pytest.mark.slow
async def test_auto_does_not_wait_for_an_ollama_that_hangs(ollama: ModelServer) -> None:
    ollama.on("/api/tags", hangs())
    assert isinstance((await chosen("auto", ollama_host=ollama.url)).model, EmbeddedModel)


async def test_auto_asks_no_machine_but_this_one() -> None:
    choice = await chosen("auto", ollama_host="192.0.2.1:11434")  # TEST-NET-1, RFC 5737
    assert choice.why == "embedded: OLLAMA_HOST is not on this machine"


def test_older_versions_list_no_capabilities() -> None:
    models: list[dict[str, Any]] = [
        {"name": "all-minilm:latest", "details": {"family": "bert"}},
        {"name": "nomic-embed-text", "details": {"family": "nomic-bert"}},
        {"name": "mistral:latest", "details": {"family": "llama"}},
        {"name": "phi:2.7b", "details": None},
    ]
    assert usable(models) == ["phi:2.7b", "mistral:latest"]


async def test_takes_the_model_that_is_named(tmp_path: Path) -> None:
    recording = tmp_path / "r?.jsonl"
    recording.write_text(json.dumps({"model": "phi"}))
    cases = {
        "embedded": (EmbeddedModel, "weights"),
        "ollama": (OllamaModel, "phi"),
        "ollama:phi:2.7b": (OllamaModel, "phi:2.7b"),
        "openai:m@http://localhost:1/v1": (OpenAICompatibleModel, "m"),
        "openai:a@b@localhost:1": (OpenAICompatibleModel, "a@b"),
        f"replay:{recording}": (ReplayModel, "phi"),
    }
    for spec, (kind, name) in cases.items():
        choice = await chosen(spec)
        assert isinstance(choice.model, kind)
        assert choice.model.name == name
        assert choice.why


async def test_a_replay_says_its_speed(tmp_path: Path) -> None:
    recording = tmp_path / "r"
    recording.write_text(json.dumps({"model": "phi"}))
    for end, speed in (("", 1), ("?speed=2", 2), ("?speed=0.5", 0.5), ("?speed=max", math.inf)):
        model = (await chosen(f"replay:{recording}{end}")).model
        assert isinstance(model, ReplayModel)
        assert model.speed == speed


@pytest.mark.parametrize(
    "spec",
    [
        *("", "phi", "auto:phi", "embedded:x", "openai:m", "openai:@localhost:1", "openai:m@"),
        *(
            "replay:",
            "replay:none",
            "replay:none?speed=fast",
            "replay:x?speed=",
            "replay:x?speed=nan",
        ),
        *("openai:m@http://gpu.example", "ollama:glm:cloud"),
    ],
)
async def test_refuses_a_model_that_is_none(spec: str) -> None:
    with pytest.raises(Invalid) as refused:
        await chosen(spec)
    assert refused.value.next


async def test_remote_models_are_for_those_who_allow_them() -> None:
    choice = await chosen("openai:m@http://gpu.example", allow_remote=True)
    assert choice.model.name == "m"


async def test_the_embedded_model_has_the_slots_that_were_set() -> None:
    assert (await chosen("embedded", slots=3)).model.slots == 3
