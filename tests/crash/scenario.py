"""A short working day of a store, step by step, for tests that let it go wrong at every point."""

import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pandas as pd

from server.errors import Invalid
from server.store.csv_format import unescape
from server.store.disk import Disk
from server.summaries import SummaryStore

LONG = 'numb, "tingling"\r\n=x 😀 ' * 40


@dataclass
class Day:
    """What was done, and what was acknowledged, by patient; None stands for no summary."""

    path: Path
    disk: Disk
    acknowledged: dict[str, list[str | None]] = field(default_factory=lambda: defaultdict(list))
    under_way: dict[str, list[str | None]] = field(default_factory=lambda: defaultdict(list))
    """What was tried since the last acknowledged one, and may hold or not."""
    tried: set[str | None] = field(default_factory=set)
    editor: Disk = field(default_factory=Disk)
    """What a person's editor writes with."""
    told: Callable[[str, str | None], None] = lambda patient_id, text: None
    """Called with what was acknowledged."""

    def steps(self) -> Iterator[Callable[[], None]]:
        """The steps; each is to be called, and may fail."""
        store = SummaryStore(self.path, disk=self.disk, replace_seconds=0, rewrite_seconds=3600)

        def save(patient_id: str, text: str) -> None:
            self._try(patient_id, text)
            store.save(patient_id, "Ann", text, how="external")
            self._acknowledge(patient_id, text)

        def undo(patient_id: str) -> None:
            self._try(patient_id, *self.tried, None)
            with suppress(Invalid):
                self._acknowledge(patient_id, store.undo(patient_id).summary)

        yield partial(save, "1", f"first {LONG}")
        yield partial(save, "2", f"second {LONG}")
        yield partial(save, "1", f"third {LONG}")
        yield partial(undo, "1")
        yield partial(undo, "2")
        yield self._edit
        yield partial(save, "1", f"fourth {LONG}")

    def _try(self, patient_id: str, *texts: str | None) -> None:
        self.tried.update(texts)
        self.under_way[patient_id] += texts

    def _acknowledge(self, patient_id: str, text: str | None) -> None:
        self.under_way[patient_id] = []
        self.acknowledged[patient_id].append(text)
        self.told(patient_id, text)

    def _edit(self) -> None:
        """A person changes a row as editors do it: another file takes the place."""
        data = self.path.read_bytes() if self.path.exists() else b""
        if b"first" in data:
            written = self.path.with_suffix(".editor")
            descriptor = self.editor.open(written, os.O_WRONLY | os.O_CREAT)
            self.editor.write_all(descriptor, data.replace(b"first", b"by hand"))
            self.editor.sync(descriptor)
            self.editor.close(descriptor)
            self.editor.replace(written, self.path)
            self.editor.sync_folder(self.path.parent)
            self._try("1", f"by hand {LONG}")
            self._acknowledge("1", f"by hand {LONG}")

    def may_hold(self, patient_id: str) -> list[str | None]:
        """What may hold for the patient: what was acknowledged last, or was under way since."""
        return [*([None] + self.acknowledged[patient_id])[-1:], *self.under_way[patient_id]]


def rows(path: Path) -> dict[str, str]:
    """The CSV file as an outside reader sees it.

    Raises:
        ValueError: it cannot be parsed.
    """
    if not path.exists():
        return {}
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert table.patient_id.is_unique
    return dict(zip(table.patient_id, map(unescape, table.summary), strict=True))


def recorded(path: Path) -> list[str]:
    """The texts of the history's lines that can be read."""
    history = path.with_name(f"{path.stem}.history.jsonl")
    texts = []
    for line in history.read_bytes().split(b"\n") if history.exists() else ():
        with suppress(ValueError):
            texts.append(json.loads(line)["summary"])
    return [text for text in texts if text is not None]
