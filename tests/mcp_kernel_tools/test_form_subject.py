from mcp_kernel_tools.answers import Grounding, Summary
from mcp_kernel_tools.form_subject import Subject

GROUNDING: Grounding = {"patient_id": "25", "sentences": [], "omissions": [], "counts": {}}
SUMMARY = Summary("25", "Janet Lee", "Well.", "scripted", "stop", 1, 0.1, 0.2, "g1", GROUNDING)


def test_a_complete_summary_waits_to_be_saved_with_what_the_record_says() -> None:
    subject = Subject("25", "Janet Lee")
    assert subject.grounding is None
    subject.complete(SUMMARY)
    assert subject.is_unsaved("Well.")
    assert subject.grounding == GROUNDING


def test_a_new_text_leaves_nothing_of_the_old_one() -> None:
    subject = Subject("25", "Janet Lee")
    subject.complete(SUMMARY)
    subject.question.allows("Well.", doubted=True)
    subject.begin()
    assert (subject.summary, subject.kept, subject.grounding) == (None, None, None)
    assert not subject.question.is_open
    assert not subject.is_unsaved("Well.")


def test_an_edited_text_takes_its_own_check_along() -> None:
    subject = Subject("25", "Janet Lee")
    subject.complete(SUMMARY)
    checked: Grounding = {**GROUNDING, "counts": {"neutral": 1}}
    subject.take_edited("Very well.", checked)
    assert (str(subject.summary), subject.grounding) == ("Very well.", checked)
    assert subject.edited
    subject.begin()
    assert not subject.edited


def test_an_edited_text_is_unsaved_until_it_is_the_saved_one_again() -> None:
    subject = Subject("25", "Janet Lee")
    subject.complete(SUMMARY)
    subject.kept = "Well."
    assert not subject.would_lose("Well.")
    assert subject.would_lose("Very well.")


def test_another_try_answers_the_question_about_the_models_own_text_only() -> None:
    subject = Subject("25", "Janet Lee")
    subject.complete(SUMMARY)
    subject.question.allows("Well.", doubted=True)
    assert not subject.would_lose("Well.")
    assert subject.would_lose("Very well.")
