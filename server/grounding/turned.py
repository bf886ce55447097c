"""Checks of lines told the other way round: "physical therapy does not help" where it does."""

from collections.abc import Iterator

from .context import denied_closely
from .notices import Notice, topics
from .opposites import exclude
from .record import Analysis, Record, Spoken

_LIMITS = frozenset(
    "more than as like much without until unless only less longer before yet".split()
)
_DENYING_NOUNS = frozenset("no without w/o denies denied nil of for".split())
"""These deny the noun after them; "not" and "never" deny the whole clause."""
_GIVEN_UP = frozenset("to up longer stopped".split())
"""The last words of "used to", "given up", "no longer"."""
_OF_A_VISIT = frozenset("seen here attends comes came presents".split())
"""The first words of lines that tell why somebody came, which nobody tells the other way round."""
_ENOUGH = 2
"""So many words that state something make a line the one that is meant."""


def turned(found: Analysis, record: Record) -> Iterator[Notice]:
    """A notice for each clause that denies a line of the notes, or affirms what a line denies."""
    lines = [line for line in record.spoken if line.field == "notes" and not _is_of_a_visit(line)]
    for first, last in _clauses(found):
        said = topics(found, first)
        denial = _denial(found, first, last)
        for line in lines:
            shared = said & line.content
            if len(shared) < min(_ENOUGH, len(line.content)) or not shared:
                continue
            if denial is None:
                at = _affirmed(found, line, first, last)
                meant = at is not None and not _is_affirmed(lines, found.tokens[at].stem)
            else:
                at = denial
                meant = not line.denies and _is_meant(found, line, range(at, last + 1), shared)
            if at is not None and meant:
                yield Notice(at, at + 1, "negation", "contradicted", line.field, line.text)
                break


def _is_of_a_visit(line: Spoken) -> bool:
    return bool(_OF_A_VISIT & {token.plain for token in line.found.tokens[:1]})


def _clauses(found: Analysis) -> Iterator[tuple[int, int]]:
    """The first and the last token of each clause."""
    clause = found.context.clause
    if not clause:
        return
    starts = [at for at in range(len(clause)) if at == 0 or clause[at] != clause[at - 1]]
    yield from zip(starts, [*(start - 1 for start in starts[1:]), len(clause) - 1], strict=True)


def _denial(found: Analysis, first: int, last: int) -> int | None:
    """Where a clause denies something."""
    said = {found.tokens[at].plain for at in range(first, last + 1)}
    if said & _LIMITS:
        return None  # "does not interfere as much", "not more than a block without resting"
    return next((at for at in range(first, last + 1) if _is_denied(found, at)), None)


def _is_affirmed(lines: list[Spoken], stem: str) -> bool:
    """Whether the notes say it too: "better since yesterday" beside "return if not better"."""
    return any(stem in line.stems - line.denied for line in lines)


def _is_meant(found: Analysis, line: Spoken, denied: range, shared: frozenset[str]) -> bool:
    """Whether a denial is of what the line says: "no fever" leaves the rest of its clause alone."""
    part = _part(found, denied)
    if exclude(found, part, line.words):
        return False  # "is not back yet" is pending
    if found.tokens[denied.start - 1].plain not in _DENYING_NOUNS:
        return any(found.tokens[at].stem in shared for at in part)
    return any(found.tokens[at].stem in shared for at in denied if _is_denied(found, at))


def _part(found: Analysis, denied: range) -> range:
    """The part of a clause, between its commas, that a denial stands in."""
    commas = [at for at, token in enumerate(found.tokens) if token.text == ","]
    start = max((at for at in commas if at < denied.start), default=0)
    end = min((at for at in commas if at > denied.start), default=denied.stop)
    return range(start, min(end, denied.stop))


def _is_denied(found: Analysis, at: int) -> bool:
    if [token.plain for token in found.tokens[at + 1 : at + 3]] == ["-", "free"]:
        return False
    polarity = found.context.polarity[at]
    given_up = polarity == "past" and found.tokens[at - 1].plain in _GIVEN_UP
    return polarity == "absent" or given_up


def _affirmed(found: Analysis, line: Spoken, first: int, last: int) -> int | None:
    """A word that the clause affirms and that the line denies; mentions are judged elsewhere."""
    judged = {at for mention in found.mentions for at in mention.tokens}
    for at in range(first, last + 1):
        affirmed = found.context.polarity[at] == "present" and not found.context.relation[at]
        said = affirmed and at not in judged and not denied_closely(found.tokens, at)
        if said and found.tokens[at].stem in line.denied:
            return at
    return None
