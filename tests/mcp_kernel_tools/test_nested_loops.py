import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

NESTED = """
import asyncio, sys, warnings
{prepare}
from mcp_kernel_tools import allow_nested_loops

async def inner():
    return "nested"

async def cell():
    print(asyncio.run(inner()))

with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    allow_nested_loops()
asyncio.run(cell())
print([warning.category.__name__ for warning in told])
"""


def run(prepare: str) -> list[str]:
    """What a process says; patching asyncio is not to be undone, so it is not done in this one."""
    done = subprocess.run(
        [sys.executable, "-c", NESTED.format(prepare=prepare)],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.splitlines()


def test_asyncio_run_works_inside_a_running_loop() -> None:
    assert run("") == ["nested", "[]"]


def test_the_predecessor_works_too_and_comes_with_a_warning() -> None:
    hide = "import importlib.util as u; found = u.find_spec\n"
    hide += "u.find_spec = lambda name: None if name == 'nest_asyncio2' else found(name)"
    assert run(hide) == ["nested", "['RuntimeWarning']"]
