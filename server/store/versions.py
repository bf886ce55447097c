"""Which versions of the CSV file are the store's own: a note from process to process.

Without it every rewriting by one process would look like a person's edit to the others, and every
start would compare the whole file with the history. It is only a hint: where it is missing or does
not fit, they do just that.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from .csv_file import Identity
from .disk import Disk


@dataclass(frozen=True, slots=True)
class Versions:
    """The newest version that a store wrote, and the one before it."""

    covers: dict[Identity, int] = field(default_factory=dict)
    """How much of the history each version includes: the byte where the rest begins."""
    outside: int = 0
    """How many changes from outside went into the newest."""
    foreign: int = 0
    """How many rows it has that the history does not know."""

    def write(self, path: Path, disk: Disk) -> None:
        note = {
            "covers": [[*version, end] for version, end in self.covers.items()],
            "outside": self.outside,
            "foreign": self.foreign,
        }
        temporary = path.with_suffix(".tmp")
        descriptor = disk.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        try:
            disk.write_all(descriptor, json.dumps(note).encode())
        finally:
            disk.close(descriptor)
        disk.replace(temporary, path)


def read(path: Path) -> Versions:
    """The note, or an empty one."""
    try:
        note = json.loads(path.read_bytes())
        covers = {Identity(*version): int(end) for *version, end in note["covers"]}
        return Versions(covers, int(note["outside"]), int(note["foreign"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Versions()
