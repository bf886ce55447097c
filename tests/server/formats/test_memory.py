"""The free memory, and what does not fit into it."""

from pathlib import Path

import pytest

from server.errors import PatientsUnreadable
from server.formats.memory import GIB, free_memory, refuse_too_large


def machine(root: Path, available_kb: int, **group: str) -> Path:
    (root / "proc").mkdir()
    (root / "proc/meminfo").write_text(f"MemTotal: 9 kB\nMemAvailable:    {available_kb} kB\n")
    (root / "sys/fs/cgroup").mkdir(parents=True)
    for name, text in group.items():
        (root / "sys/fs/cgroup" / f"memory.{name}").write_text(text)
    return root


def test_linux_says_what_is_available(tmp_path: Path) -> None:
    assert free_memory(machine(tmp_path, 1000)) == 1000 * 1024


def test_a_container_may_have_less(tmp_path: Path) -> None:
    root = machine(
        tmp_path, 10**7, max="5000\n", current="3000\n", stat="anon 9\ninactive_file 500\n"
    )
    assert free_memory(root) == 2500


def test_a_container_without_a_limit_has_what_the_machine_has(tmp_path: Path) -> None:
    root = machine(tmp_path, 1000, max="max\n", current="3000\n", stat="anon 9\n")
    assert free_memory(root) == 1000 * 1024


def test_another_system_has_at_most_its_whole_memory(tmp_path: Path) -> None:
    whole = free_memory(tmp_path)
    assert whole is None or whole > 2**26


def test_both_numbers_are_in_the_refusal() -> None:
    with pytest.raises(PatientsUnreadable, match=r"about 9\.0 GiB .* 8\.0 GiB are free"):
        refuse_too_large(9 * GIB, 8 * GIB)


def test_what_fits_or_is_not_known_passes() -> None:
    refuse_too_large(8 * GIB, 8 * GIB)
    refuse_too_large(8 * GIB, None)
