"""Checks of statements that the record leaves something blank, such as "allergies are unknown"."""

from collections.abc import Iterator

from .claims import Verdict
from .notices import Notice
from .record import Analysis, Record

_FIELDS = {
    "family history": "family_history",
    "blood pressure": "blood_pressure",
    "bp": "blood_pressure",
    "blood sugar": "blood_sugar",
    "glucose": "blood_sugar",
    "allergies": "allergies",
    "medications": "medications",
    "conditions": "conditions",
    "symptoms": "symptoms",
    "last visit": "last_visit",
}
_READINGS = frozenset({"blood_pressure", "blood_sugar", "last_visit"})
"""Of these a denial says that there is none; the others are lists, which may be empty."""
_COPULAS = frozenset("is are was were remains remain :".split())
_KNOWN = frozenset("known recorded documented available specified stated provided".split())
_UNKNOWN = frozenset(f"un{word}" for word in _KNOWN)
_SAYS = _KNOWN | _UNKNOWN | {"no"}
_ENDS = frozenset(". , ; and or but".split())


def blanks(found: Analysis, record: Record) -> Iterator[Notice]:
    """A notice for each field that is said to be unknown, and each reading that is denied."""
    plain = [token.plain for token in found.tokens]
    if _SAYS.isdisjoint(plain):
        return
    for start in range(len(plain)):
        for length in (1, 2):
            end = start + length
            field = _FIELDS.get(" ".join(plain[start:end]))
            denied = field in _READINGS and _is_denied(plain, start, end)
            if field and (denied or _is_unknown(plain, end)):
                said = str(getattr(record.patient, field)).strip()
                verdict: Verdict = "contradicted" if said else "supported"
                yield Notice(start, end, "negation", verdict, field, said)


def _is_unknown(plain: list[str], end: int) -> bool:
    """ "… is unknown", "… are not documented"."""
    after = plain[end : end + 3]
    if not after or after[0] not in _COPULAS:
        return False
    return bool({*after[1:2]} & _UNKNOWN) or (after[1:2] == ["not"] and {*after[2:]} <= _KNOWN)


def _is_denied(plain: list[str], start: int, end: int) -> bool:
    """ "No known blood pressure", and not "no blood pressure tablets"."""
    before = start
    while before and plain[before - 1] in _KNOWN:
        before -= 1
    follows = plain[end : end + 1]
    return plain[before - 1 : before] == ["no"] and {*follows} <= _ENDS
