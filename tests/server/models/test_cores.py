import os
from pathlib import Path

import pytest

from server.models.cores import usable_cores


@pytest.mark.parametrize(
    ("said", "cores"), [("100000 100000\n", 1), ("150000 100000", 1), ("20000 100000", 1)]
)
def test_a_container_s_quota_is_kept(tmp_path: Path, said: str, cores: int) -> None:
    limit = tmp_path / "cpu.max"
    limit.write_text(said)
    assert usable_cores(limit) == cores


@pytest.mark.parametrize("said", ["max 100000", "", "nonsense", "100000 0"])
def test_without_a_quota_the_machine_s_cores_count(tmp_path: Path, said: str) -> None:
    limit = tmp_path / "cpu.max"
    limit.write_text(said)
    assert 1 <= usable_cores(limit) <= (os.cpu_count() or 1)
    assert usable_cores(limit) == usable_cores(tmp_path / "none")
