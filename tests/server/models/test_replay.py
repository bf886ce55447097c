import asyncio
import json
import math
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from server.errors import Invalid, ModelFailed
from server.models.base import Finish, Options, Prompt
from server.models.replay import Recorder, ReplayModel, Take
from tests.server.models.model_server import collect


def prompt(patient_id: str) -> Prompt:
    return Prompt("", (), "Rewrite.", patient_id)


def write(path: Path, *takes: Take, **header: Any) -> Path:
    first = json.dumps({"model": "phi", "date": "2026-11-22", "command": "a test"} | header)
    path.write_text("\n".join([first, *(take.write() for take in takes)]) + "\n", encoding="utf-8")
    return path


ANN = Take("25", ((0.0, "Ann"), (0.0, " has\u2028\n")), "stop")


async def test_streams_what_was_recorded(tmp_path: Path) -> None:
    model = ReplayModel(write(tmp_path / "r", ANN))
    await model.load()
    assert model.name == "phi"
    assert await collect(model, prompt=prompt("25")) == ("Ann has\u2028\n", Finish("stop"))
    await model.aclose()


async def test_a_cut_stream_stays_cut(tmp_path: Path) -> None:
    model = ReplayModel(write(tmp_path / "r", Take("25", ((0.0, "Ann"),), None)))
    assert await collect(model, prompt=prompt("25")) == ("Ann", None)


async def test_a_patient_without_a_recording_is_an_error(tmp_path: Path) -> None:
    model = ReplayModel(write(tmp_path / "r", ANN))
    with pytest.raises(Invalid, match="no stream for this patient"):
        await collect(model, prompt=prompt("26"))


async def test_any_stands_in_for_every_patient_but_the_recorded(tmp_path: Path) -> None:
    bo = Take("26", ((0.0, "Bo"),), "length")
    model = ReplayModel(write(tmp_path / "r", ANN, bo, any=True))
    assert await collect(model, prompt=prompt("26")) == ("Bo", Finish("length"))
    assert (await collect(model, prompt=prompt("99")))[0] == "Ann has\u2028\n"


async def test_the_next_seed_plays_the_next_take(tmp_path: Path) -> None:
    again = Take("25", ((0.0, "Again"),), "stop")
    model = ReplayModel(write(tmp_path / "r", ANN, again))
    texts = [(await collect(model, Options(seed=seed), prompt("25")))[0] for seed in (1, 2, 3)]
    assert texts == ["Ann has\u2028\n", "Again", "Ann has\u2028\n"]


@pytest.mark.slow
@pytest.mark.parametrize(("speed", "seconds"), [(1, 0.2), (2, 0.1)])
async def test_keeps_the_recorded_pace(tmp_path: Path, speed: float, seconds: float) -> None:
    take = Take("25", tuple((0.02, "a") for _ in range(10)), "stop")
    model = ReplayModel(write(tmp_path / "r", take), speed)
    started = time.monotonic()
    await collect(model, prompt=prompt("25"))
    assert time.monotonic() - started >= seconds


async def test_full_speed_leaves_the_others_their_turn(tmp_path: Path) -> None:
    take = Take("25", tuple((9.0, "a") for _ in range(160)), "stop")
    model = ReplayModel(write(tmp_path / "r", take), math.inf)
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await collect(model, prompt=prompt("25"))
    task.cancel()
    assert turns >= 10


@pytest.mark.parametrize("speed", [0, -1, math.nan])
def test_a_speed_is_above_nothing(tmp_path: Path, speed: float) -> None:
    with pytest.raises(Invalid, match="speed"):
        ReplayModel(write(tmp_path / "r", ANN), speed)


HEADER = '{"model": "phi"}\n'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[]",
        '{"date": "2026-11-22"}',
        HEADER + "no json",
        HEADER + '{"patient_id": "25", "finish_reason": "stop"}',
        HEADER + '{"patient_id": "25", "tokens": [], "finish_reason": "bored"}',
        HEADER + '{"patient_id": "25", "tokens": [["a", "b"]], "finish_reason": "stop"}',
        HEADER + '{"patient_id": "25", "tokens": [[0, 7]], "finish_reason": "stop"}',
        HEADER + '{"patient_id": "25", "tokens": [[-1, "b"]], "finish_reason": "stop"}',
        HEADER + '{"patient_id": "25", "tokens": [[NaN, "b"]], "finish_reason": "stop"}',
        HEADER + '{"patient_id": "25", "tokens": [7], "finish_reason": "stop"}',
        HEADER + "7",
    ],
)
def test_a_file_that_is_no_recording_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "r"
    path.write_text(text)
    with pytest.raises(Invalid, match="replay:FILE"):
        ReplayModel(path)


def test_a_missing_file_and_one_of_bytes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    for name in ("none", "bytes"):
        with pytest.raises(Invalid, match="cannot be read"):
            ReplayModel(tmp_path / name)


class Scripted:
    name = "scripted"
    slots = 1
    takes_grammar = True

    def __init__(self, *parts: str | Finish | Exception) -> None:
        self.parts = parts
        self.calls: list[str] = []

    async def load(self, like: Prompt | None = None, /) -> None:
        self.calls.append("load")

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[str | Finish, None]:
        try:
            for part in self.parts:
                if isinstance(part, Exception):
                    raise part
                yield part
        finally:
            self.calls.append("end of stream")

    async def aclose(self) -> None:
        self.calls.append("aclose")


async def test_what_was_recorded_can_be_replayed(tmp_path: Path) -> None:
    path = tmp_path / "r"
    for reason in (Finish("stop"), Finish("length")):
        recorder = Recorder(Scripted("Ann", " 😀\n\u2028", reason), path, "a command")
        await collect(recorder, prompt=prompt("25"))
    header = json.loads(path.read_text().split("\n")[0])
    assert (header["model"], header["command"]) == ("scripted", "a command")
    replayed = ReplayModel(path)
    for seed, reason in ((1, Finish("stop")), (2, Finish("length"))):
        text = await collect(replayed, Options(seed=seed), prompt("25"))
        assert text == ("Ann 😀\n\u2028", reason)


async def test_a_recording_is_its_owner_s_alone(tmp_path: Path) -> None:
    path = tmp_path / "r"
    await collect(Recorder(Scripted("Ann", Finish("stop")), path), prompt=prompt("25"))
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_recording_that_cannot_be_written_is_refused_before_any_stream(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none" / "r"):
        with pytest.raises(Invalid, match="cannot be written"):
            Recorder(Scripted(), path)
    path = tmp_path / "r"
    Recorder(Scripted(), path)
    assert not path.exists()
    path.write_text("kept")
    Recorder(Scripted(), path)
    assert path.read_text() == "kept"


async def test_a_stream_without_an_end_is_recorded_as_cut(tmp_path: Path) -> None:
    path = tmp_path / "r"
    recorder = Recorder(Scripted("Ann"), path)
    assert [part async for part in recorder.stream(prompt("25"), Options())] == ["Ann"]
    assert await collect(ReplayModel(path), prompt=prompt("25")) == ("Ann", None)


async def test_failed_and_stopped_streams_are_not_recorded(tmp_path: Path) -> None:
    path = tmp_path / "r"
    failing = Recorder(Scripted("Ann", ModelFailed("It broke.", next="Try again.")), path)
    with pytest.raises(ModelFailed):
        await collect(failing, prompt=prompt("25"))
    model = Scripted("Ann", " has", Finish("stop"))
    stream = Recorder(model, path).stream(prompt("25"), Options())
    assert await anext(stream) == "Ann"
    await stream.aclose()
    assert model.calls == ["end of stream"]
    assert not path.exists()


async def test_a_recorder_is_otherwise_the_model_itself(tmp_path: Path) -> None:
    model = Scripted()
    recorder = Recorder(model, tmp_path / "r")
    assert (recorder.name, recorder.slots, recorder.takes_grammar) == ("scripted", 1, True)
    await recorder.load()
    await recorder.aclose()
    assert model.calls == ["load", "aclose"]


SHIPPED = Path(__file__).parents[3] / "data" / "replay"


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.jsonl")), ids=lambda path: str(path.name))
async def test_the_shipped_recordings_can_be_replayed(path: Path) -> None:
    text, finish = await collect(ReplayModel(path, math.inf), prompt=prompt("25"))
    assert len(text) > 100
    assert finish


def test_a_recording_is_shipped() -> None:
    assert list(SHIPPED.glob("*.jsonl"))
