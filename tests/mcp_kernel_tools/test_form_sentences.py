import pytest

from mcp_kernel_tools import form_sentences as say
from mcp_kernel_tools.answers import Summary
from mcp_kernel_tools.text_marks import Mark
from server.schemas import MAX_KEYWORD


def summary(**fields: object) -> Summary:
    known: dict[str, object] = {
        "patient_id": "25",
        "name": "Janet Lee",
        "text": "Well.",
        "model": "scripted",
        "finish_reason": "stop",
        "tokens": 134,
        "first_token_seconds": 0.4,
        "seconds": 2.5,
        "generation_id": "g1",
    }
    return Summary(**(known | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("total", "listed", "sentence"),
    [
        (0, 0, "No patient matches “x”. Try the beginning of the word, or another one."),
        (1, 1, "1 patient matches “x”."),
        (35, 35, "35 patients match “x”."),
        (3500, 50, "3,500 patients match “x”, the best 50 are listed."),
    ],
)
def test_a_search_says_how_many_match(total: int, listed: int, sentence: str) -> None:
    assert say.found("x", total, listed) == sentence


def test_a_keyword_is_as_long_as_the_server_takes() -> None:
    assert say.LONGEST_KEYWORD == MAX_KEYWORD
    assert say.keyword_hint("x" * MAX_KEYWORD) == ""
    assert say.keyword_hint("x" * MAX_KEYWORD + "x") == "Type at most 200 characters."
    assert say.keyword_hint("") == "Type a keyword to find patients."


def test_a_complete_summary_says_how_it_ended() -> None:
    assert say.completed(summary()) == "Complete: 134 tokens in 2.5 s."
    limit = say.completed(summary(finish_reason="length", tokens=1))
    assert limit == "Complete at the model's token limit: 1 token in 2.5 s."


def test_a_complete_summary_says_what_there_is_to_check() -> None:
    claim = {"text": "x", "start": 0, "end": 1, "kind": "word", "verdict": "unsupported"}
    claim |= {"field": "", "evidence": ""}
    sentence = {"text": "x", "start": 0, "end": 1, "verdict": "unsupported", "claims": [claim]}
    left_out = [{"field": "conditions", "text": "gout"}] * 2
    found = {"patient_id": "25", "sentences": [sentence], "omissions": left_out, "counts": {}}
    told = "To check: 1 not in the record; 2 items of the record left out."
    assert say.completed(summary(grounding=found)).endswith(told)
    clean = found | {"sentences": [], "omissions": []}
    assert say.completed(summary(grounding=clean)).endswith("To check: nothing was found.")


def test_an_edited_summary_has_none_of_the_models_figures() -> None:
    assert say.completed(summary(), edited=True) == "Edited by hand."
    clean = {"patient_id": "25", "sentences": [], "omissions": [], "counts": {}}
    told = say.completed(summary(grounding=clean), edited=True)
    assert told == "Edited by hand. To check: nothing was found."


def test_a_summary_says_who_wrote_it() -> None:
    assert say.source(summary(source="record")) == "Written from the record, no model."
    assert say.source(summary(source="a newer kind")) == "A newer kind."


def test_the_question_names_the_first_doubt_and_how_many_there_are() -> None:
    dose = Mark(0, 5, "50 mg", "contradicted", "Medications: gabapentin 300 mg", (0, 9))
    asked = say.not_saved([dose])
    assert "about “50 mg” (Medications: gabapentin 300 mg). Press “Save anyway”" in asked
    assert "and 2 other places." in say.not_saved([dose, dose, dose])


def test_a_text_that_would_be_lost_is_named_with_the_buttons() -> None:
    asked = say.would_be_lost("Janet Lee", "25", say.TRY_AGAIN)
    assert asked == (
        "Not saved yet: the text for Janet Lee, ID 25 would be lost. Press “Save” to keep it, or"
        " “Try again” once more to do without it."
    )
    assert say.chosen("Janet Lee", "25") == "Chosen: Janet Lee, ID 25."
    assert say.stays("", "25") == "The text for ID 25 stays below: it is not saved yet."


def test_a_stopped_stream_says_that_nothing_is_saved() -> None:
    assert say.stopped(34) == "Stopped after 34 tokens. Incomplete, not saved."


def test_saving_says_how_long_it_took_and_what_it_replaced() -> None:
    saved = {"patient_id": "25", "name": "Janet Lee", "how": "generated", "seconds": 0.0031}
    assert say.saved({**saved, "replaced": False}) == "Saved in 3 ms."  # type: ignore[typeddict-item]
    replaced = say.saved({**saved, "replaced": True})  # type: ignore[typeddict-item]
    assert replaced == "Saved in 3 ms, in place of an older summary; Undo brings that back."


def test_an_undo_says_what_is_there_now() -> None:
    undone = {"patient_id": "25", "name": "Janet Lee", "summary": None}
    back = say.undone({**undone, "restored": True})  # type: ignore[typeddict-item]
    assert back == "Undone: what was saved before for Janet Lee is back."
    gone = say.undone({**undone, "restored": False})  # type: ignore[typeddict-item]
    assert gone == "Undone: no summary is saved for Janet Lee now."


def test_a_queue_is_told_where_there_is_one() -> None:
    assert say.waiting(0) == ""
    assert say.waiting(2) == ", 2 requests in the queue"


def test_the_model_is_named_with_its_state_and_why_it_was_chosen() -> None:
    ready = say.model_html({"name": "phi", "state": "ready", "why": "Ollama has it", "detail": ""})
    assert "<strong>phi</strong>, Ollama has it" in ready
    failed = say.model_html(
        {"name": "phi", "state": "failed", "why": "Ollama has it", "detail": "Ollama is gone."}
    )
    assert "<strong>phi</strong>, failed, Ollama is gone." in failed
    assert "does not answer" in say.model_html(None)


def test_names_are_text() -> None:
    hostile = "<b>\x1b[31m"
    doubt = Mark(0, 1, hostile, "contradicted", hostile, (0, 1))
    shown = say.heading_html(hostile, hostile) + say.question_html([doubt])
    shown += say.loss_html(say.would_be_lost(hostile, hostile, say.SUMMARIZE))
    shown += say.model_html({"name": hostile, "state": "ready", "why": hostile, "detail": ""})
    assert "<b>" not in shown
    assert "\x1b" not in shown


def test_a_fault_is_one_sentence_with_the_next_step() -> None:
    assert say.fault(ValueError("no")) == "ValueError: no. The kernel's log holds the traceback."
