"""A summary that the record contradicts: where nobody looks at it, and where one tries again."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pandas as pd
import pytest

from server.generations import Generations
from server.models.base import Finish, Options, Prompt
from server.patients import load_patients
from server.rewriting import NO_MODEL, checked, contradictions, unattended
from server.slots import Slots
from server.summarize import Summarizer
from tests.running import call, running_server, shake_hands
from tests.server.models.model_server import OPENAI, model_server

TABLE = load_patients(
    pd.DataFrame(
        {
            "patient_id": ["1"],
            "name": ["Ann Day"],
            "age": ["54"],
            "gender": ["female"],
            "medications": ["metformin 500 mg twice daily"],
        }
    )
)
ANN = TABLE.get("1")
FALSE = "Ann Day takes metformin 50 mg daily."
TRUE = "Ann Day takes metformin 500 mg twice daily."


class Model:
    """Says one text after another, the last for ever."""

    name = "phi"
    slots = None

    def __init__(self, *texts: str, takes_grammar: bool = False) -> None:
        self.texts = list(texts)
        self.takes_grammar = takes_grammar
        self.asked: list[str] = []

    async def load(self, like: Prompt | None = None, /) -> None: ...

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[str | Finish, None]:
        self.asked.append(prompt.request)
        yield self.texts.pop(0) if len(self.texts) > 1 else self.texts[0]
        yield Finish("stop")

    async def aclose(self) -> None: ...


def summarizer(model: Model) -> Summarizer:
    return Summarizer(TABLE, model, Generations(), Slots(None, 0))


def test_what_the_record_contradicts_is_named() -> None:
    assert contradictions(checked(f"{TRUE} {FALSE}", ANN)) == (FALSE,)
    assert contradictions(checked(TRUE, ANN)) == ()


async def test_a_faithful_summary_is_asked_for_once() -> None:
    model = Model(TRUE)
    summary, found = await unattended(summarizer(model), ANN)
    assert (summary.summary, summary.source, len(model.asked)) == (TRUE, "model", 1)
    assert found == checked(TRUE, ANN)


async def test_a_contradicted_summary_is_written_again_with_the_complaint() -> None:
    model = Model(FALSE, TRUE)
    summary, found = await unattended(summarizer(model), ANN)
    assert (summary.summary, summary.source, summary.model) == (TRUE, "model", "phi")
    assert found == checked(TRUE, ANN)
    first, second = model.asked
    assert FALSE not in first
    assert second.startswith(first)
    assert second.endswith(f"- {FALSE}")


async def test_at_last_the_record_speaks_for_itself_and_says_so() -> None:
    model = Model(FALSE)
    summary, found = await unattended(summarizer(model), ANN)
    assert (len(model.asked), found) == (2, None)
    assert (summary.source, summary.model) == ("record", NO_MODEL)
    assert TRUE.removeprefix("Ann Day") in summary.summary
    assert contradictions(checked(summary.summary, ANN)) == ()
    assert summary.characters == len(summary.summary)


async def test_under_a_grammar_nothing_is_asked_again() -> None:
    model = Model(FALSE, takes_grammar=True)
    summary, found = await unattended(summarizer(model), ANN)
    assert (summary.source, len(model.asked), found) == ("model_under_grammar", 1, None)


@pytest.mark.slow
async def test_who_tries_again_has_the_model_told_what_was_wrong(tmp_path: Path) -> None:
    wrong = "Janet Lee is 26 years old."
    async with model_server() as model:
        model.on(OPENAI.path, OPENAI.story(wrong))
        flags = ["--model", f"openai:phi@{model.url}/v1"]
        loop = asyncio.get_running_loop()
        running = running_server(tmp_path, *flags)
        server = await loop.run_in_executor(None, running.__enter__)
        try:
            async with server.connect() as connection:
                await shake_hands(connection)
                for attempt in range(2):
                    await call(
                        connection, attempt, "generate_summary", patient_id=25, attempt=attempt
                    )
        finally:
            await loop.run_in_executor(None, running.__exit__, None, None, None)
        first, again = (body["messages"][-1]["content"] for body in model.bodies(OPENAI.path)[-2:])
    assert wrong not in first
    assert again.endswith(f"- {wrong}")
