"""A patient's record and a search match as people read them. Pure: text in, text or HTML out."""

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from mcp_kernel_tools.answers import Grounding, Match, MatchedWord, Record
from mcp_kernel_tools.record_use import RecordUse, Use
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

USES: dict[Use, tuple[str, str]] = {
    "used": ("●", "used"),
    "left out": ("○", "left out"),
    "otherwise": ("≠", "told otherwise"),
}
"""How each use of a part of the record is shown: a symbol for the eye, and a word."""

_WORD = re.compile(r"[^\W_]+")
_BREAK = " \u200b"
"""ipywidgets makes the spaces of an option non-breaking: a zero-width space lets its line break."""


def match_line(match: Match) -> str:
    """One line of the list of matches: who, and in which field which words matched."""
    who = ", ".join(filter(None, (match["name"], match["age"], match["gender"])))
    words = _matched_words(match["matched"])
    return visible(f"{who} (ID {match['patient_id']}):{_BREAK}{words}")


def label(field: str) -> str:
    """What people call a field of the record."""
    return FIELDS.get(field, field.replace("_", " ").capitalize())


def record_html(
    record: Record | None,
    matched: Iterable[MatchedWord] = (),
    grounding: Grounding | None = None,
) -> str:
    """The record as a region.

    Args:
        record: None before a patient is chosen.
        matched: the words that were searched for; they are marked.
        grounding: of the patient's summary; what it used and what it left out is told.
    """
    words = {word["word"] for word in matched}
    use = RecordUse(grounding) if grounding else None
    inside = _record(record, words, use) if record else NO_RECORD
    # In the order of focus, because a long record scrolls.
    return f'<section class="mkt-record" aria-label="Record" tabindex="0">{inside}</section>'


def _record(record: Record, words: set[str], use: RecordUse | None) -> str:
    rows = "".join(
        f"<dt>{_text(title)}</dt><dd>{_value(name, value, words, use)}</dd>"
        for name, title, value in _fields(record)
        if value
    )
    who = ", ".join(filter(None, (record["age"], record["gender"], f"ID {record['patient_id']}")))
    name = _marked(record["name"], words)
    used = _used(record, use) if use else ""
    return f"<p><strong>{name}</strong>, {_text(who)}</p>{used}<dl>{rows}</dl>"


def _fields(record: Record) -> list[tuple[str, str, str]]:
    """Name, title and text of every field that may be shown."""
    known = [(name, title, str(record.get(name, ""))) for name, title in FIELDS.items()]
    return [*known, *((name, name, text) for name, text in record["other"].items())]


def _used(record: Record, use: RecordUse) -> str:
    """How much of the record the summary used."""
    parts = [part for name, _, value in _fields(record) for part in use.parts(name, value)]
    counts = Counter(part.use for part in parts)
    told = ", ".join(f"{counts[each]} {_tag(each)}" for each in USES if counts[each])
    return f'<p class="mkt-record-use">Summary: {told}</p>' if told else ""


def _value(name: str, value: str, words: set[str], use: RecordUse | None) -> str:
    """A field's text, each part that the summary used or left out followed by that word."""
    shown, end = [], 0
    for part in use.parts(name, value) if use else ():
        shown += [
            _marked(value[end : part.start], words),
            f'<span class="mkt-use mkt-use-{part.use.replace(" ", "-")}">',
            _marked(value[part.start : part.end], words),
            f"</span> {_tag(part.use)}",
        ]
        end = part.end
    return "".join((*shown, _marked(value[end:], words)))


def _tag(use: Use) -> str:
    symbol, word = USES[use]
    name = use.replace(" ", "-")
    sign = f'<span aria-hidden="true">{symbol}</span>'
    return f'<small class="mkt-use-tag mkt-use-tag-{name}">{sign} {word}</small>'


def _matched_words(matched: Iterable[MatchedWord]) -> str:
    by_field: dict[str, list[str]] = {}
    for each in matched:
        by_field.setdefault(each["field"], []).append(each["word"])
    return f";{_BREAK}".join(
        f"{label(field).lower()} {', '.join(words)}" for field, words in by_field.items()
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
