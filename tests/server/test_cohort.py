import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest

from server.cohort import TRIES, Cohort
from server.cohort_report import Report
from server.endpoints import ModelEndpoint
from server.errors import Failure, Incomplete, Invalid, ModelAbsent, ModelFailed, ModelMissing
from server.generations import Generations
from server.models.base import Finish, Options, Prompt
from server.patients import load_patients
from server.readiness import Readiness
from server.rewriting import NO_MODEL
from server.slots import Slots
from server.summaries import SummaryStore
from server.summarize import Summarizer
from tests.crash.disks import FaultyDisk

pytestmark = pytest.mark.slow

IDS = [str(number) for number in range(40)]
PATIENTS = pd.DataFrame({"patient_id": IDS, "name": [f"Name {id}" for id in IDS]})
BROKEN = ModelFailed("It broke.", next="Try again.")
ABSENT = ModelAbsent("Nothing answers.", next="Start it.")

Say = Callable[[str, int], Exception | None]
"""Whether the request number n (from 1) for a patient fails."""


class Model:
    """Says a word for each patient; fails as it is told, and counts who is served at a time."""

    takes_grammar = False

    def __init__(self, name: str = "phi", say: Say | None = None, slots: int | None = 4) -> None:
        self.name = name
        self.slots = slots
        self.say = say
        self.asked: list[str] = []
        self.at_a_time = 0
        self.most = 0
        self.gate: asyncio.Event | None = None
        """Patients after the tenth wait for it."""

    async def load(self, like: Prompt | None = None, /) -> None: ...

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[str | Finish, None]:
        self.asked.append(prompt.patient_id)
        self.at_a_time += 1
        self.most = max(self.most, self.at_a_time)
        try:
            if self.gate and len(self.asked) > 10:
                await self.gate.wait()
            await asyncio.sleep(0)
            times = self.asked.count(prompt.patient_id)
            if self.say and (problem := self.say(prompt.patient_id, times)):
                raise problem
            yield "Well."
            yield Finish("stop")
        finally:
            self.at_a_time -= 1

    async def aclose(self) -> None: ...


@pytest.fixture
def store(tmp_path: Path) -> SummaryStore:
    return SummaryStore(tmp_path / "summaries.csv")


def cohort(
    store: SummaryStore, *models: Model, patients: pd.DataFrame = PATIENTS, patience: float = 300
) -> Cohort:
    table = load_patients(patients)
    endpoints = [
        ModelEndpoint(
            Summarizer(table, model, Generations(), Slots(model.slots, 0)), Readiness(model, "")
        )
        for model in models
    ]
    return Cohort(table, store, endpoints, random=Random(1), first_pause=0.001, patience=patience)


def statuses(report: Report) -> dict[str, str]:
    return {row.patient_id: row.status for row in report.rows}


async def test_every_patient_is_summarised_and_saved_once(store: SummaryStore) -> None:
    model = Model()
    told: list[int] = []
    report = await cohort(store, model).run(
        [*IDS, " 3 "], on_row=lambda report: told.append(len(report.rows))
    )
    assert (report.state, report.counts["done"], len(store)) == ("complete", 40, 40)
    assert sorted(model.asked, key=int) == IDS
    assert told == list(range(1, 41))
    row = report.rows[0]
    assert (row.model, row.tries, row.tokens, row.finish_reason) == ("phi", 1, 1, "stop")
    assert row.marks is not None
    origin = store.origin("3")
    assert origin
    assert (origin.how, origin.model) == ("generated", "phi")


async def test_each_endpoint_writes_so_many_at_a_time_as_it_serves(store: SummaryStore) -> None:
    narrow, wide = Model("narrow", slots=1), Model("wide", slots=None)
    report = await cohort(store, narrow, wide).run(IDS, concurrency=6)
    assert report.counts["done"] == 40
    assert (narrow.most, wide.most) == (1, 6)
    assert narrow.asked
    assert {row.model for row in report.rows} == {"narrow", "wide"}


async def test_the_call_may_name_a_model(store: SummaryStore) -> None:
    one, other = Model("one"), Model("other")
    both = cohort(store, one, other)
    assert (await both.run(IDS, model="other")).models == ["other"]
    assert not one.asked
    with pytest.raises(Invalid, match="one, other"):
        await both.run(IDS, model="third")


async def test_a_second_run_skips_who_is_done(store: SummaryStore) -> None:
    model = Model()
    await cohort(store, model).run(IDS[:10])
    report = await cohort(store, model).run(IDS)
    assert (report.counts["skipped"], report.counts["done"]) == (10, 30)
    assert len(model.asked) == 40
    again = await cohort(store, model).run(IDS, resume=False)
    assert again.counts["done"] == 40


async def test_a_changed_record_is_done_again(store: SummaryStore) -> None:
    model = Model()
    await cohort(store, model).run(IDS)
    changed = PATIENTS.assign(age=[("61" if id == "7" else "") for id in IDS])
    await cohort(store, model, patients=changed.assign(age="")).run(["1"], resume=False)
    report = await cohort(store, model, patients=changed).run(["1", "7"])
    assert statuses(report) == {"1": "skipped", "7": "done"}


async def test_a_summary_edited_by_hand_is_left_alone(store: SummaryStore) -> None:
    await cohort(store, Model()).run(IDS[:2])
    store.save("1", "Name 1", "My own words.", how="edited", model="phi")
    report = await cohort(store, Model("another")).run(IDS[:2])
    assert statuses(report) == {"0": "done", "1": "skipped"}
    saved = store.get("1")
    assert saved
    assert saved.summary == "My own words."


async def test_a_patient_nobody_knows_fails_alone(store: SummaryStore) -> None:
    report = await cohort(store, Model()).run(["1", "nobody"])
    assert statuses(report) == {"1": "done", "nobody": "failed"}


@pytest.mark.parametrize("fault", [BROKEN, Incomplete("It was cut.", next="Ask again."), ABSENT])
async def test_a_fault_is_answered_by_a_new_request(store: SummaryStore, fault: Failure) -> None:
    model = Model(say=lambda id, times: fault if id in "123" and times < 3 else None)
    report = await cohort(store, model).run(IDS[:8])
    assert set(statuses(report).values()) == {"done"}
    assert next(row.tries for row in report.rows if row.patient_id == "2") == 3


async def test_a_patient_whose_summary_fails_again_and_again_is_told(store: SummaryStore) -> None:
    model = Model(say=lambda id, times: BROKEN if id == "5" else None)
    report = await cohort(store, model).run(IDS)
    assert report.counts == {"done": 39, "failed": 1}
    row = next(row for row in report.rows if row.status == "failed")
    assert (row.patient_id, row.kind, row.tries) == ("5", "model_failed", TRIES)
    assert row.reason == "It broke; try again."
    assert len(store) == 39


async def test_what_no_request_mends_is_asked_once(store: SummaryStore) -> None:
    nothing = Invalid("The recording has no stream for this patient.", next="Choose another.")
    model = Model(say=lambda id, times: nothing if id == "5" else None)
    report = await cohort(store, model).run(IDS)
    assert report.counts == {"done": 39, "failed": 1}
    assert model.asked.count("5") == 1


async def test_an_error_that_nobody_expected_fails_one_patient(store: SummaryStore) -> None:
    model = Model(say=lambda id, times: KeyError("secret") if id == "5" else None)
    report = await cohort(store, model).run(IDS)
    assert report.counts == {"done": 39, "failed": 1}
    assert "secret" not in next(row.reason for row in report.rows if row.kind)


async def test_a_dead_endpoint_leaves_its_patients_to_the_others(store: SummaryStore) -> None:
    dead, alive = Model("dead", lambda id, times: ABSENT), Model("alive")
    report = await cohort(store, dead, alive).run(IDS)
    assert report.counts == {"done": 40}
    assert {row.model for row in report.rows} == {"alive"}
    assert len(dead.asked) < 40


@pytest.mark.slow
async def test_an_endpoint_that_comes_back_is_used_again(store: SummaryStore) -> None:
    asked = 0

    def restarting(id: str, times: int) -> Failure | None:
        nonlocal asked
        asked += 1
        return ABSENT if 5 < asked < 20 else None

    report = await cohort(store, Model(say=restarting)).run(IDS)
    assert report.counts == {"done": 40}
    assert not report.notices


async def test_without_any_endpoint_left_the_run_ends_and_says_why(store: SummaryStore) -> None:
    dead = Model("dead", lambda id, times: ABSENT)
    report = await cohort(store, dead, patience=0.01).run(IDS)
    assert (report.state, report.counts) == ("complete", {"failed": 40})
    assert report.notices == ["dead was given up: Nothing answers; start it."]
    assert {row.kind for row in report.rows} == {"model_absent"}


async def test_a_model_that_is_not_installed_is_given_up_at_once(store: SummaryStore) -> None:
    missing = ModelMissing("There is no phi.", next="Pull it.")
    model = Model(say=lambda id, times: missing, slots=1)
    report = await cohort(store, model).run(IDS)
    assert report.counts == {"failed": 40}
    assert len(model.asked) == 1


async def test_a_cancelled_run_keeps_what_is_done_and_goes_on_later(store: SummaryStore) -> None:
    model = Model()
    model.gate = asyncio.Event()
    first = cohort(store, model)
    ten = asyncio.Event()
    run = asyncio.create_task(
        first.run(IDS, on_row=lambda report: ten.set() if len(report.rows) == 10 else None)
    )
    await asyncio.wait_for(ten.wait(), 10)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    report = first.reports.get(None)
    assert report
    assert (report.state, report.counts) == ("cancelled", {"done": 10, "cancelled": 30})
    assert (len(store), model.at_a_time) == (10, 0)
    model.gate.set()
    rest = await first.run(IDS)
    assert rest.counts == {"skipped": 10, "done": 30}


async def test_two_runs_at_once_do_no_patient_twice(store: SummaryStore) -> None:
    model = Model()
    both = cohort(store, model)
    reports = await asyncio.gather(both.run(IDS), both.run(IDS))
    assert [dict(report.counts) for report in reports] == [{"done": 40}, {"skipped": 40}]
    assert len(model.asked) == 40


async def test_a_disk_that_refuses_once_costs_nothing(tmp_path: Path) -> None:
    store = SummaryStore(tmp_path / "summaries.csv", disk=FaultyDisk({3: "EIO"}))
    report = await cohort(store, Model()).run(IDS)
    assert report.counts == {"done": 40}
    assert len(store) == 40


async def test_a_full_disk_stops_the_run(tmp_path: Path) -> None:
    full: dict[int, Any] = dict.fromkeys(range(3, 3000), "ENOSPC")
    store = SummaryStore(tmp_path / "summaries.csv", disk=FaultyDisk(full))
    model = Model(slots=1)
    report = await cohort(store, model).run(IDS)
    assert report.state == "stopped"
    assert report.counts["failed"]
    assert report.counts["done"] + report.counts["failed"] + report.counts["cancelled"] == 40
    assert "disk is full" in report.notices[0]
    assert {row.kind for row in report.rows if row.status == "failed"} == {"store"}


AGED = pd.DataFrame({"patient_id": ["1"], "name": ["Ann"], "age": ["54"], "gender": ["female"]})


class Liar(Model):
    """Says one text after another, the last for ever."""

    def __init__(self, *texts: str) -> None:
        super().__init__()
        self.texts = list(texts)
        self.requests: list[str] = []

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[str | Finish, None]:
        self.requests.append(prompt.request)
        yield self.texts.pop(0) if len(self.texts) > 1 else self.texts[0]
        yield Finish("stop")


async def test_what_the_record_contradicts_is_written_again_with_the_complaint(
    store: SummaryStore,
) -> None:
    wrong, right = "She is 26 years old.", "She is 54 years old."
    model = Liar(wrong, right)
    row = (await cohort(store, model, patients=AGED).run(["1"])).rows[0]
    assert (row.status, row.source, row.model, row.tries) == ("done", "model", "phi", 2)
    saved = store.get("1")
    assert saved is not None
    assert saved.summary == right
    first, second = model.requests
    assert wrong not in first
    assert second.startswith(first)
    assert second.endswith(f"- {wrong}")


async def test_who_is_told_wrongly_twice_gets_the_record_itself_and_is_done(
    store: SummaryStore,
) -> None:
    model = Liar("She is 26 years old.")
    runs = cohort(store, model, patients=AGED)
    row = (await runs.run(["1"])).rows[0]
    assert (row.status, row.source, row.model) == ("done", "record", NO_MODEL)
    assert row.marks is not None
    assert row.marks.contradicted == 0
    saved = store.get("1")
    assert saved is not None
    assert (saved.model, "54-year-old" in saved.summary) == (NO_MODEL, True)
    assert (await runs.run(["1"])).rows[0].status == "skipped"
    assert len(model.requests) == 2
