"""Which model a server uses: what `--model` says, or the best that this machine has.

auto                 Ollama when it answers and has a local model, `phi` first; else embedded
embedded             the small model of our own
ollama:NAME          a model of the Ollama at OLLAMA_HOST
openai:NAME@URL      a model of any OpenAI-compatible server
replay:FILE?speed=2  a recording; ?speed=max does not wait
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import Failure, Invalid
from .address import is_local, read_address
from .base import LanguageModel
from .embedded import EmbeddedModel
from .endpoint import Endpoint, Limits
from .ollama import DEFAULT_HOST, DEFAULT_NAME, DEFAULT_PORT, OllamaModel, is_cloud, wording
from .openai_compatible import OpenAICompatibleModel
from .replay import ReplayModel

_PROBE = Limits(silence_seconds=2, connect_seconds=1, retry_delays=())
"""Whether Ollama is there must not hold up a start without it."""

_FORMS = "Write auto, embedded, ollama:NAME, openai:NAME@URL or replay:FILE after --model."


@dataclass(frozen=True, slots=True)
class Choice:
    """A model, and why it is this one: always shown."""

    model: LanguageModel
    why: str


@dataclass(frozen=True, slots=True)
class _Machine:
    """What the choice depends on, besides the words after `--model`."""

    weights: Path
    ollama_host: str
    slots: int
    allow_remote: bool
    limits: Limits

    def embedded(self) -> EmbeddedModel:
        return EmbeddedModel(self.weights, slots=self.slots, limits=self.limits)

    def ollama(self, name: str) -> OllamaModel:
        return OllamaModel(
            name, self.ollama_host, allow_remote=self.allow_remote, limits=self.limits
        )


async def choose(
    spec: str,
    *,
    weights: Path,
    ollama_host: str = DEFAULT_HOST,
    slots: int = 1,
    silence_seconds: float = 120,
    allow_remote: bool = False,
) -> Choice:
    """The model that `spec` names, not yet loaded.

    Args:
        spec: what stands after `--model`.
        weights: the embedded model's file, there or not.
        ollama_host: as OLLAMA_HOST is written; empty means its default.
        slots: how many streams the embedded model serves at a time.
        silence_seconds: how long a model may send no token.
        allow_remote: whether records may leave this machine.

    Raises:
        Invalid: `spec` names no model, or one whose use would send records to another machine.
    """
    limits = replace(Limits(), silence_seconds=silence_seconds)
    machine = _Machine(weights, ollama_host or DEFAULT_HOST, slots, allow_remote, limits)
    kind, _, rest = spec.partition(":")
    if spec == "auto":
        return await _best(machine)
    if spec == "embedded":
        return Choice(machine.embedded(), "embedded")
    if kind == "ollama":
        ollama = machine.ollama(rest or DEFAULT_NAME)
        return Choice(ollama, f"Ollama at {ollama.address}")
    if kind == "openai":
        openai = _openai(rest, machine)
        return Choice(openai, f"at {openai.address}")
    if kind == "replay" and rest:
        return Choice(_replay(rest), "a recording")
    raise Invalid("There is no such model.", next=_FORMS)


async def _best(machine: _Machine) -> Choice:
    address = read_address(machine.ollama_host, DEFAULT_PORT)
    if not machine.allow_remote and not is_local(address):
        return Choice(machine.embedded(), "embedded: OLLAMA_HOST is not on this machine")
    try:
        listed = await _listed(address)
    except Failure:
        return Choice(machine.embedded(), f"embedded: Ollama does not answer at {address}")
    names = usable(listed)
    if not names:
        return Choice(machine.embedded(), f"embedded: Ollama at {address} has no local model")
    return Choice(machine.ollama(names[0]), f"Ollama answers at {address} and has {names[0]}")


async def _listed(address: str) -> Sequence[Mapping[str, Any]]:
    endpoint = Endpoint(address, wording(DEFAULT_NAME), limits=_PROBE)
    try:
        models = (await endpoint.ask("/api/tags")).get("models")
    finally:
        await endpoint.aclose()
    return (
        [model for model in models if isinstance(model, dict)] if isinstance(models, list) else []
    )


def usable(listed: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of the local models that can complete a text, `phi` first, then Ollama's order."""
    names = [str(model.get("name", "")) for model in listed if _completes_here(model)]
    return sorted(filter(None, names), key=lambda name: name.split(":")[0] != DEFAULT_NAME)


def _completes_here(model: Mapping[str, Any]) -> bool:
    # Older versions list no capabilities; then the family tells the models that only embed.
    can = model.get("capabilities")
    family = str((model.get("details") or {}).get("family", ""))
    completes = "completion" in can if isinstance(can, list) else "bert" not in family
    return completes and not is_cloud(str(model.get("name", "")), model)


def _openai(rest: str, machine: _Machine) -> OpenAICompatibleModel:
    name, _, address = rest.rpartition("@")
    if not name:
        raise Invalid("The model's name or its address is missing.", next=_FORMS)
    return OpenAICompatibleModel(
        name, address, allow_remote=machine.allow_remote, limits=machine.limits
    )


def _replay(rest: str) -> ReplayModel:
    file, question, speed = rest.partition("?speed=")
    if speed == "max":
        return ReplayModel(Path(file), math.inf)
    try:
        return ReplayModel(Path(file), float(speed) if question else 1)
    except ValueError as error:
        raise Invalid(
            "The speed of a replay is a number or max.", next="Write ?speed=2 or ?speed=max."
        ) from error
