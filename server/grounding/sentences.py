"""Where the sentences of a summary end, while it is still being written too.

Written here, not taken from pysbd 0.3.4: that one ends a sentence after "p.o." and "q.d." and after
"Meds:", and it has to read the whole text again for each token that streams in.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 1500
"""Characters. A text without full stops must not take the time of its square."""

_END = re.compile(r"[.!?]+[\"')\]’”]*(?=\s|$)|\n+")
_ABBREVIATION = re.compile(
    r"(?:\b(?:dr|mr|mrs|ms|prof|st|vs|approx|e\.g|i\.e|etc|no|dept|jan|feb|mar|apr|jun|jul|aug|sept?"
    r"|oct|nov|dec|pt|hx|dx|def|incl|resp|yrs?|y\.o|p\.o|tab|cap)|\b[A-Z]|^\s*\d+|[\s(]\d+)$",
    re.IGNORECASE,
)
_LETTER_OF_A_NAME = re.compile(
    r"\b(?:vitamin|hepatitis|group|class|type|grade)\s[A-Za-z]$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text, and where it stands."""

    text: str
    start: int
    end: int


def split(text: str, *, finished: bool = True) -> list[Span]:
    """The sentences of `text`.

    Args:
        text: a summary, or what has come of it so far.
        finished: whether the text is complete. If not, a last sentence that may go on is left out.
    """
    spans: list[Span] = []
    start = 0
    for match in _END.finditer(text):
        if not finished and match.end() >= len(text):
            break
        if _goes_on(text, start, match):
            continue
        spans += _spans(text, start, match.end())
        start = match.end()
    if finished:
        spans += _spans(text, start, len(text))
    return [span for span in spans if any(map(str.isalnum, span.text))]


def _goes_on(text: str, start: int, end: re.Match[str]) -> bool:
    """Whether the full stop belongs to an abbreviation, an initial or the number of a list item."""
    if end[0].rstrip("\"')]’”") != ".":
        return False
    rest = text[end.end() :].lstrip()
    if rest[:1].islower():
        return True
    before = text[start : end.start()]
    return bool(rest and _ABBREVIATION.search(before) and not _ends_anyway(before))


def _ends_anyway(before: str) -> bool:
    """A number or a letter may also be the last word of its sentence."""
    if _LETTER_OF_A_NAME.search(before):
        return True
    number = re.search(r"\d$", before)
    return bool(number and before.strip() != number[0] and not re.fullmatch(r"\s*\d+", before))


def _spans(text: str, start: int, end: int) -> Iterator[Span]:
    """The sentence between two places; what is longer than any sentence is cut at a space."""
    while end - start > LONGEST:
        cut = max(text.rfind(" ", start, start + LONGEST), start + LONGEST // 2)
        yield _span(text, start, cut)
        start = cut
    yield _span(text, start, end)


def _span(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    piece = piece.strip()
    return Span(piece, start, start + len(piece))
