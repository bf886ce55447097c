"""Each fault of each model is one named error in time, saves nothing, and ends with the fault."""

import os
from pathlib import Path

import pytest

from server.models.fetch import weights_path
from tests.server.models.faults import CASES, Case, meet

pytestmark = pytest.mark.slow


def _row(case: Case) -> object:
    model = [pytest.mark.model] if case.real else []
    return pytest.param(case, id=f"{case.model}: {case.fault}", marks=model)


@pytest.mark.parametrize("case", list(map(_row, CASES)))
async def test_a_fault_is_a_named_error_and_the_next_request_works(
    case: Case, tmp_path: Path
) -> None:
    if case.real and not weights_path(os.environ).is_file():
        pytest.skip("the weights are missing: python -m server fetch-model")
    async with case.bench(tmp_path) as bench:
        outcome = await meet(bench)
    assert type(outcome.error) is case.error
    assert outcome.error.next
    assert outcome.seconds < case.within
    assert not outcome.saved
    assert outcome.next_works
