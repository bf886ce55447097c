"""Any server that speaks OpenAI's chat completions: llama.cpp's, LM Studio, vLLM, and more.

The answer is a stream of server-sent events, one JSON chunk each. Servers differ in everything
around the text, so the reader is tolerant: comments, a byte order mark, CRLF, `data:` with or
without a space, chunks without choices (usage), empty and missing content, the end in the last
text's chunk or in one of its own, `[DONE]` or none.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from typing import Any

from ..errors import Incomplete, ModelMissing
from .address import read_address, refuse_remote
from .base import Finish, FinishReason, Options, Prompt
from .endpoint import Endpoint, Limits
from .lines import NOTHING, Garbled, Reported, Said, parse
from .wording import Wording

_ENDS: Mapping[str, FinishReason] = {
    "stop": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "max_tokens": "length",
}
"""OpenAI's two words for a complete text, and those that other servers use for them."""


class OpenAICompatibleModel:
    """One model of an OpenAI-compatible server.

    `address` is its URL, with or without `/v1`; one that is not on this machine is refused
    (`Invalid`) unless `allow_remote` is set. `extra` holds further fields of the request, such as
    llama.cpp's `cache_prompt`.
    """

    def __init__(
        self,
        name: str,
        address: str,
        *,
        wording: Wording | None = None,
        key: str | None = None,
        slots: int | None = None,
        takes_grammar: bool = False,
        defaults: Options | None = None,
        extra: Mapping[str, Any] | None = None,
        allow_remote: bool = False,
        limits: Limits | None = None,
    ) -> None:
        base = read_address(address)
        self.address = base.removesuffix("/chat/completions").removesuffix("/v1")
        if not allow_remote:
            refuse_remote(self.address)
        self.name = name
        self.slots = slots
        self.takes_grammar = takes_grammar
        self._defaults = defaults or Options()
        self._extra = dict(extra or {})
        self._endpoint = Endpoint(self.address, wording or _wording(), key=key, limits=limits)

    async def load(self, _like: Prompt | None = None, /) -> None:
        """Find out whether the server answers; it loads the model by itself."""
        with suppress(ModelMissing):  # without a list of models it may serve one all the same
            await self._endpoint.ask("/v1/models")

    def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[str | Finish, None]:
        body = self._body(prompt, options.over(self._defaults))
        return self._endpoint.tokens("/v1/chat/completions", body, read_event)

    async def aclose(self) -> None:
        await self._endpoint.aclose()

    def _body(self, prompt: Prompt, options: Options) -> dict[str, Any]:
        asked = {
            "temperature": options.temperature,
            "seed": options.seed,
            "max_tokens": options.max_tokens,
            "grammar": options.grammar if self.takes_grammar else None,
        }
        chosen = {name: value for name, value in asked.items() if value is not None}
        return {
            "model": self.name,
            "messages": messages(prompt),
            "stream": True,
            **self._extra,
            **chosen,
        }


def messages(prompt: Prompt) -> list[dict[str, str]]:
    """The prompt as chat turns: the system's words, an exchange for each example, the request."""
    turns = [("system", prompt.system)]
    for request, answer in prompt.examples:
        turns += [("user", request), ("assistant", answer)]
    turns.append(("user", prompt.request))
    return [{"role": role, "content": content} for role, content in turns]


def read_event(line: bytes) -> Said:
    """What one line of the event stream says.

    Raises:
        Garbled: an event that is no chunk of a chat completion.
        Reported: the server's own error.
        Incomplete: the server says that the text ended otherwise than by its end or its limit.
    """
    if line.startswith((b"data:", b"error:")):  # an older llama.cpp has a field for errors
        line = line.partition(b":")[2].lstrip()
    elif line.startswith(b"<"):
        raise Garbled("a page, not a stream")
    elif not line.startswith(b"{"):  # a comment, another field, the blank line after an event
        return NOTHING
    if line in (b"", b"[DONE]"):
        return ("", "stop") if line else NOTHING
    return _read_chunk(parse(line))


def _read_chunk(chunk: Mapping[str, Any]) -> Said:
    if chunk.get("error") or chunk.get("object") == "error":
        raise Reported(chunk.get("error") or chunk.get("message", ""))
    choices = chunk.get("choices")
    if not choices:  # usage alone, or a field that only this server knows
        return NOTHING
    if not isinstance(choices, list) or not isinstance(choices[0], dict):
        raise Garbled("choices is a list of objects")
    return _text(choices[0]), _end(choices[0].get("finish_reason"))


def _text(choice: Mapping[str, Any]) -> str:
    """The text alone: a model's thinking comes in fields of its own and is no part of it."""
    delta = choice.get("delta") or choice.get("message") or {}
    text = delta.get("content") if isinstance(delta, dict) else delta
    if text is None:
        return ""
    if not isinstance(text, str):
        raise Garbled("content is text")
    return text


def _end(reason: object) -> FinishReason | None:
    if not reason:
        return None
    if end := _ENDS.get(str(reason)):
        return end
    raise Incomplete("The model server ended the text before the model did.", next="Try again.")


def _wording() -> Wording:
    return Wording(
        server="The model server",
        when_absent="Start it, or check the address in --model openai:NAME@URL.",
        when_missing="Check the model's name and the address in --model openai:NAME@URL.",
    )
