"""Two stores and a person with an editor on one file, in any order: all agree on what holds."""

import csv
import io
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from server.errors import Invalid
from server.store.csv_format import escape
from server.summaries import SummaryStore
from tests.crash.disks import HastyDisk
from tests.crash.scenario import rows

PATIENTS = st.sampled_from(["1", "2", "3", "-4", "=5"])
STORES = st.sampled_from([0, 1])


class RandomDays(RuleBasedStateMachine):
    """The model: of every patient, the texts from the first to the one that holds."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "patient_summaries.csv"
        self.stores = [self.opened(0), self.opened(1)]
        self.texts: dict[str, list[str]] = {}
        self.own_rows: dict[str, str] = {}
        """Texts that were in the file before anything else: undo goes back to them at most."""
        self.unrecorded = False
        """A person's text is in the file alone."""
        self.behind = False
        """The file shows less than what holds."""
        self.copy: bytes | None = None
        self.count = 0

    def opened(self, store: int) -> SummaryStore:
        """For the second store every file is a large one: it is rewritten when it is closed."""
        small = 1 if store else 1 << 30
        return SummaryStore(self.path, disk=HastyDisk(), rewrite_seconds=3600, small=small)

    def text(self) -> str:
        self.count += 1
        return f'=text {self.count}, "quoted"\r\n\'{"x" * (self.count % 50)}'

    def teardown(self) -> None:
        for store in self.stores:
            assert store.verify().damaged == 0
            store.close()
        assert self.stores[0].verify().ok
        shutil.rmtree(self.folder)

    @rule(store=STORES, patient_id=PATIENTS)
    def save(self, store: int, patient_id: str) -> None:
        text = self.text()
        saved = self.stores[store].save(patient_id, "Ann", text, how="external")
        assert saved.replaced == bool(self.texts.get(patient_id))
        self.texts.setdefault(patient_id, []).append(text)
        self.written_by(store)

    @rule(store=STORES, patient_id=PATIENTS)
    def undo(self, store: int, patient_id: str) -> None:
        texts = self.texts.get(patient_id, [])
        if not texts or texts == [self.own_rows.get(patient_id)]:
            with pytest.raises(Invalid):
                self.stores[store].undo(patient_id)
            return
        texts.pop()
        assert self.stores[store].undo(patient_id).summary == (texts[-1] if texts else None)
        self.written_by(store)

    def written_by(self, store: int) -> None:
        self.behind = bool(store)
        self.unrecorded &= self.behind

    @rule(store=STORES)
    def reopen(self, store: int) -> None:
        self.stores[store].close()
        self.unrecorded &= not self.behind
        self.behind = False
        self.stores[store] = self.opened(store)

    @rule(patient_id=PATIENTS)
    def edit(self, patient_id: str) -> None:
        """A person changes a row, or adds one, and the editor writes in a style of its own."""
        if self.behind:
            return
        text = self.text()
        found = list(csv.reader(io.StringIO(self.content().decode("utf-8-sig"), newline="")))
        table = {row[0]: row for row in found[1:]}
        table[escape(patient_id)] = [escape(patient_id), "Ann", escape(text)]
        written = io.StringIO(newline="")
        writer = csv.writer(written, quoting=csv.QUOTE_ALL if self.count % 2 else csv.QUOTE_MINIMAL)
        writer.writerows([["patient_id", "name", "summary"], *table.values()])
        self.path.write_text(written.getvalue(), encoding="utf-8", newline="")
        texts = self.texts.setdefault(patient_id, [])
        if texts and not self.is_recorded(texts[-1]):
            texts.pop()  # the person's own text, which nobody but the person replaces
        if not texts and not self.is_recorded(f'"patient_id":"{patient_id}"'):
            self.own_rows[patient_id] = text
        texts.append(text)
        self.unrecorded = True

    @precondition(lambda self: not self.unrecorded)
    @rule()
    def copy_the_file(self) -> None:
        self.copy = self.content() if self.path.exists() else None

    @precondition(lambda self: self.copy is not None and not self.unrecorded)
    @rule()
    def put_the_copy_back(self) -> None:
        assert self.copy is not None
        if not self.own_rows:
            self.path.write_bytes(self.copy)
            self.behind = True

    @precondition(lambda self: not self.unrecorded and not self.own_rows)
    @rule()
    def delete_the_file(self) -> None:
        self.path.unlink(missing_ok=True)
        self.behind = True

    @precondition(lambda self: not self.unrecorded)
    @rule()
    def delete_the_note(self) -> None:
        self.path.with_suffix(".versions.json").unlink(missing_ok=True)

    @invariant()
    def everybody_agrees(self) -> None:
        holds = {id: texts[-1] for id, texts in self.texts.items() if texts}
        for store in self.stores:
            page = store.page(0, 10)
            assert {row.patient_id: row.summary for row in page.rows} == holds
            assert page.total == len(store) == len(holds)
            assert all(store.get(id) in page.rows for id in holds)
        if not self.behind:
            assert {id.removeprefix("'"): text for id, text in rows(self.path).items()} == holds

    def content(self) -> bytes:
        return self.path.read_bytes() if self.path.exists() else b"patient_id,name,summary\r\n"

    def is_recorded(self, what: str) -> bool:
        history = self.path.with_suffix(".history.jsonl")
        if not history.exists():
            return False
        return what in history.read_text(encoding="utf-8").replace('\\"', '"').replace(
            "\\r\\n", "\r\n"
        )


RandomDays.TestCase.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)
TestRandomDays = pytest.mark.slow(RandomDays.TestCase)
