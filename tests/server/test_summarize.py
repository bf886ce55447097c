import asyncio
from collections.abc import AsyncGenerator, Iterable

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import Incomplete, ModelFailed, UnknownPatient
from server.generations import Generations
from server.grammar import grammar_for
from server.models.base import Finish, Options, Prompt
from server.patients import load_patients
from server.slots import Slots
from server.summarize import FIRST_SEED, GRAMMAR_TEMPERATURE, Summarizer, Trim


class Script:
    """A model that says what it is told to, and keeps what it was asked."""

    name = "script"
    slots = None
    takes_grammar = False

    def __init__(self, *said: str | Finish | Exception) -> None:
        self.said = said
        self.asked: list[tuple[Prompt, Options]] = []
        self.closed = 0

    async def load(self, like: Prompt | None = None, /) -> None: ...

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[str | Finish, None]:
        self.asked.append((prompt, options))
        try:
            for said in self.said:
                if isinstance(said, Exception):
                    raise said
                yield said
        finally:
            self.closed += 1

    async def aclose(self) -> None: ...


class Choosing(Script):
    """The same, which can be held to a grammar."""

    takes_grammar = True


class Reader:
    """Keeps what was put; waits for ever at the token that it is told to stop at."""

    def __init__(self, stop_at: str | None = None) -> None:
        self.got: list[str] = []
        self.stop_at = stop_at
        self.stopped = asyncio.Event()

    async def put(self, token: str) -> None:
        self.got.append(token)
        if token == self.stop_at:
            self.stopped.set()
            await asyncio.Event().wait()

    async def place(self, place: int) -> None: ...


def summarizer(model: Script, *, grammar: bool = True) -> Summarizer:
    table = load_patients(
        pd.DataFrame({"patient_id": ["25"], "name": ["Janet Lee"], "notes": ["Sleeps badly."]})
    )
    slots = Slots(model.slots, queue=0)
    return Summarizer(table, model, Generations(), slots, grammar=grammar)


async def test_the_tokens_are_the_summary() -> None:
    reader, model = Reader(), Script("  ", " Janet", " Lee", " rests.", "\n", Finish("stop"))
    summary = await summarizer(model).summarize("25", reader.put, reader.place)
    assert reader.got == ["Janet", " Lee", " rests."]
    assert summary.summary == "Janet Lee rests."
    assert (summary.tokens, summary.characters) == (5, 16)
    assert (summary.finish_reason, summary.name, summary.patient_id) == ("stop", "Janet Lee", "25")
    assert 0 <= summary.first_token_seconds <= summary.seconds


async def test_a_model_that_takes_a_grammar_is_held_to_the_records() -> None:
    reader, model = Reader(), Choosing("Janet Lee is a patient.", Finish("stop"))
    writer = summarizer(model)
    summary = await writer.summarize("25", reader.put, reader.place)
    ((prompt, options),) = model.asked
    language = grammar_for(writer.patients.get("25"))
    assert summary.source == "model_under_grammar"
    assert options == Options(
        seed=FIRST_SEED,
        temperature=GRAMMAR_TEMPERATURE,
        max_tokens=language.longest + 1,
        grammar=language.text,
    )
    assert "Sleeps badly." not in prompt.request


@pytest.mark.parametrize(
    ("model", "set_to", "asked_for", "held"),
    [
        (Choosing, True, None, True),
        (Choosing, True, False, False),
        (Choosing, False, None, False),
        (Choosing, False, True, True),
        (Script, True, True, False),
    ],
)
async def test_the_call_comes_before_the_setting_and_the_model_before_both(
    model: type[Script], set_to: bool, asked_for: bool | None, held: bool
) -> None:
    reader, script = Reader(), model("Janet", Finish("stop"))
    writer = summarizer(script, grammar=set_to)
    summary = await writer.summarize("25", reader.put, reader.place, grammar=asked_for)
    ((prompt, options),) = script.asked
    assert summary.source == ("model_under_grammar" if held else "model")
    assert (options.grammar is not None) == held
    assert ("Sleeps badly." in prompt.request) != held


async def test_the_token_limit_is_a_complete_end_that_is_labelled() -> None:
    reader, model = Reader(), Script("Janet", Finish("length"))
    summary = await summarizer(model).summarize("25", reader.put, reader.place)
    assert summary.finish_reason == "length"


async def test_a_stream_without_an_end_is_incomplete_and_cannot_be_saved() -> None:
    reader, model = Reader(), Script("Janet", " Lee")
    writer = summarizer(model)
    with pytest.raises(Incomplete):
        await writer.summarize("25", reader.put, reader.place)
    with pytest.raises(Incomplete):
        writer.generations.judge("25", "Janet Lee", None)


async def test_a_model_that_says_nothing_has_failed() -> None:
    reader, model = Reader(), Script(" ", "\n", Finish("stop"))
    with pytest.raises(ModelFailed, match="without a word"):
        await summarizer(model).summarize("25", reader.put, reader.place)


async def test_an_unknown_patient_is_told_before_the_model_is_asked() -> None:
    reader, model = Reader(), Script(Finish("stop"))
    with pytest.raises(UnknownPatient):
        await summarizer(model).summarize("26", reader.put, reader.place)
    assert model.asked == []


async def test_a_cancelled_summary_stops_the_model_and_frees_its_place() -> None:
    reader, model = Reader(stop_at=" Lee"), Script("Janet", " Lee", " rests.", Finish("stop"))
    writer = summarizer(model)
    task = asyncio.create_task(writer.summarize("25", reader.put, reader.place))
    await reader.stopped.wait()
    assert writer.slots.running == 1
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert (model.closed, writer.slots.running) == (1, 0)


async def test_the_first_text_is_repeatable_and_another_attempt_is_another_seed() -> None:
    reader, model = Reader(), Script("Janet", Finish("stop"))
    writer = summarizer(model)
    for attempt in (0, 0, 2):
        await writer.summarize("25", reader.put, reader.place, attempt=attempt)
    assert [options.seed for _, options in model.asked] == [FIRST_SEED, FIRST_SEED, FIRST_SEED + 2]


async def test_what_would_act_on_a_screen_is_made_visible_in_the_stream_itself() -> None:
    reader, model = Reader(), Script("\x1b[31m", "red", Finish("stop"))
    summary = await summarizer(model).summarize("25", reader.put, reader.place)
    assert summary.summary == "".join(reader.got) == "␛[31mred"


@given(st.lists(st.text(alphabet="ab \n\t\u00a0")))
def test_what_is_let_through_is_always_the_beginning_of_the_trimmed_text(
    tokens: Iterable[str],
) -> None:
    trim, shown, text = Trim(), "", "".join(tokens).strip()
    for token in tokens:
        shown += trim.feed(token)
        assert text.startswith(shown)
    assert shown == text
