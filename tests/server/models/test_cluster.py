import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest

from server.errors import Incomplete, Invalid, ModelAbsent, ModelFailed
from server.models.base import Finish, Options, Prompt
from server.models.cluster import BATCH, Asked, Cluster, ClusterModel, Place, Written, write
from tests.running import recording

PLACE = Place("replay:model.jsonl", "scripted")
OPTIONS = Options()


def prompt(patient_id: str) -> Prompt:
    return Prompt("", (), "", patient_id)


class Workers:
    """A cluster that answers by itself, and keeps how the work was cut."""

    threads = 2

    def __init__(self, answer: Written | Exception | None = None) -> None:
        self.answer = answer
        self.batches: list[list[str]] = []
        self.begun, self.left = asyncio.Event(), asyncio.Event()

    async def run(self, place: Place, asked: Sequence[Asked]) -> list[Written]:
        self.batches.append([prompt.patient_id for prompt, _ in asked])
        self.begun.set()
        if self.answer is None:
            try:
                await asyncio.Event().wait()
            finally:
                self.left.set()
        if isinstance(self.answer, Exception):
            raise self.answer
        assert self.answer
        return [self.answer] * len(asked)

    async def aclose(self) -> None: ...


def model(workers: Workers) -> ClusterModel:
    return ClusterModel(cast(Cluster, workers), PLACE)


async def taken(model: ClusterModel, patient_id: str = "1") -> list[str | Finish]:
    return [token async for token in model.stream(prompt(patient_id), OPTIONS)]


@pytest.mark.slow
async def test_prompts_that_come_together_are_shared_among_the_workers() -> None:
    workers = Workers(Written(["Well", "."], Finish("stop")))
    ours = model(workers)
    answers = await asyncio.gather(*(taken(ours, str(number)) for number in range(10)))
    assert answers == [["Well", ".", Finish("stop")]] * 10
    assert [len(batch) for batch in workers.batches] == [5, 5]
    assert ours.slots == 2 * BATCH * 2


@pytest.mark.slow
async def test_a_batch_is_bounded() -> None:
    workers = Workers(Written(["Well."], Finish("stop")))
    ours = model(workers)
    await asyncio.gather(*(taken(ours, str(number)) for number in range(5 * BATCH)))
    assert max(map(len, workers.batches)) == BATCH


@pytest.mark.slow
async def test_a_workers_failure_is_the_same_failure_here() -> None:
    absent = Written([], None, "model_absent", "Nothing answers.", "Start it.")
    with pytest.raises(ModelAbsent, match="Nothing answers; start it"):
        await taken(model(Workers(absent)))
    cut = Written(["We"], None, "incomplete", "It was cut.", "Ask again.")
    with pytest.raises(Incomplete):
        await taken(model(Workers(cut)))


@pytest.mark.slow
async def test_a_stream_without_an_end_has_none_here() -> None:
    assert await taken(model(Workers(Written(["We"])))) == ["We"]


@pytest.mark.slow
async def test_work_that_is_lost_fails_each_of_its_streams() -> None:
    lost = ModelFailed("The cluster lost a part of the work (KilledWorker).", next="Again.")
    ours = model(Workers(lost))
    answers = await asyncio.gather(taken(ours), taken(ours), return_exceptions=True)
    assert [type(answer) for answer in answers] == [ModelFailed, ModelFailed]


@pytest.mark.slow
async def test_a_batch_that_nobody_waits_for_is_given_up() -> None:
    workers = Workers()
    ours = model(workers)
    streams = [asyncio.create_task(taken(ours, "1"))]
    await asyncio.wait_for(workers.begun.wait(), 10)
    for stream in streams:
        stream.cancel()
    await asyncio.wait_for(workers.left.wait(), 10)


def test_a_worker_writes_with_the_model_that_it_finds(tmp_path: Path) -> None:
    place = Place(recording(tmp_path / "model.jsonl", ["Well", "."]), "scripted")
    (written,) = write(place, [(prompt("1"), OPTIONS)])
    assert written == Written(["Well", "."], Finish("stop"))


def test_a_worker_with_another_model_says_so(tmp_path: Path) -> None:
    place = Place(recording(tmp_path / "model.jsonl", ["Well."]), "phi")
    (written,) = write(place, [(prompt("1"), OPTIONS)])
    assert written.kind == "model_failed"
    assert "another model than phi" in written.message


@pytest.mark.slow
def test_a_worker_passes_on_why_its_model_failed(tmp_path: Path) -> None:
    place = Place(recording(tmp_path / "model.jsonl", ["We"], finish_reason=None), "scripted")
    assert write(place, [(prompt("1"), OPTIONS)]) == [Written(["We"], None)]
    (absent,) = write(Place("openai:phi@http://127.0.0.1:9", "phi"), [(prompt("1"), OPTIONS)])
    assert absent.kind == "model_absent"


def test_a_task_raises_nothing_that_dask_would_log_with_the_record(tmp_path: Path) -> None:
    place = Place(f"replay:{tmp_path}?speed=max", "scripted", at_a_time=-1)
    recorded = Place(recording(tmp_path / "model.jsonl", ["Well."]), "scripted", at_a_time=-1)
    for one in (place, recorded):
        (written,) = write(one, [(prompt("1"), OPTIONS)])
        assert written.kind


@pytest.mark.parametrize("address", ["tcp://203.0.113.7:8786", "scheduler.example:8786"])
async def test_records_leave_this_machine_only_on_purpose(address: str) -> None:
    with pytest.raises(Invalid, match="--allow-remote-model"):
        await Cluster.connect(address)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::Warning")  # Dask's own, of its event loop and its sockets
async def test_an_address_where_nothing_answers_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("server.models.cluster.CONNECT_SECONDS", 0.5)
    with pytest.raises(Invalid, match="No Dask scheduler answers"):
        await Cluster.connect("127.0.0.1:9")
