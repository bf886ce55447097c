"""How the log is written: a record is one line, and no line holds text of a patient.

An id from a table can hold a line break, which would forge a line; the message of an exception can
quote a record. So what would act is made visible, and of an exception stand its type and its place.
"""

import logging
import traceback
from types import TracebackType

from mcp_kernel_tools.wire import visible

FRAMES = 4
"""Places of an exception that a line names, the innermost first."""


class LogLine(logging.Formatter):
    """Writes each record as one line."""

    def format(self, record: logging.LogRecord) -> str:
        return " ".join(visible(super().format(record)).split("\n"))

    def formatException(  # noqa: N802 - the name that logging calls
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        kind, _, trace = ei
        frames = reversed(traceback.extract_tb(trace))
        places = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames]
        name = kind.__name__ if kind is not None else "nothing"
        return f"({name} at {', '.join(places[:FRAMES]) or 'an unknown place'})"
