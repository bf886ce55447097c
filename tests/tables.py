"""Tables that tests fill while they run, and print at their end (pytest -s shows them)."""

from collections.abc import Iterator
from contextlib import contextmanager


class Table:
    """Rows of text under a title, as wide as they need to be."""

    def __init__(self, title: str, *columns: str) -> None:
        self.title = title
        self.columns = columns
        self.rows: list[tuple[str, ...]] = []

    def add(self, *cells: object) -> None:
        self.rows.append(tuple(str(cell) for cell in cells))

    def __str__(self) -> str:
        lines = [self.columns, *self.rows]
        widths = [max(len(line[place]) for line in lines) for place in range(len(self.columns))]
        written = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        ]
        rule = "  ".join("-" * width for width in widths)
        return "\n".join(("", self.title, "", written[0], rule, *written[1:], ""))


@contextmanager
def printed(title: str, *columns: str) -> Iterator[Table]:
    """A table that is printed when the context is left."""
    table = Table(title, *columns)
    yield table
    print(table)
