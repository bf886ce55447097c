from dataclasses import replace

import pytest

from server.grounding import Record, check_sentence
from server.patients import Patient


@pytest.fixture(scope="session")
def asking(janet: Patient) -> Record:
    return Record(replace(janet, notes="Asks whether diet alone would do. Reports cough."))


def test_what_is_only_asked_is_no_fact(asking: Record) -> None:
    assert check_sentence("She follows a diet.", asking).flagged
    assert check_sentence("She has made changes in her lifestyle.", asking).flagged


def test_a_question_may_be_told(asking: Record) -> None:
    assert not check_sentence("She wonders if diet alone would be enough.", asking).flagged
    assert not check_sentence("She reports a cough.", asking).flagged
