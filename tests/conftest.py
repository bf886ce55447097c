"""What every test starts from: no settings of the user's, folders of its own."""

import gc
import itertools
import os
import re
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest

hypothesis.settings.register_profile("fast", max_examples=10)

NEVER_SKIPPED_IN_CI = ("browser", "model")
"""There the machine has what these need, so a skip hides a missing part."""

WHOLLY_SLOW = re.compile(r"^pytestmark = (\[\s+)?pytest\.mark\.slow\b", re.MULTILINE)

gc.disable()  # until the tests begin: modules and tests stay


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also run the tests marked long")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What `-m` leaves out as a whole is not read: it imports what no other test needs."""
    left_out = str(config.getoption("markexpr")).split(" and ")  # such as "not slow and not model"
    if "not browser" in left_out and collection_path == Path(__file__).with_name("browser"):
        return True
    if "not slow" in left_out and collection_path.match("test_*.py"):
        return bool(WHOLLY_SLOW.search(collection_path.read_text(encoding="utf-8"))) or None
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # Playwright's event loop stays in the main thread, where no other test could run its own.
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
    if config.getoption("--long"):
        return
    long = [item for item in items if item.get_closest_marker("long")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


def pytest_collection_finish() -> None:
    gc.set_threshold(100_000, 50, 100)  # two thousand small tests make few cycles, and many objects
    gc.enable()


def pytest_unconfigure() -> None:
    """Else Python looks through every object of all tests once more before it ends: seconds."""
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    missed = report.skipped and not hasattr(report, "wasxfail")
    if missed and "CI" in os.environ and any(map(item.get_closest_marker, NEVER_SKIPPED_IN_CI)):
        report.outcome = "failed"
        report.longrepr = f"Skipped, which CI does not accept here: {report.longrepr}"
    return report


FOLDERS = {
    "MCP_KERNEL_TOOLS_RUNTIME": "runtime",
    "MCP_KERNEL_TOOLS_SUMMARIES": "patient_summaries.csv",
    "MCP_KERNEL_TOOLS_CACHE": "cache",  # that of the weights stays the user's
    "XDG_DATA_HOME": "share",
}
"""Where a test's own settings point: below a folder that is made when something is written."""


@pytest.fixture(scope="session", autouse=True)
def clean_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Nothing is read from the user's settings; folders for what several tests share."""
    folder = tmp_path_factory.mktemp("session")
    with pytest.MonkeyPatch.context() as environment:
        for name in list(os.environ):
            if name.startswith("MCP_KERNEL_TOOLS_") and name != "MCP_KERNEL_TOOLS_WEIGHTS":
                environment.delenv(name)
        environment.delenv("OLLAMA_HOST", raising=False)
        environment.setenv("IPYTHONDIR", str(folder / "ipython"))
        environment.setenv("JUPYTER_CONFIG_DIR", str(folder / "jupyter"))
        for name, place in FOLDERS.items():
            environment.setenv(name, str(folder / place))
        yield folder


_tests = itertools.count()


@pytest.fixture(autouse=True)
def clean_environment(clean_session: Path) -> None:
    """Set back by the session alone: by each test, that took a tenth of the fast tests' time."""
    own = f"{clean_session}/{next(_tests)}"
    for name, folder in FOLDERS.items():
        os.environ[name] = f"{own}/{folder}"
