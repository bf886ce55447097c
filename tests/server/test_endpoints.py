from pathlib import Path

import pandas as pd
import pytest

from server.endpoints import UNBOUNDED_WIDTH, ModelEndpoint, named
from server.errors import Invalid
from server.generations import Generations
from server.models.replay import ReplayModel
from server.patients import load_patients
from server.readiness import Readiness
from server.slots import Slots
from server.summarize import Summarizer
from tests.running import recording


def endpoint(folder: Path, name: str, limit: int | None = None) -> ModelEndpoint:
    recording(folder / "model.jsonl", ["Well."])
    model = ReplayModel(folder / "model.jsonl")
    model.name = name
    patients = load_patients(pd.DataFrame({"patient_id": ["1"]}))
    summarizer = Summarizer(patients, model, Generations(), Slots(limit, 0))
    return ModelEndpoint(summarizer, Readiness(model, "chosen"))


def test_a_name_stands_for_all_endpoints_that_bear_it(tmp_path: Path) -> None:
    endpoints = [endpoint(tmp_path, name) for name in ("phi", "llama", "phi")]
    assert named(endpoints, "phi") == [endpoints[0], endpoints[2]]
    assert named(endpoints, None) == endpoints
    with pytest.raises(Invalid, match="one of its models: phi, llama"):
        named(endpoints, "gpt")


def test_the_width_is_bounded_by_what_the_model_serves(tmp_path: Path) -> None:
    assert endpoint(tmp_path, "phi").width(None) == UNBOUNDED_WIDTH
    assert endpoint(tmp_path, "phi").width(16) == 16
    assert endpoint(tmp_path, "phi", 2).width(None) == 2
    assert endpoint(tmp_path, "phi", 2).width(16) == 2
    assert endpoint(tmp_path, "phi", 2).width(1) == 1
