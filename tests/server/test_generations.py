"""What may be saved, and what is refused."""

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_kernel_tools.wire import heading
from server.errors import Incomplete, Invalid
from server.generations import TELLING, Generation, Generations

SUMMARY = "Janet Lee, 67, has numbness in her limbs.\n\nShe takes metformin."


def started(
    generations: Generations, patient_id: str = "25", name: str = "Janet Lee"
) -> Generation:
    return generations.start(patient_id, model="phi", record="r1", name=name)


def completed(generations: Generations, text: str = SUMMARY, patient_id: str = "25") -> Generation:
    generation = started(generations, patient_id)
    for word in text.split(" "):
        generation.add(word)
    generation.complete(text, "stop")
    return generation


def cut(generations: Generations, text: str = SUMMARY, patient_id: str = "25") -> Generation:
    generation = started(generations, patient_id)
    generation.add(text)
    generation.fail()
    return generation


def test_a_complete_text_is_generated_with_its_id() -> None:
    generations = Generations()
    generation = completed(generations)
    verdict = generations.judge("25", SUMMARY, generation.id)
    assert (verdict.how, verdict.model, verdict.record) == ("generated", "phi", "r1")
    assert (verdict.summary, verdict.generation_id) == (SUMMARY, generation.id)


def test_a_complete_text_is_recognised_without_its_id() -> None:
    generations = Generations()
    generation = completed(generations)
    assert generations.judge("25", SUMMARY).generation_id == generation.id


def test_a_text_that_ended_at_the_token_limit_is_complete() -> None:
    generations = Generations()
    started(generations).complete(SUMMARY, "length")
    assert generations.judge("25", SUMMARY).how == "generated"


def test_another_text_with_the_id_is_edited() -> None:
    generations = Generations()
    generation = completed(generations)
    verdict = generations.judge("25", "She is well.", generation.id)
    assert (verdict.how, verdict.summary, verdict.model) == ("edited", "She is well.", "phi")


def test_a_shortened_text_with_the_id_is_edited() -> None:
    generations = Generations()
    generation = completed(generations)
    assert generations.judge("25", SUMMARY[:20], generation.id).how == "edited"


def test_any_other_text_is_external() -> None:
    generations = Generations()
    completed(generations)
    verdict = generations.judge("25", "  Written by hand.\n")
    assert (verdict.how, verdict.model, verdict.generation_id) == ("external", None, None)
    assert verdict.summary == "  Written by hand.\n"


@pytest.mark.parametrize(
    "handed_back",
    [
        heading("Janet Lee", "25") + SUMMARY,
        "\n " + heading("Janet Lee", "25") + SUMMARY + "\n",
        f"Saved Summary for Janet Lee (ID: 25):\n\n{SUMMARY}",
        (heading("Janet Lee", "25") + SUMMARY).replace("\n", "\r\n"),
        f"  {SUMMARY}\n",
    ],
)
def test_the_servers_heading_and_outer_white_space_make_no_difference(handed_back: str) -> None:
    generations = Generations()
    completed(generations)
    verdict = generations.judge("25", handed_back)
    assert (verdict.how, verdict.summary) == ("generated", SUMMARY)


def test_the_heading_goes_from_a_text_that_nobody_remembers() -> None:
    text = heading("Janet (ID: 7) Lee", "25") + "From before a restart."
    assert Generations().judge("25", text).summary == "From before a restart."


def test_the_heading_of_another_patient_is_refused() -> None:
    with pytest.raises(Invalid, match="another patient"):
        Generations().judge("26", heading("Janet Lee", "25") + SUMMARY)


@pytest.mark.parametrize("text", ["", " \n\t", heading("Janet Lee", "25")])
def test_an_empty_text_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="empty"):
        Generations().judge("25", text)


@pytest.mark.parametrize("wrapped", ["{}", " {}\n", "Error: {}", "Based on the record\n\n{}"])
def test_an_error_text_is_refused(wrapped: str) -> None:
    generations = Generations()
    error = "Nothing answers at the model's address. Start Ollama: run `ollama serve`."
    generations.remember_error(error)
    with pytest.raises(Invalid, match="error message"):
        generations.judge("25", wrapped.format(error))


def test_a_short_error_is_refused_only_as_the_whole_text() -> None:
    generations = Generations()
    generations.remember_error("Busy.")
    with pytest.raises(Invalid):
        generations.judge("25", "Busy.")
    assert generations.judge("25", "Her days are busy. Busy.").how == "external"


def test_every_beginning_of_a_cut_stream_is_refused() -> None:
    generations = Generations()
    cut(generations)
    for end in range(1, len(SUMMARY) + 1):
        if not SUMMARY[:end].strip():
            continue
        for text in (SUMMARY[:end], heading("Janet Lee", "25") + SUMMARY[:end]):
            with pytest.raises(Incomplete):
                generations.judge("25", text)


def test_the_beginning_of_a_heading_alone_is_refused() -> None:
    generations = Generations()
    cut(generations)
    with pytest.raises(Incomplete):
        generations.judge("25", heading("Janet Lee", "25")[:25])


def test_the_text_of_a_stream_that_still_runs_is_refused() -> None:
    generations = Generations()
    generation = started(generations)
    for word in ("Janet", " Lee", " has"):
        generation.add(word)
    with pytest.raises(Incomplete):
        generations.judge("25", "Janet Lee")
    generation.complete("Janet Lee has", "stop")
    assert generations.judge("25", "Janet Lee has").how == "generated"


@pytest.mark.parametrize("text", [SUMMARY, "Completed by hand."])
def test_the_id_of_a_cut_stream_is_refused_with_any_text(text: str) -> None:
    generations = Generations()
    generation = cut(generations, SUMMARY[:30])
    with pytest.raises(Incomplete):
        generations.judge("25", text, generation.id)


def test_a_cut_text_is_refused_with_the_id_of_an_earlier_complete_one() -> None:
    generations = Generations()
    earlier = completed(generations, "An earlier text.")
    cut(generations)
    for text in (SUMMARY, SUMMARY[:TELLING]):
        with pytest.raises(Incomplete):
            generations.judge("25", text, earlier.id)
    assert generations.judge("25", SUMMARY[:5], earlier.id).how == "edited"


def test_an_edit_may_shorten_its_text_to_the_beginning_of_a_cut_one() -> None:
    generations = Generations()
    generation = completed(generations)
    cut(generations, SUMMARY[:50])
    assert generations.judge("25", SUMMARY[:45], generation.id).how == "edited"


def test_a_complete_text_may_be_the_beginning_of_a_cut_one() -> None:
    generations = Generations()
    completed(generations, SUMMARY[:30])
    cut(generations)
    assert generations.judge("25", SUMMARY[:30]).how == "generated"


def test_a_longer_text_than_the_cut_one_is_external() -> None:
    generations = Generations()
    cut(generations, SUMMARY[:30])
    assert generations.judge("25", SUMMARY).how == "external"


def test_another_patients_complete_text_is_refused() -> None:
    generations = Generations()
    generation = completed(generations)
    with pytest.raises(Invalid, match="another patient"):
        generations.judge("26", SUMMARY)
    with pytest.raises(Invalid, match="another patient"):
        generations.judge("26", SUMMARY, generation.id)
    own = completed(generations, "Another text.", "26")
    with pytest.raises(Invalid, match="another patient"):
        generations.judge("26", SUMMARY, own.id)


def test_the_same_text_for_two_patients_is_each_ones_own() -> None:
    generations = Generations()
    first, second = completed(generations), completed(generations, patient_id="26")
    assert generations.judge("25", SUMMARY).generation_id == first.id
    assert generations.judge("26", SUMMARY).generation_id == second.id


def test_another_patients_cut_text_is_refused_from_a_telling_length_on() -> None:
    generations = Generations()
    cut(generations)
    with pytest.raises(Incomplete):
        generations.judge("26", SUMMARY[:TELLING])
    with pytest.raises(Incomplete):
        generations.judge("26", SUMMARY)
    assert generations.judge("26", SUMMARY[: TELLING - 1]).how == "external"


def test_the_last_complete_text_of_a_patient_is_remembered() -> None:
    generations = Generations()
    assert generations.last_of("25") == ""
    completed(generations, "The first.")
    completed(generations, "The second.")
    completed(generations, "Of another.", patient_id="26")
    cut(generations, "A third")
    assert generations.last_of(" 25 ") == "The second."


def test_an_unknown_id_is_refused() -> None:
    with pytest.raises(Invalid, match="generation_id"):
        Generations().judge("25", SUMMARY, "nothing")


def test_ids_are_compared_as_stripped_text() -> None:
    generations = Generations()
    completed(generations, patient_id=" 25 ")
    assert generations.judge("25 ", SUMMARY).how == "generated"


def test_the_oldest_of_a_patient_is_forgotten() -> None:
    generations = Generations(per_patient=2)
    ids = [completed(generations, f"text {number}").id for number in range(3)]
    with pytest.raises(Invalid):
        generations.judge("25", "text 0", ids[0])
    assert generations.judge("25", "text 1", ids[1]).how == "generated"


def test_the_oldest_of_all_is_forgotten() -> None:
    generations = Generations(in_all=3)
    ids = [completed(generations, patient_id=str(number)).id for number in range(4)]
    assert len(generations) == 3
    with pytest.raises(Invalid):
        generations.judge("0", SUMMARY, ids[0])


def test_one_that_runs_is_never_forgotten() -> None:
    generations = Generations(per_patient=1)
    running = started(generations)
    running.add("Janet Lee")
    completed(generations)
    completed(generations, "another")
    with pytest.raises(Incomplete):
        generations.judge("25", "Janet")


def test_what_was_refused_can_be_saved_after_a_complete_run() -> None:
    generations = Generations()
    cut(generations)
    completed(generations)
    assert generations.judge("25", SUMMARY).how == "generated"


def test_ids_come_from_the_maker_of_ids() -> None:
    numbers = itertools.count()
    generations = Generations(new_id=lambda: f"g{next(numbers)}")
    assert [started(generations).id, started(generations).id] == ["g0", "g1"]


@given(text=st.text(min_size=1).filter(str.strip), at=st.integers(min_value=0))
def test_whatever_stream_is_cut_no_part_of_it_is_saved(text: str, at: int) -> None:
    generations = Generations()
    cut(generations, text)
    handed_back = text.strip()[: 1 + at % len(text.strip())]
    for whole in (handed_back, heading("Janet Lee", "25") + handed_back):
        with pytest.raises((Incomplete, Invalid)):
            generations.judge("25", whole)


@pytest.mark.slow
@given(st.text(min_size=1).filter(lambda text: text == text.strip() and "\r" not in text))
def test_whatever_completes_is_saved_character_for_character(text: str) -> None:
    generations = Generations()
    completed(generations, text)
    assert generations.judge("25", heading("Janet Lee", "25") + text).summary == text


@pytest.mark.slow
def test_it_is_fast_with_ten_thousand_generations() -> None:
    generations = Generations()
    for number in range(10_000):
        (completed if number % 2 else cut)(generations, f"{number} {SUMMARY}", str(number))
    started_at = time.process_time()
    for _ in range(10):
        generations.judge("25", "Written by hand, by somebody who took the time.")
    assert (time.process_time() - started_at) / 10 < 0.1
