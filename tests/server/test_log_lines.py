import logging
import re
from collections.abc import Iterator
from io import StringIO

import pytest

from server.log_lines import LogLine


@pytest.fixture
def written() -> StringIO:
    return StringIO()


@pytest.fixture
def log(written: StringIO) -> Iterator[logging.Logger]:
    handler = logging.StreamHandler(written)
    handler.setFormatter(LogLine("%(asctime)s %(message)s", "%H:%M:%S"))
    logger = logging.getLogger("tests.log_lines")
    logger.propagate = False
    logger.addHandler(handler)
    yield logger
    logger.removeHandler(handler)


@pytest.mark.parametrize(
    "id", ["25\n12:00:00 forged", "25\r\n12:00:00 forged", "25\x1b[2J", "5\u20282"]
)
def test_an_id_cannot_forge_a_line_or_reach_the_terminal(
    log: logging.Logger, written: StringIO, id: str
) -> None:
    log.warning("summary of patient %s: starting", id)
    (line,) = written.getvalue().splitlines()
    assert line.isprintable()
    assert re.match(r"\d\d:\d\d:\d\d summary of patient ", line)


def test_an_exception_is_its_type_and_its_place_and_not_its_text(
    log: logging.Logger, written: StringIO
) -> None:
    try:
        int("Janet Lee")
    except ValueError:
        log.exception("a tool failed")
    (line,) = written.getvalue().splitlines()
    assert re.search(r"a tool failed \(ValueError at test_log_lines\.py:\d+\)$", line)
    assert "Janet" not in line
