"""Checks of sweeping statements: "no known allergies", "takes no medication", "well controlled"."""

from collections.abc import Iterator

from .notices import Notice
from .record import Analysis, Record

_GROUPS = {
    **dict.fromkeys("allergy allergies nka nkda nkfa allergen allergens".split(), "allergies"),
    **dict.fromkeys(
        "medication medications medicine medicines drugs meds prescriptions medicated tablets pills".split(),
        "medications",
    ),
    **dict.fromkeys(
        "symptom symptoms complaint complaints complains asymptomatic".split(), "symptoms"
    ),
    **dict.fromkeys(
        "condition conditions diagnosis diagnoses comorbidity comorbidities disease diseases illness illnesses pmh".split(),
        "conditions",
    ),
}
_FURTHER = frozenset(
    "other further additional new more else besides beyond worsening change changes with".split()
)


def groups(found: Analysis, record: Record) -> Iterator[Notice]:
    """A notice for each statement that a list of the record is empty."""
    plain = [t.plain for t in found.tokens]
    named = {i for m in found.mentions for i in range(m.start, m.end)}
    for at, word in enumerate(plain):
        field = _GROUPS.get(word)
        if (
            field is None
            and word in ("history", "family")
            and found.context.relation[at] == "family"
        ):
            field = "family"
        if field is None or at in named or found.context.relation[at] not in ("", "family"):
            continue
        denied = found.context.polarity[at] == "absent" or word in (
            "nka",
            "nkda",
            "nkfa",
            "asymptomatic",
        )
        if not denied or _specific(found, at, plain):
            continue
        yield _notice(found, record, at, field)


def _specific(found: Analysis, at: int, plain: list[str]) -> bool:
    """ "No history of stroke", "no further allergies": not a statement about the whole list."""
    if set(plain[max(0, at - 4) : at]) & _FURTHER:
        return True
    after = plain[at + 1 : at + 2]
    if after and after[0] in ("of", "for", "to", "against", "such", "like"):
        return True
    following = range(at + 1, min(len(plain), at + 5))
    return (
        any(
            m.start in following and found.context.polarity[m.start] == "absent"
            for m in found.mentions
        )
        or (any(
            0 < at - m.end + 1 <= 2 and not m.key.startswith("class:")
            for m in found.mentions
            if m.end <= at
        )
        and plain[at] not in ("allergies",))
    )


def _notice(found: Analysis, record: Record, at: int, field: str) -> Notice:
    if field == "family":
        said, items, none = (
            record.patient.family_history,
            record.facts.family,
            record.facts.no_family_history,
        )
        return Notice(
            at,
            at + 1,
            "negation",
            "supported" if none else "contradicted" if items else "unsupported",
            "family_history",
            said,
        )
    listing = getattr(record.facts, field)
    said = getattr(record.patient, field)
    if (
        field == "allergies"
        and listing
        and any(
            w.plain in ("drug", "medication", "medicine") for w in found.tokens[max(0, at - 2) : at]
        )
    ):
        if not any(
            a.key.startswith("drug:") and a.key.split(":")[1] not in _NOT_DRUGS
            for a in record.allergens
        ):
            return Notice(at, at + 1, "negation", "supported", field, said)
    verdict = "supported" if listing.none else "contradicted" if listing else "unsupported"
    return Notice(at, at + 1, "negation", verdict, field, said)  # type: ignore[arg-type]


_NOT_DRUGS = frozenset(
    {
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
    }
)
