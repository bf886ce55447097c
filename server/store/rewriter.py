"""Brings the CSV file up to date with the history, by replacing it as a whole.

A small file at once, a large one later on a thread of its own, so that the time of a save does not
depend on its size.
"""

import logging
import os
import shutil
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ..errors import StoreFailed
from . import csv_file
from .csv_file import Changed, Version
from .csv_format import Text
from .ledger import ATTEMPTS, Ledger
from .refusals import KEPT_IN_HISTORY, NOTHING_READ, explained, restless

SMALL = 64 << 20
"""Bytes. A larger CSV file is rewritten in the background."""

REWRITE_SECONDS = 5.0
"""From a save to the rewriting of a large file."""

REPLACE_SECONDS = 2.0
"""How long a program that holds the CSV file open (on Windows) is waited for."""

log = logging.getLogger(__name__)


class Plan(NamedTuple):
    """What the next version of the CSV file is to contain."""

    version: Version
    """The version that it follows."""
    last: dict[str, int | None]
    """The patients whose rows are not up to date, and their last entries."""
    drop: list[int]
    covers: int
    """The end of the history that it includes."""


class Rewriter:
    """Replaces the CSV file. Thread-safe; one process at a time does it.

    Args:
        ledger: What the file is to say.
        small: See `SMALL`.
        seconds: See `REWRITE_SECONDS`.
        replace_seconds: See `REPLACE_SECONDS`.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        small: int = SMALL,
        seconds: float = REWRITE_SECONDS,
        replace_seconds: float = REPLACE_SECONDS,
    ) -> None:
        self.ledger = ledger
        self.small = small
        self.seconds = seconds
        self.replace_seconds = replace_seconds
        self.disk = ledger.disk
        self._one_thread = threading.Lock()
        self._one_process = ledger.lock(".csv.lock")
        self._timer: threading.Timer | None = None
        self._closed = False
        self._is_held = False
        """Another program held the file open at the last attempt."""

    def bring_up_to_date(self) -> str:
        """Rewrite the file, or see to it that it will be.

        Returns:
            A notice of what stands in the way, or "".

        Raises:
            StoreFailed: it could not be written; it will be tried again.
        """
        if self._next_size() >= self.small:
            self._later()
            return ""
        try:
            return self.rewrite()
        except StoreFailed:
            self._later()
            raise

    def rewrite(self) -> str:
        """Rewrite the file now; see `bring_up_to_date`."""
        with explained(KEPT_IN_HISTORY), self._one_thread, self._one_process:
            for _ in range(ATTEMPTS):
                try:
                    plan = self._plan()
                    return self._carry_out(plan) if plan else ""
                except Changed:
                    continue
        raise restless()

    def close(self) -> None:
        """Stop the thread, and bring the file up to date."""
        with self.ledger.guard:
            self._closed = True
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
            timer.join()
        with explained(NOTHING_READ):
            behind = self.ledger.ask(lambda: bool(self.ledger.index.behind))
        if behind:
            self.rewrite()

    def _next_size(self) -> int:
        """About how many bytes the next version will have."""
        ledger = self.ledger
        entry = ledger.history.end // max(ledger.history.entries, 1)
        return (ledger.identity.size if ledger.identity else 0) + entry * len(ledger.index.behind)

    def _later(self) -> None:
        with self.ledger.guard:
            if self._timer is None and not self._closed:
                self._timer = threading.Timer(self.seconds, self._on_time)
                self._timer.daemon = True
                self._timer.start()

    def _on_time(self) -> None:
        with self.ledger.guard:
            self._timer = None
        try:
            if notice := self.rewrite():
                log.warning("%s", notice)
        except StoreFailed as problem:
            log.warning("The file of summaries is behind its history: %s", problem)
            self._later()

    def _plan(self) -> Plan | None:
        ledger = self.ledger
        if not ledger.ask(lambda: bool(ledger.index.behind)):
            return None
        if not ledger.loaded:
            # A large file takes seconds, in which others must be able to save.
            ledger.load(csv_file.read(ledger.path)[0])
        return ledger.change(self._plan_in_step)

    def _plan_in_step(self) -> Plan:
        ledger, index = self.ledger, self.ledger.index
        version = ledger.version()
        ledger.record({*index.edited, *index.superseded.values()})
        last = {id: index.last(id) for id in index.behind}
        return Plan(version, last, list(index.superseded), ledger.history.end)

    def _carry_out(self, plan: Plan) -> str:
        temporary = self.ledger.beside(".csv.tmp")
        written = self._write(temporary, plan)
        assert written.identity is not None
        self.ledger.announce(written.identity, plan.covers)
        if csv_file.identity(self.ledger.path) != plan.version.identity:
            raise Changed
        if not self._replace(temporary):
            return self._put_aside(temporary)
        self.ledger.adopt(written, plan.last)
        with suppress(OSError):  # the new version is in place, and the history has all of it
            self.disk.sync_folder(self.ledger.path.parent)
            self.disk.remove(self.ledger.beside(".pending.csv"))
        return ""

    def _write(self, temporary: Path, plan: Plan) -> Version:
        descriptor = self.disk.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        try:
            with suppress(FileNotFoundError):
                shutil.copymode(self.ledger.path, temporary)
            return plan.version.write_next(
                self.disk, descriptor, plan.last, lambda id: self._text(plan.last[id]), plan.drop
            )
        finally:
            self.disk.close(descriptor)

    def _text(self, last: int | None) -> Text | None:
        if last is None:
            return None
        _, entry = self.ledger.holding(last)
        return None if entry.removed else Text(entry.name, entry.summary or "")

    def _replace(self, temporary: Path) -> bool:
        """Put the new version in place; False: another program holds the file open."""
        # It is waited for once: a spreadsheet may be open for hours.
        deadline = time.monotonic() + (0 if self._is_held else self.replace_seconds)
        while True:
            try:
                self.disk.replace(temporary, self.ledger.path)
            except PermissionError:
                self._is_held = time.monotonic() >= deadline
                if self._is_held:
                    return False
                time.sleep(0.05)
            else:
                self._is_held = False
                return True

    def _put_aside(self, temporary: Path) -> str:
        pending = self.ledger.beside(".pending.csv")
        self.disk.replace(temporary, pending)
        self.disk.sync_folder(pending.parent)
        self._later()
        return (
            f"The summary is saved, but another program holds {self.ledger.path.name} open: the"
            f" new table is in {pending.name} until that program closes it."
        )
