"""Checks of sweeping denials: "no known allergies", "takes no medication", "asymptomatic"."""

from collections.abc import Iterator
from functools import cache

from .claims import Verdict
from .notices import Notice
from .record import Analysis, Record
from .tokens import stem

_FIELDS = {
    word: field
    for field, words in {
        "allergies": (
            "allergy allergies nka nkda nkfa allergen allergens intolerance intolerances"
        ),
        "medications": (
            "medication medications medicine medicines drugs meds prescriptions medicated tablets "
            "pills"
        ),
        "symptoms": "symptom symptoms complaint complaints asymptomatic",
        "conditions": (
            "condition conditions diagnosis diagnoses comorbidity comorbidities disease diseases "
            "illness illnesses pmh"
        ),
    }.items()
    for word in words.split()
}
_DENYING = frozenset({"nka", "nkda", "nkfa", "asymptomatic"})
_FURTHER = frozenset(
    "other further additional new more else besides beyond worsening change changes with".split()
)
_OF_SOMETHING = frozenset("of for to against such like".split())
_DRUG_WORDS = frozenset({"drug", "medication", "medicine"})
_NO_DRUGS = frozenset(
    f"drug:{name}"
    for name in (
        "latex",
        "peanut",
        "tree nuts",
        "shellfish",
        "egg",
        "bee stings",
        "wasp venom",
        "pollen",
        "dust mites",
        "animal dander",
    )
)
_REACH = 4


def groups(found: Analysis, record: Record) -> Iterator[Notice]:
    """A notice for each statement that a list of the record is empty."""
    for at, token in enumerate(found.tokens):
        relation = found.context.relation[at]
        field = _FIELDS.get(token.plain) or _of_anything(found, at)
        if relation == "family" and token.plain in ("history", "family"):
            field = "family_history"
        denied = found.context.polarity[at] == "absent" or token.plain in _DENYING
        of_all = token.plain == "allergic" or not _is_specific(found, at)
        if field and denied and relation in ("", "family") and of_all:
            said = getattr(record.patient, field)
            yield Notice(at, at + 1, "negation", _verdict(found, record, at, field), field, said)


def _of_anything(found: Analysis, at: int) -> str | None:
    """ "Not allergic to anything"."""
    following = [token.plain for token in found.tokens[at : at + 3]]
    return "allergies" if following == ["allergic", "to", "anything"] else None


def _is_specific(found: Analysis, at: int) -> bool:
    """ "No history of stroke", "no further allergies": nothing about the whole list."""
    plain = [token.plain for token in found.tokens]
    if (
        set(plain[max(0, at - _REACH) : at]) & _FURTHER
        or set(plain[at + 1 : at + 2]) & _OF_SOMETHING
    ):
        return True
    for mention in found.mentions:
        follows = mention.start in range(at + 1, at + 1 + _REACH)
        if at in mention.tokens or (
            follows and found.context.clause[mention.start] == found.context.clause[at]
        ):
            return True
        if mention.end in (at - 1, at) and not mention.key.startswith("class:"):
            return plain[at] != "allergies"
    return False


def _verdict(found: Analysis, record: Record, at: int, field: str) -> Verdict:
    if field == "family_history":
        none, some = record.facts.no_family_history, bool(record.facts.family)
    else:
        listing = getattr(record.facts, field)
        none, some = listing.none, bool(listing)
    if field == "allergies" and some and _is_of_drugs(found, at):
        none = all(allergen.key in _NO_DRUGS for allergen in record.allergens)
    noted = any(_stems(field) & line.denied for line in record.spoken if line.field == "notes")
    return "supported" if none or noted else "contradicted" if some else "unsupported"


@cache
def _stems(field: str) -> frozenset[str]:
    """The stems of the words for what a list holds."""
    return frozenset(stem(word) for word, of in _FIELDS.items() if of == field)


def _is_of_drugs(found: Analysis, at: int) -> bool:
    """ "No known drug allergies": latex does not count."""
    return bool(_DRUG_WORDS & {token.plain for token in found.tokens[max(0, at - 2) : at]})
