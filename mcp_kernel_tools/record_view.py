"""A patient's record and a search match as people read them. Pure: text in, text or HTML out."""

import html
import re
import unicodedata
from collections.abc import Iterable

from mcp_kernel_tools.answers import Match, MatchedWord, Record
from mcp_kernel_tools.wire import visible

FIELDS = {
    "conditions": "Conditions",
    "symptoms": "Symptoms",
    "medications": "Medications",
    "allergies": "Allergies",
    "blood_pressure": "Blood pressure",
    "blood_sugar": "Blood sugar",
    "last_visit": "Last visit",
    "family_history": "Family history",
    "notes": "Notes",
}
NO_RECORD = '<p class="mkt-record-empty">Search, then choose a patient to see the record here.</p>'

_WORD = re.compile(r"[^\W_]+")
_BREAK = " \u200b"
"""ipywidgets makes the spaces of an option non-breaking: a zero-width space lets its line break."""


def match_line(match: Match) -> str:
    """One line of the list of matches: who, and in which field which words matched."""
    who = ", ".join(filter(None, (match["name"], match["age"], match["gender"])))
    words = _matched_words(match["matched"])
    return visible(f"{who} (ID {match['patient_id']}):{_BREAK}{words}")


def record_html(record: Record | None, matched: Iterable[MatchedWord] = ()) -> str:
    """The record as a region, with the words marked that were searched for."""
    words = {word["word"] for word in matched}
    inside = _record(record, words) if record else NO_RECORD
    # In the order of focus, because a long record scrolls.
    return f'<section class="mkt-record" aria-label="Record" tabindex="0">{inside}</section>'


def _record(record: Record, words: set[str]) -> str:
    rows = "".join(
        f"<dt>{_text(label)}</dt><dd>{_marked(value, words)}</dd>"
        for label, value in _fields(record)
        if value
    )
    who = ", ".join(filter(None, (record["age"], record["gender"], f"ID {record['patient_id']}")))
    name = _marked(record["name"], words)
    return f"<p><strong>{name}</strong>, {_text(who)}</p><dl>{rows}</dl>"


def _fields(record: Record) -> list[tuple[str, str]]:
    known = [(label, str(record.get(name, ""))) for name, label in FIELDS.items()]
    return [*known, *record["other"].items()]


def _matched_words(matched: Iterable[MatchedWord]) -> str:
    by_field: dict[str, list[str]] = {}
    for each in matched:
        by_field.setdefault(each["field"], []).append(each["word"])
    return f";{_BREAK}".join(
        f"{FIELDS.get(field, field).lower()} {', '.join(words)}"
        for field, words in by_field.items()
    )


def _marked(text: str, words: set[str]) -> str:
    """The text as HTML, each of `words` marked however it is written."""
    parts, end = [], 0
    for found in _WORD.finditer(text):
        if _plain(found.group()) in words:
            parts += [_text(text[end : found.start()]), f"<mark>{_text(found.group())}</mark>"]
            end = found.end()
    return "".join((*parts, _text(text[end:])))


def _plain(word: str) -> str:
    """The word as the search compares it: without case and accents."""
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _text(text: str) -> str:
    return html.escape(visible(text))
