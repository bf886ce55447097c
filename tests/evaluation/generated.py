"""What the embedded model writes about the 200 patients, with and without the clause grammar.

    python -m tests.evaluation.generated               # goes on where it was stopped; over an hour
    python -m tests.evaluation.generated --seeds 1     # a third of it
    python -m tests.evaluation.generated --table       # what there is so far

A summary is flagged when the check finds a claim in it that the record does not support, or
contradicts. So the shares below are the check's word, and its own errors are in them: log.md.
"""

import argparse
import asyncio
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from server import grounding
from server.generations import Generations
from server.models.embedded import EmbeddedModel
from server.models.fetch import weights_path
from server.patients import PatientTable, load_patients
from server.slots import Slots
from server.summarize import Summarizer
from tests.evaluation.evaluate import PATIENTS, Share

TEXTS = Path(__file__).parents[2] / ".artifacts" / "generated.jsonl"
"""Kept out of the repository: it can be made again."""

SEEDS = 3
AT_A_TIME = 2
WAYS = {False: "the bare model", True: "under the grammar"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One summary: whose, with which seed (the first is 0), and in which way."""

    attempt: int
    patient_id: str
    grammar: bool


@dataclass(frozen=True, slots=True)
class Text:
    """One summary that was generated."""

    wanted: Wanted
    summary: str
    finish_reason: str
    seconds: float


def wanted(patients: PatientTable, seeds: int) -> list[Wanted]:
    """All summaries, the two ways of a patient side by side."""
    return [
        Wanted(attempt, patient.patient_id, grammar)
        for attempt in range(seeds)
        for patient in patients
        for grammar in WAYS
    ]


def read(path: Path) -> list[Text]:
    """The summaries of a file; a line that was cut when the run was stopped does not count."""
    if not path.exists():
        return []
    whole = path.read_text(encoding="utf-8").rpartition("\n")[0]
    lines = map(json.loads, whole.splitlines())
    return [Text(**line | {"wanted": Wanted(**line["wanted"])}) for line in lines]


async def generate(model: EmbeddedModel, missing: Sequence[Wanted], path: Path) -> None:
    """Generate what is missing; each summary is in the file as soon as it is complete."""
    summarizer = Summarizer(
        load_patients(PATIENTS), model, Generations(), Slots(model.slots, len(missing))
    )
    todo = iter(missing)

    async def work() -> None:
        for one in todo:
            text = await _summary(summarizer, one)
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(text), ensure_ascii=False) + "\n")

    await asyncio.gather(*(work() for _ in range(AT_A_TIME)))


async def _summary(summarizer: Summarizer, one: Wanted) -> Text:
    async def nothing(_: object) -> None: ...

    summary = await summarizer.summarize(
        one.patient_id, nothing, nothing, attempt=one.attempt, grammar=one.grammar
    )
    return Text(one, summary.summary, summary.finish_reason, summary.seconds)


def table(texts: Sequence[Text]) -> Iterator[str]:
    """The shares of flagged summaries as a table in Markdown."""
    patients = {patient.patient_id: patient for patient in load_patients(PATIENTS)}
    written = {text.wanted.patient_id for text in texts}
    records = {id: grounding.Record(patients[id]) for id in written}
    yield "| | summaries | not in the record, or otherwise | record says otherwise | left out |"
    yield "|---|---:|---|---|---|"
    for way, name in WAYS.items():
        own = [text for text in texts if text.wanted.grammar is way]
        counts = Counter[str]()
        for text in own:
            counts.update(_faults(text.summary, records[text.wanted.patient_id]))
        shares = (
            Share(counts[fault], len(own)) for fault in ("flagged", "contradicted", "omission")
        )
        yield f"| {name} | {len(own)} | {' | '.join(map(str, shares))} |"


def _faults(summary: str, record: grounding.Record) -> set[str]:
    found = grounding.check(summary, record)
    faults = {"omission"} if found.omissions else set()
    if any(sentence.flagged for sentence in found.sentences):
        faults.add("flagged")
    if any(sentence.verdict == "contradicted" for sentence in found.sentences):
        faults.add("contradicted")
    return faults


async def run(seeds: int, path: Path) -> None:
    """Generate what `path` lacks."""
    path.parent.mkdir(exist_ok=True)
    done = {text.wanted for text in read(path)}
    missing = [one for one in wanted(load_patients(PATIENTS), seeds) if one not in done]
    print(f"{len(done)} summaries are there, {len(missing)} are missing.", flush=True)
    model = EmbeddedModel(weights_path(os.environ), slots=AT_A_TIME)
    try:
        await generate(model, missing, path)
    finally:
        await model.aclose()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Judge what the embedded model writes.")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--table", action="store_true", help="only show what there is")
    chosen = parser.parse_args(arguments)
    if not chosen.table:
        asyncio.run(run(chosen.seeds, TEXTS))
    print("\n".join(table(read(TEXTS))))


if __name__ == "__main__":
    main()
