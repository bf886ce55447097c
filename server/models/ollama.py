"""A model that Ollama serves: POST /api/generate, one JSON object a line.

The format is read from Ollama's documentation and source (ollama/ollama at fb307609, api/types.go
and server/routes.go). No real Ollama was at hand: `make check-ollama` is for those who have one.
"""

import shlex
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, cast

from ..errors import Incomplete, Invalid
from .address import read_address, refuse_remote
from .base import Finish, FinishReason, Options, Prompt
from .endpoint import Endpoint, Limits
from .lines import NOTHING, Garbled, Reported, Said, parse
from .wording import Wording

DEFAULT_NAME = "phi"
DEFAULT_HOST = "localhost:11434"
DEFAULT_PORT = 11434

CONTEXT_TOKENS = 4096
"""Asked for by name: Ollama's own default depends on the machine's memory."""

_DEFAULTS = Options(temperature=0.7, max_tokens=500)


class OllamaModel:
    """One local model of an Ollama server.

    `host` may be written as OLLAMA_HOST is: a URL, `host:port`, 0.0.0.0. One that is not on this
    machine, and a cloud model, are refused (`Invalid`) unless `allow_remote` is set.
    """

    takes_grammar = False

    def __init__(
        self,
        name: str = DEFAULT_NAME,
        host: str = DEFAULT_HOST,
        *,
        slots: int | None = 1,
        context_tokens: int = CONTEXT_TOKENS,
        allow_remote: bool = False,
        limits: Limits | None = None,
    ) -> None:
        self.address = read_address(host or DEFAULT_HOST, DEFAULT_PORT)
        if not allow_remote:
            refuse_remote(self.address)
            _refuse_cloud(name, {})
        self.name = name
        self.slots = slots
        self._context_tokens = context_tokens
        self._allow_remote = allow_remote
        self._endpoint = Endpoint(self.address, wording(name), limits=limits)

    async def load(self, _like: Prompt | None = None, /) -> None:
        """Have Ollama read the model into memory, so that the first summary need not wait for it.

        Raises:
            Invalid: it is a cloud model, and `allow_remote` is not set.
            ModelFailed: or one of its kinds.
        """
        await self._check()
        # A request without a prompt loads the model, with the same context as the later ones.
        options = {"num_ctx": self._context_tokens}
        await self._endpoint.ask(
            "/api/generate", {"model": self.name, "options": options, "stream": False}
        )

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[str | Finish, None]:
        await self._check()
        body = self._body(prompt, options, stream=True)
        async with aclosing(self._endpoint.tokens("/api/generate", body, read_line)) as tokens:
            async for token in tokens:
                yield token

    async def complete(self, prompt: Prompt, options: Options) -> tuple[str, Finish]:
        """The whole text in one answer.

        Raises:
            ModelFailed: or one of its kinds.
        """
        await self._check()
        body = self._body(prompt, options, stream=False)
        # One answer is a stream of one line.
        parts = [part async for part in self._endpoint.tokens("/api/generate", body, read_line)]
        text = "".join(part for part in parts if isinstance(part, str))
        return text, next(part for part in parts if isinstance(part, Finish))

    async def aclose(self) -> None:
        await self._endpoint.aclose()

    async def _check(self) -> None:
        """Ask each time, before the record is sent: a name may come to mean another model."""
        if not self._allow_remote:
            _refuse_cloud(self.name, await self._endpoint.ask("/api/show", {"model": self.name}))

    def _body(self, prompt: Prompt, options: Options, *, stream: bool) -> dict[str, Any]:
        options = options.over(_DEFAULTS)
        asked = {
            "temperature": options.temperature,
            "seed": options.seed,
            "num_predict": options.max_tokens,
            "num_ctx": self._context_tokens,
        }
        return {
            "model": self.name,
            "system": prompt.system,
            "prompt": prompt_text(prompt),
            "stream": stream,
            # Half a record would make a wrong summary: too long is an error, never cut short.
            "truncate": False,
            # A model that can think would by default, for minutes, and none of it is summary.
            "think": False,
            "options": {name: value for name, value in asked.items() if value is not None},
        }


def prompt_text(prompt: Prompt) -> str:
    """The examples and the request as one text, for a model that is asked without turns."""
    examples = [
        f"Example request:\n{request}\n\nExample answer:\n{answer}\n\n"
        for request, answer in prompt.examples
    ]
    return "".join([*examples, prompt.request])


def is_cloud(name: str, shown: Mapping[str, Any]) -> bool:
    """Whether Ollama would send the prompt on: by the tag, or as /api/show and /api/tags say."""
    tagged = name.endswith(("-cloud", ":cloud"))
    return tagged or bool(shown.get("remote_host") or shown.get("remote_model"))


def _refuse_cloud(name: str, shown: Mapping[str, Any]) -> None:
    if is_cloud(name, shown):
        raise Invalid(
            "The model runs in Ollama's cloud, so a record would leave this machine.",
            next="Choose a local model, or allow it on purpose: --allow-remote-model.",
        )


def read_line(line: bytes) -> Said:
    """What one line of the stream says.

    Raises:
        Garbled: it is no line of Ollama's.
        Reported: Ollama's own error.
        Incomplete: Ollama says that the text ended otherwise than by its end or its limit.
    """
    if not line:
        return NOTHING
    said = parse(line)
    if "error" in said:
        raise Reported(said["error"])
    text = said.get("response", "")
    if not isinstance(text, str):
        raise Garbled("response is text")
    return text, _end(said) if said.get("done") else None


def _end(said: Mapping[str, Any]) -> FinishReason:
    reason = said.get("done_reason", "stop")  # older versions give none
    if reason in {"stop", "length"}:
        return cast(FinishReason, reason)
    raise Incomplete("Ollama ended the text before the model did.", next="Try again.")


def wording(name: str) -> Wording:
    return Wording(
        server="Ollama",
        when_absent="Start it: `ollama serve`.",
        when_missing=f"Get it: `ollama pull {shlex.quote(name)}`.",
    )
