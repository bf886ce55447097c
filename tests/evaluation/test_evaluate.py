import json
from pathlib import Path

import pytest

from tests.evaluation import evaluate
from tests.evaluation.evaluate import CLASSES, FAITHFUL, Labelled, Share

pytestmark = pytest.mark.slow

ALL = (FAITHFUL, *CLASSES)


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [(0, 10, 0.0, 0.278), (5, 10, 0.237, 0.763), (10, 10, 0.722, 1.0), (81, 263, 0.255, 0.366)],
)
def test_an_interval_is_wilsons(hits: int, total: int, low: float, high: float) -> None:
    """The last row is an example of Newcombe, Statistics in Medicine 17 (1998), 857-872."""
    assert Share(hits, total).interval == pytest.approx((low, high), abs=0.001)


def test_a_share_of_nothing_says_nothing() -> None:
    assert Share(0, 0).interval == (0.0, 1.0)


def test_shares_are_counted_by_label() -> None:
    cases = [
        Labelled("25", "Janet Lee is 62.", FAITHFUL),
        Labelled("25", "Janet Lee is 26.", "wrong_number"),
        Labelled("25", "Janet Lee is 27.", "wrong_number"),
    ]
    found = evaluate.shares(cases, evaluate.flags)
    assert (found[FAITHFUL].hits, found["wrong_number"].hits, found["wrong"].total) == (0, 2, 2)
    assert evaluate.precision(found["wrong"], found[FAITHFUL]) == Share(2, 2)


def test_the_sentences_of_a_summary_are_faithful_but_for_those_that_are_named() -> None:
    summary = "Ann is 54. She smokes. She smokes. She rests."
    wrong = [{"sentence": "She smokes.", "label": "fabricated", "note": ""}]
    cases = evaluate.labelled([{"patient_id": 1, "summary": summary, "wrong": wrong}])
    assert cases == [
        Labelled("1", "Ann is 54.", FAITHFUL),
        Labelled("1", "She smokes.", "fabricated"),
        Labelled("1", "She rests.", FAITHFUL),
    ]


@pytest.mark.parametrize("name", evaluate.SETS)
def test_a_set_can_be_read(name: str) -> None:
    cases = evaluate.read(name)
    labels = {case.label for case in cases}
    assert labels == set(ALL) or (name.startswith("outputs") and FAITHFUL in labels)
    own_records = (evaluate.HERE / f"{name}.csv").exists()
    assert len({case.patient_id for case in cases}) >= (24 if own_records else 40)


def test_no_sentence_of_a_frozen_set_is_in_the_development_set() -> None:
    seen = ("development", "development_far", "development_records")
    development = {case.sentence for name in seen for case in evaluate.read(name)}
    for name in evaluate.SETS:
        if name.startswith("frozen"):
            # Compared by number: a failure must not show what stands in a frozen set.
            assert sum(case.sentence in development for case in evaluate.read(name)) == 0


def test_a_state_of_the_checker_is_logged_once(tmp_path: Path) -> None:
    log = tmp_path / "log.md"
    log.write_text("# Log\n", encoding="utf-8")
    cases = [Labelled("25", "Janet Lee is 62.", FAITHFUL)]
    evaluate.log("frozen", cases, log)
    evaluate.log("frozen", cases, log)
    assert log.read_text(encoding="utf-8").count(evaluate.checker_hash()) == 1


def test_the_table_names_every_class_and_baseline() -> None:
    table = "\n".join(evaluate.table([Labelled("25", "Janet Lee is 26.", "wrong_number")]))
    assert all(name in table for name in (*CLASSES, *evaluate.BASELINES))


def test_the_development_sentences_keep_their_figures() -> None:
    found = evaluate.shares(evaluate.read("development"), evaluate.flags)
    assert found[FAITHFUL].value <= 0.02
    assert all(found[label].value >= 0.92 for label in CLASSES)


def test_every_line_of_the_development_set_is_complete() -> None:
    text = (evaluate.HERE / "development.jsonl").read_text(encoding="utf-8")
    for line in text.splitlines():
        assert set(json.loads(line)) == {"patient_id", "sentence", "label"}
