"""The check itself: a summary, or one sentence of it while it streams, against a record."""

import re
from collections.abc import Callable, Iterator

from ..patients import Patient
from .abilities import abilities
from .blanks import blanks
from .changes import changes
from .claims import Claim, Grounding, Omission, Sentence, worst
from .context import CALLS
from .doses import doses
from .findings import findings
from .groups import groups
from .indications import indications
from .levels import levels
from .lexicon import lexicon
from .mentions import mentions
from .notices import Notice
from .numbers import number
from .opposites import opposites
from .pending import pending
from .people import people
from .questions import questions
from .record import Analysis, Record, analyse
from .sentences import split
from .times import time
from .tokens import tokenize
from .turned import turned
from .words import words

_TO_THE_FAMILY = re.compile(rf"\b(?:your|our|my|{'|'.join(sorted(CALLS))})\b", re.IGNORECASE)
"""Where this stands, "your mother" may be the patient or the patient's mother: either will do."""


def check(summary: str, patient: Patient | Record) -> Grounding:
    """Every sentence of `summary` against the record, and what the summary leaves out."""
    record = _record(patient)
    sentences = tuple(
        check_sentence(span.text, record, offset=span.start) for span in split(summary)
    )
    return Grounding(sentences, omissions(summary, record))


def check_sentence(sentence: str, patient: Patient | Record, *, offset: int = 0) -> Sentence:
    """One sentence against the record.

    Args:
        sentence: the text of one sentence, as `split` gives it.
        patient: the patient, or their `Record` made once for many sentences.
        offset: where the sentence begins in the summary; claims count from there.
    """
    record = _record(patient)
    read = _read(sentence, record, offset, addressed=False)
    if read.flagged and _TO_THE_FAMILY.search(sentence):
        to_them = _read(sentence, record, offset, addressed=True)
        return read if to_them.flagged else to_them
    return read


def _read(sentence: str, record: Record, offset: int, *, addressed: bool) -> Sentence:
    found = analyse(sentence, record.own, record.subjects, addressed=addressed)
    claims = tuple(_claim(found, notice, offset) for notice in _notices(found, record))
    return Sentence(sentence, offset, offset + len(sentence), claims, worst(claims))


def omissions(summary: str, patient: Patient | Record) -> tuple[Omission, ...]:
    """The conditions, medications and allergies of the record that `summary` does not mention."""
    record = _record(patient)
    tokens = tokenize(summary)
    said = {mention.key for mention in mentions(tokens, record.own)}
    stems = {token.stem for token in tokens}
    return tuple(
        Omission(field, item)
        for field in ("conditions", "medications", "allergies")
        for item in getattr(record.facts, field).items
        if not _is_said(item, record, said, stems)
    )


def _is_said(item: str, record: Record, said: set[str], stems: set[str]) -> bool:
    tokens = tokenize(item.split("(", maxsplit=1)[0])
    named = [mention.key for mention in mentions(tokens, record.own)]
    if named:
        return any(lexicon().implies(key, other) for key in named[:1] for other in said)
    return {token.stem for token in tokens if token.is_word} <= stems


def _record(patient: Patient | Record) -> Record:
    return patient if isinstance(patient, Record) else Record(patient)


_CHECKS: tuple[Callable[[Analysis, Record], Iterator[Notice]], ...] = (
    findings,
    opposites,
    abilities,
    questions,
    blanks,
    changes,
    pending,
    turned,
    groups,
)
"""The checks that need nothing of what the others have found."""


def _notices(found: Analysis, record: Record) -> list[Notice]:
    """All notices of a sentence, in the order of the text."""
    notices = [*doses(found, record)]
    notices += _quantities(found, record, _tokens(notices))
    used = {at for mention in found.mentions for at in mention.tokens}
    used |= {at for quantity in found.quantities for at in quantity.tokens}
    used |= found.idle
    used |= {at for relative in found.context.kin for at in range(relative.start, relative.end)}
    notices += (notice for check in _CHECKS for notice in check(found, record))
    notices += levels(found, record, used)
    notices += indications(found)
    notices += people(found, record, used)
    notices += words(found, record, used | _tokens(notices))
    return sorted(notices, key=lambda notice: notice.start)


_TIMES = frozenset({"date", "duration", "schedule", "period"})


def _quantities(found: Analysis, record: Record, used: set[int]) -> Iterator[Notice]:
    """A notice for each quantity that no dose has taken."""
    for quantity in found.quantities:
        if used.isdisjoint(quantity.tokens):
            check = time if quantity.kind in _TIMES else number
            if notice := check(found, record, quantity):
                yield notice


def _tokens(notices: list[Notice]) -> set[int]:
    return {at for notice in notices for at in range(notice.start, notice.end)}


def _claim(found: Analysis, notice: Notice, offset: int) -> Claim:
    start = found.tokens[notice.start].start
    end = found.tokens[notice.end - 1].end
    return Claim(
        found.text[start:end],
        offset + start,
        offset + end,
        notice.kind,
        notice.verdict,
        notice.field,
        notice.evidence,
    )
