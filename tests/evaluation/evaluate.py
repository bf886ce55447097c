"""How well grounding tells wrong sentences from faithful ones.

    python -m tests.evaluation.evaluate                  # the frozen set, and a line in log.md
    python -m tests.evaluation.evaluate --set development --show

There are eight frozen sets, each written when the checker had been changed with what the one before
could teach; the README quotes first, blind runs of the last ones. The last two are about records of
other kinds than the shipped ones, as is "development_records", and bring them. "outputs" are real
summaries of the bare embedded model, whose wrong sentences are named: those of the first hundred
patients ("outputs_seen") were looked at while the checker was made, those of the others were not.
"development_far" is what two authors wrote who were asked to try the checker hard.

A sentence is flagged when any claim in it is unsupported or contradicted. Recall of a class is the
share of its sentences that are flagged; its precision counts it against the faithful sentences that
are flagged too. Intervals are Wilson's, at 95 %: they take the sentences as independent, which
sentences about one patient are not quite. FROZEN.md to FROZEN_8.md and OUTPUTS.md
say who wrote or labelled them, and how.
"""

import argparse
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from math import sqrt
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

from server import facts, grounding
from server.patients import load_patients

HERE = Path(__file__).parent
PATIENTS = HERE.parents[1] / "data" / "patients.csv"
CHECKER = HERE.parents[1] / "server"
LOG = HERE / "log.md"

FAITHFUL = "faithful"
CLASSES = (
    "fabricated",
    "wrong_number",
    "wrong_drug_or_dose",
    "negated",
    "family_as_self",
    "wrong_person",
    "wrong_time",
)
SETS = (
    "frozen_8",
    "frozen_7",
    "frozen_6",
    "frozen_5",
    "frozen_4",
    "frozen_3",
    "frozen_2",
    "frozen",
    "outputs",
    "outputs_seen",
    "development",
    "development_far",
    "development_records",
)
SEEN = ("outputs_seen", "development", "development_far", "development_records")
"""Sets whose mistakes were looked at while the checker was made: their figures flatter it."""

Z = 1.959964
"""The 97.5 % quantile of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A sentence about one patient, with what a person says of it."""

    patient_id: str
    sentence: str
    label: str


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `total`, with Wilson's interval."""

    hits: int
    total: int

    @property
    def value(self) -> float:
        return self.hits / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        if not self.total:
            return 0.0, 1.0
        n, p = self.total, self.value
        middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z / (1 + Z * Z / n) * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.3f} ({low:.3f}-{high:.3f})"


Flags = Callable[[Labelled], bool]
"""A checker: whether it flags a sentence."""


@cache
def _records() -> Mapping[str, grounding.Record]:
    """The shipped records, and those of the sets that bring their own: their ids are other ones."""
    tables = (PATIENTS, *sorted(HERE.glob("*.csv")))
    patients = (patient for table in tables for patient in load_patients(table))
    return {patient.patient_id: grounding.Record(patient) for patient in patients}


def flags(case: Labelled) -> bool:
    """The checker that is judged."""
    return grounding.check_sentence(case.sentence, _records()[case.patient_id]).flagged


def _numbers_only(case: Labelled) -> bool:
    """A baseline: flag a sentence when one of its numbers stands nowhere in the record."""
    record = _records()[case.patient_id].patient
    known = set(re.findall(r"\d+(?:\.\d+)?", " ".join(str(getattr(record, f)) for f in _FIELDS)))
    return not set(re.findall(r"\d+(?:\.\d+)?", case.sentence)) <= known


_FIELDS = (
    "patient_id",
    "age",
    "medications",
    "conditions",
    "blood_pressure",
    "blood_sugar",
    "last_visit",
    "family_history",
    "notes",
)

BASELINES: Mapping[str, Flags] = {
    "grounding": flags,
    "numbers only": _numbers_only,
    "flag all": lambda case: True,
    "flag none": lambda case: False,
}


def read(name: str) -> list[Labelled]:
    """The labelled sentences of one of `SETS`."""
    lines = (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return labelled(map(json.loads, filter(None, lines)))


def labelled(lines: Iterable[Mapping[str, Any]]) -> list[Labelled]:
    """The labelled sentences of these lines; what a model says twice of a patient counts once."""
    return list(dict.fromkeys(each for line in lines for each in _labelled(line)))


def _labelled(case: Mapping[str, Any]) -> Iterator[Labelled]:
    """The sentence of a line, or the sentences of a whole summary whose wrong ones are named."""
    patient_id = str(case["patient_id"])
    if "sentence" in case:
        yield Labelled(patient_id, case["sentence"], case["label"])
        return
    for span in grounding.split(case["summary"]):
        labels = [w["label"] for w in case["wrong"] if _same(w["sentence"], span.text)]
        yield Labelled(patient_id, span.text, labels[0] if labels else FAITHFUL)


def _same(labelled: str, sentence: str) -> bool:
    """Whether a reader and the splitter mean the same sentence, where they cut it differently.

    Half of it has to be there: a text that was cut after "She" is no part of another sentence.
    """
    part = sentence in labelled and 2 * len(sentence) > len(labelled)
    return labelled in sentence or part


def shares(cases: Sequence[Labelled], checker: Flags) -> dict[str, Share]:
    """The share of flagged sentences of each label, and of all wrong ones as "wrong"."""
    flagged = {case for case in cases if checker(case)}
    by_label = {label: [c for c in cases if c.label == label] for label in (FAITHFUL, *CLASSES)}
    by_label["wrong"] = [case for case in cases if case.label != FAITHFUL]
    return {
        label: Share(len(flagged.intersection(own)), len(own)) for label, own in by_label.items()
    }


def precision(of: Share, faithful: Share) -> Share:
    """How many of the flagged sentences, of a class and of the faithful ones, are wrong."""
    return Share(of.hits, of.hits + faithful.hits)


def table(cases: Sequence[Labelled]) -> Iterator[str]:
    """The result as a table in Markdown."""
    found = shares(cases, flags)
    faithful = found[FAITHFUL]
    yield "| class | sentences | recall | precision against faithful |"
    yield "|---|---:|---|---|"
    for label in (*CLASSES, "wrong"):
        own = found[label]
        name = "all wrong ones" if label == "wrong" else label
        yield f"| {name} | {own.total} | {own} | {precision(own, faithful)} |"
    yield f"| faithful: false alarms | {faithful.total} | {faithful} | |"
    yield ""
    yield "| checker | recall of wrong ones | false alarms | precision |"
    yield "|---|---|---|---|"
    for name, checker in BASELINES.items():
        flagged = shares(cases, checker)
        yield (
            f"| {name} | {flagged['wrong']} | {flagged[FAITHFUL]} "
            f"| {precision(flagged['wrong'], flagged[FAITHFUL])} |"
        )


def milliseconds() -> tuple[float, float]:
    """CPU time of a plain summary with the reading of its record, and without: medians."""
    patients = list(load_patients(PATIENTS))
    spent: list[tuple[float, float]] = []
    for patient in patients:
        summary = " ".join(facts.sentences(facts.read(patient)))
        start = process_time()
        record = grounding.Record(patient)
        read = process_time()
        grounding.check(summary, record)
        spent.append((process_time() - start, process_time() - read))
    whole, check = (1000 * median(times) for times in zip(*spent, strict=True))
    return whole, check


def checker_hash() -> str:
    """A hash of all that decides a verdict: the code and the word lists."""
    files = [*(CHECKER / "grounding").rglob("*"), CHECKER / "facts.py"]
    sources = sorted(path for path in files if path.suffix in (".py", ".txt"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]


def log(name: str, cases: Sequence[Labelled], path: Path = LOG) -> None:
    """Note a run of a frozen set, once for each state of the checker."""
    found, run = shares(cases, flags), f"| {name} | {checker_hash()} |"
    known = path.read_text(encoding="utf-8")
    if run in known:
        return
    recalls = " | ".join(f"{found[label].value:.3f}" for label in CLASSES)
    now = datetime.now(UTC)
    line = f"| {now:%Y-%m-%d %H:%M} {run} {recalls} | {found[FAITHFUL].value:.3f} |\n"
    path.write_text(known + line, encoding="utf-8")


def _mistakes(cases: Iterable[Labelled]) -> Iterator[str]:
    for case in cases:
        sentence = grounding.check_sentence(case.sentence, _records()[case.patient_id])
        if sentence.flagged != (case.label != FAITHFUL):
            yield f"{case.label} | {case.patient_id} | {case.sentence}"
            yield from (
                f"    {claim.verdict} {claim.kind} {claim.text!r} <- {claim.field}"
                for claim in sentence.claims
                if claim.verdict in ("unsupported", "contradicted")
            )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Judge grounding on labelled sentences.")
    parser.add_argument("--set", choices=SETS, default=SETS[0])
    parser.add_argument(
        "--show", action="store_true", help="name the mistakes (of the development set)"
    )
    chosen = parser.parse_args(arguments)
    cases = read(chosen.set)
    print("\n".join(table(cases)))
    print(
        "\n{:.1f} ms of CPU a summary of about eight sentences, {:.1f} ms of it to check".format(
            *milliseconds()
        )
    )
    if chosen.set not in SEEN:
        log(chosen.set, cases)
    elif chosen.show:
        print("\n".join(_mistakes(cases)))


if __name__ == "__main__":
    main()
