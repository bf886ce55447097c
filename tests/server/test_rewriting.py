"""A summary that the record contradicts: where nobody looks at it, and where one tries again."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from server.patients import load_patients
from server.rewriting import NO_MODEL, checked, contradictions, hold
from server.summarize import Summary
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


WRITTEN = Summary(
    patient_id="1",
    name="Ann Day",
    summary=TRUE,
    model="phi",
    finish_reason="length",
    tokens=8,
    characters=len(TRUE),
    first_token_seconds=0.1,
    seconds=0.2,
    generation_id="g",
)


def test_what_the_record_contradicts_is_named() -> None:
    assert contradictions(checked(f"{TRUE} {FALSE}", ANN)) == (FALSE,)
    assert contradictions(checked(TRUE, ANN)) == ()


def test_a_faithful_summary_may_be_saved() -> None:
    held = hold(WRITTEN, ANN, told=False)
    assert (held.summary, held.found, held.doubts) == (WRITTEN, checked(TRUE, ANN), ())


def test_of_a_contradicted_summary_the_model_is_told() -> None:
    assert hold(replace(WRITTEN, summary=FALSE), ANN, told=False).doubts == (FALSE,)


def test_at_last_the_record_speaks_for_itself_and_says_so() -> None:
    held = hold(replace(WRITTEN, summary=FALSE), ANN, told=True)
    assert (held.summary.source, held.summary.model) == ("record", NO_MODEL)
    assert TRUE.removeprefix("Ann Day") in held.summary.summary
    assert held.summary.characters == len(held.summary.summary)
    assert (held.doubts, contradictions(held.found)) == ((), ())


def test_under_a_grammar_nothing_is_asked_again() -> None:
    framed = replace(WRITTEN, summary=FALSE, source="model_under_grammar")
    assert hold(framed, ANN, told=False).doubts == ()


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
