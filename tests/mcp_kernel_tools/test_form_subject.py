from mcp_kernel_tools.answers import Grounding, Summary
from mcp_kernel_tools.form_subject import Subject

GROUNDING: Grounding = {"patient_id": "25", "sentences": [], "omissions": [], "counts": {}}
SUMMARY = Summary("25", "Janet Lee", "Well.", "scripted", "stop", 1, 0.1, 0.2, "g1", GROUNDING)


def test_a_complete_summary_waits_to_be_saved_with_what_the_record_says() -> None:
    subject = Subject("25", "Janet Lee")
    assert subject.grounding is None
    subject.complete(SUMMARY)
    assert subject.unsaved
    assert subject.grounding == GROUNDING


def test_a_new_text_leaves_nothing_of_the_old_one() -> None:
    subject = Subject("25", "Janet Lee")
    subject.complete(SUMMARY)
    subject.question.allows("Well.", doubted=True)
    subject.begin()
    assert (subject.summary, subject.unsaved, subject.grounding) == (None, False, None)
    assert not subject.question.is_open
