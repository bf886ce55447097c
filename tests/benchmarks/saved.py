"""As many saved summaries as a benchmark wants, written as the store would have written them."""

from pathlib import Path

from server.store.disk import Disk
from server.store.history import Entry, History, checksum
from server.store.ledger import Ledger
from server.store.rewriter import Rewriter

BATCH = 10_000
TEXT = (
    "Janet Lee is a 58-year-old woman with numbness in limbs, swelling in legs and joint pain.\n\n"
    'She has hypertension (150/94) and type 2 diabetes, and takes "metformin 1000 mg BID" and'
    " lisinopril 20 mg daily; her blood sugar was 85 mg/dL. She is allergic to penicillin. Her"
    " mother had type 2 diabetes. Last seen in September 2025; follow-up of the swelling is due,"
    " with attention to renal function."
)
"""About 400 characters, as the embedded model writes them."""


def entry(number: int) -> Entry:
    name, text = f"Patient {number % 5000}", f"{TEXT} No. {number}."
    return Entry(
        patient_id=str(number),
        name=name,
        crc=checksum(name, text),
        how="generated",
        time="2026-05-28T20:26:40.250+00:00",
        model="SmolLM2-135M-Instruct",
        record="ab" * 32,
        generation_id="cd" * 16,
        summary=text,
    )


def save_many(path: Path, rows: int) -> None:
    """A history of so many summaries, and the CSV file that follows from it."""
    history = History(path.with_name(f"{path.stem}.history.jsonl"), Disk())
    for start in range(0, rows, BATCH):
        history.append([entry(number) for number in range(start, min(start + BATCH, rows))])
    ledger = Ledger(path, Disk(), lambda: 0.0, lock_seconds=60)
    Rewriter(ledger).rewrite()
