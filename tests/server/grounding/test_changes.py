from dataclasses import replace

from server.grounding import check_sentence
from server.patients import Patient
from tests.server.grounding.conftest import Check


def test_a_denied_change_that_no_line_tells_of_is_marked(checked: Check) -> None:
    assert checked("She has no significant changes in her blood pressure.").flagged
    assert checked("There is no change in her weight.").flagged


def test_what_the_record_calls_stable_has_not_changed(janet: Patient) -> None:
    record = replace(janet, notes="Kidney function is stable.")
    assert not check_sentence("She has no change in her kidney function.", record).flagged
