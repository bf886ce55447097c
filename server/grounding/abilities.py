"""Checks of what a patient is said to manage: "able to manage his diabetes" is a claim.

Its words are plain ones, which the closed world lets pass; what they say together has to be in the
record like anything else.
"""

from collections.abc import Iterator

from .lexicon import DETERMINERS
from .notices import Notice, shares
from .questions import is_question
from .record import Analysis, Record, Spoken
from .words import retells

_KEEPS_IN_CHECK = frozenset("manage manages managing control controls controlling".split())
_ILLS = frozenset(
    "condition conditions disease diseases illness illnesses symptom symptoms health".split()
)
_OBJECT = 4
"""So many tokens after "manages" its object begins at the latest."""


def abilities(found: Analysis, record: Record) -> Iterator[Notice]:
    """A notice for each ability, and each illness kept in check, that no line tells of."""
    judged = {at for mention in found.mentions for at in mention.tokens} | found.idle
    for at in range(len(found.tokens)):
        if at in judged or found.context.polarity[at] != "present":
            continue
        verb = _ability(found, at) or (at if _keeps_in_check(found, at) else None)
        if verb is not None and verb not in judged and not _is_told(found, record, verb):
            yield Notice(at, verb + 1, "word", "unsupported")


def _ability(found: Analysis, at: int) -> int | None:
    """The verb of "able to walk"."""
    if [token.plain for token in found.tokens[at : at + 2]] != ["able", "to"]:
        return None
    verbs = range(at + 2, len(found.tokens))
    return next((verb for verb in verbs if not found.tokens[verb].plain.endswith("ly")), None)


def _keeps_in_check(found: Analysis, at: int) -> bool:
    """ "Manages his condition", and not "losartan controls his blood pressure"."""
    plain = [token.plain for token in found.tokens[at : at + 1 + _OBJECT]]
    if plain[0] not in _KEEPS_IN_CHECK or {*plain[1:2]}.isdisjoint(DETERMINERS):
        return False
    clause = found.context.clause
    if any(mention.is_drug and clause[mention.start] == clause[at] for mention in found.mentions):
        return False  # `indications` looks at what a drug is for
    ills = {mention.start - at for mention in found.mentions}
    return bool(_ILLS & {*plain} or ills & {*range(len(plain))})


def _is_told(found: Analysis, record: Record, verb: int) -> bool:
    said = found.tokens[verb]
    if said.plain in _KEEPS_IN_CHECK and any(e.key == "good control" for e in record.entries):
        return True
    same = frozenset({said.stem})
    return any(shares(same, x.stems) for x in record.spoken if _tells(x)) or retells(found, record)


def _tells(line: Spoken) -> bool:
    """Whether a line tells of something, and does not only advise or ask."""
    return not line.found.context.advice and not is_question(line)
