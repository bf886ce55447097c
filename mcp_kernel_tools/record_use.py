"""What a summary used of its record, and what it left out. Pure: a grounding in, places out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from mcp_kernel_tools.answers import Grounding

Use = Literal["otherwise", "left out", "used"]
"""Told otherwise by the summary; not mentioned; mentioned."""


@dataclass(frozen=True, slots=True)
class UsedPart:
    """A part of a field's text."""

    start: int
    end: int
    use: Use


class RecordUse:
    """What one summary made of its record; the first to be named of a part's uses is shown."""

    def __init__(self, grounding: Grounding) -> None:
        claims = [claim for sentence in grounding["sentences"] for claim in sentence["claims"]]
        self._said: list[tuple[Use, str, str]] = [
            ("otherwise", claim["field"], claim["evidence"])
            for claim in claims
            if claim["verdict"] == "contradicted"
        ]
        self._said += [("left out", each["field"], each["text"]) for each in grounding["omissions"]]
        self._said += [
            ("used", claim["field"], claim["evidence"])
            for claim in claims
            if claim["verdict"] == "supported"
        ]

    def parts(self, field: str, value: str) -> list[UsedPart]:
        """The parts of a field's text in their order; none lies over another."""
        parts: list[UsedPart] = []
        for use, of, text in self._said:
            part = _part(value, text, use) if of == field else None
            if part and not _overlaps(part, parts):
                parts.append(part)
        return sorted(parts, key=lambda part: part.start)


def _part(value: str, text: str, use: Use) -> UsedPart | None:
    start = value.find(text) if text else -1
    return UsedPart(start, start + len(text), use) if start >= 0 else None


def _overlaps(part: UsedPart, others: Iterable[UsedPart]) -> bool:
    return any(part.start < other.end and other.start < part.end for other in others)
