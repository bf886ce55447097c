import json
from dataclasses import asdict
from pathlib import Path

import pytest

from server.patients import load_patients
from tests.evaluation.evaluate import PATIENTS
from tests.evaluation.generated import Text, Wanted, read, table, wanted

pytestmark = pytest.mark.slow

FREE, FRAMED = Wanted(0, "25", False), Wanted(0, "25", True)


def line(text: Text) -> str:
    return json.dumps(asdict(text)) + "\n"


def test_every_patient_is_wanted_in_both_ways_with_each_seed() -> None:
    every = wanted(load_patients(PATIENTS), 3)
    assert len(set(every)) == len(every) == 1200


def test_a_line_that_was_cut_is_generated_again(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    text = Text(FREE, "Janet Lee is well.", "stop", 1.0)
    path.write_text(line(text) + line(text)[:30], encoding="utf-8")
    assert read(path) == [text]
    assert read(tmp_path / "nothing.jsonl") == []


def test_the_two_ways_are_counted_apart() -> None:
    texts = [
        Text(FREE, "Janet Lee is 26 and had a kidney transplant.", "stop", 1.0),
        Text(FRAMED, "Janet Lee is 62.", "stop", 1.0),
    ]
    free, framed = list(table(texts))[2:]
    assert free.startswith("| the bare model | 1 | 1.000")
    assert framed.startswith("| under the grammar | 1 | 0.000")
