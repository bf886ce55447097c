"""The seam between the summaries and whatever writes them: `LanguageModel.stream`.

A stream yields tokens and, last, one `Finish`. A stream that ends without a `Finish` was cut: its
text is incomplete, however good it looks.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, fields, replace
from typing import Literal, Protocol

FinishReason = Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked: chat models get messages, Ollama gets `system` and one prompt text.

    `patient_id` is for recordings only (which stream to replay); no model is told it.
    """

    system: str
    examples: tuple[tuple[str, str], ...]
    """Worked examples, each a request and its answer."""
    request: str
    patient_id: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """How to decode; None leaves a choice to the model's own default."""

    temperature: float | None = None
    seed: int | None = None
    max_tokens: int | None = None
    grammar: str | None = None
    """GBNF. Only models with `takes_grammar` are sent one."""

    def over(self, defaults: "Options") -> "Options":
        """These choices, with those of `defaults` where they leave one open."""
        chosen = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(
            defaults, **{name: value for name, value in chosen.items() if value is not None}
        )


@dataclass(frozen=True, slots=True)
class Finish:
    """The model's own end of the text ("stop") or its token limit ("length")."""

    reason: FinishReason


class LanguageModel(Protocol):
    """One language model. `stream` may be called again while an earlier stream still runs."""

    @property
    def name(self) -> str:
        """What people call the model, such as "phi"."""

    @property
    def slots(self) -> int | None:
        """How many streams the model serves at a time; None: any number."""

    @property
    def takes_grammar(self) -> bool: ...

    async def load(self, like: Prompt | None = None, /) -> None:
        """Make the model ready for its first token.

        A model that can reads `like` ahead: prompts that begin as it does are then read faster.

        Raises:
            ModelFailed: or one of its kinds, with the command that mends it.
        """

    def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[str | Finish, None]:
        """The tokens, then one `Finish`. Closing the generator (`aclose`) stops the model.

        Raises:
            ModelFailed: or one of its kinds.
            Busy: the model's own queue is full.
            Incomplete: the stream was cut after its first token.
            Invalid: the record would leave this machine, or a recording has no stream for it.
        """

    async def aclose(self) -> None:
        """Release the model and whatever it started."""
