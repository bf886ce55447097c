"""Checks of conditions, symptoms, drugs and allergens: does the record say so, of this person?"""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from .claims import Kind, Verdict
from .kin import same_kin
from .levels import CONTROL, is_high_sugar
from .lexicon import lexicon
from .mentions import Mention, mentions
from .notices import Notice, recurs
from .record import Analysis, Entry, Medicine, Record
from .scopes import Polarity
from .tokens import tokenize

_EVENTS = frozenset(
    {
        "heart attack",
        "stroke",
        "prior myocardial infarction",
        "prior ischemic stroke",
        "seizures",
        "surgery",
        "fracture",
        "flare",
        "relapse",
        "falls",
        "hypoglycemia",
    }
)
"""What is over by its nature: "previously had" says no more than "had"."""

_COMPLAINS = frozenset("reports reporting reported complains complaining presents".split())
_LISTING = frozenset({",", "and", "or"}) | _COMPLAINS
_ITEM = 4
"""So many tokens before its name an item of a list may begin: "allergies to"."""
_FREE = (["free", "of"], ["free", "from"], ["clear", "of"])
_TOLERATED = frozenset({"tolerates", "tolerated"})
_FINE = frozenset("fine ok okay alright".split())
_NOT = (["not"], ["longer"], ["never"], ["nor"], ["or"])
_HARM = frozenset("concern concerns trouble problem problems issue issues difficulty harm".split())
_BOTH = {("both", "she"), ("both", "he"), ("both", "patient")}
"""So begins what the patient and a relative have: "both she and her mother"."""
_TO_A_FIGURE = frozenset("from to by below".split())
_REACTION = re.compile(r"\(|\s[-–—]\s|:\s|, reaction:?\s")
_ENDED = frozenset("resolv repair clear cure recover heal settl remov exciz former earlier".split())
"""Stems of words that tell that something is over."""
_NEVER = frozenset("never nonsmoker lifelong non".split())
_FIELD_KIND: dict[str, Kind] = {
    "symptoms": "symptom",
    "conditions": "condition",
    "medications": "drug",
    "allergies": "allergy",
    "family_history": "family",
}


def findings(found: Analysis, record: Record) -> Iterator[Notice]:
    """A notice for each condition, symptom, drug and allergen that is mentioned."""
    for mention in found.mentions:
        if mention.key in CONTROL or _is_fall_of_a_figure(found, mention):
            continue
        notice = (
            _drug(found, record, mention) if mention.is_drug else _finding(found, record, mention)
        )
        if notice:
            yield notice


def _is_fall_of_a_figure(found: Analysis, mention: Mention) -> bool:
    """ "Has fallen steeply, from 1840 in January to 212": nobody fell."""
    after = found.tokens[mention.end : mention.end + _ITEM]
    to = next((n for n, token in enumerate(after) if token.plain in _TO_A_FIGURE), None)
    return mention.key == "falls" and to is not None and any(t.is_number for t in after[to:])


def _finding(found: Analysis, record: Record, mention: Mention) -> Notice | None:
    key = mention.key
    polarity = _polarity(found, mention)
    if key.startswith("~"):
        key = key[1:]
        polarity = "present" if polarity == "absent" else "absent"
    relation = found.context.relation[mention.start]
    if key == "agrees" and (relation or polarity != "absent"):
        return None  # with a plan or a person, not with a drug
    if relation:
        plain = [token.plain for token in found.tokens]
        verdict, entry = _of_family(record, key, polarity, relation, both="both" in plain)
        if verdict == "supported" and any(pair in _BOTH for pair in pairwise(plain)):
            verdict, entry = _of_patient(record, key, polarity, allergy=False)
        if relation != "family" and _is_diagnosed(found, mention):
            verdict = "contradicted"
        return _notice(mention, "family", verdict, entry)
    verdict, entry = _of_patient(record, key, polarity, allergy=_speaks_of_allergy(found, record))
    if polarity == "absent" and entry and _is_last(record, entry):
        return None  # how long ago the last one was, the times are checked for
    if verdict == "contradicted" and recurs(found, mention):
        return None
    over = entry is not None and entry.polarity == "past" and polarity == "present"
    if verdict == "contradicted" and over and _tells_of_the_past(found, mention):
        verdict = "supported"
    past = polarity == "absent" and entry is not None and entry.polarity == "past"
    if past and _says_never(found, mention):
        verdict = "contradicted"
    if verdict == "unsupported" and _needs_no_entry(key, record):
        return None
    return _notice(mention, _kind(key, polarity, entry), verdict, entry)


def _tells_of_the_past(found: Analysis, mention: Mention) -> bool:
    """ "She had gestational diabetes, which resolved in 2011"."""
    before = {token.plain for token in found.tokens[max(0, mention.start - _ITEM) : mention.start]}
    return "had" in before or any(token.stem in _ENDED for token in found.tokens)


def _needs_no_entry(key: str, record: Record) -> bool:
    """What the record need not name: a high sugar has its reading, and who has nothing is well."""
    return {
        "good health": _is_well(record),
        "hyperglycemia": is_high_sugar(record),
        "agrees": True,
    }.get(key, False)


def _polarity(found: Analysis, mention: Mention) -> Polarity:
    """Of all the words of a mention: "her urine has been free of blood"."""
    plain = [token.plain for token in found.tokens]
    free = any(
        plain[max(0, at - 2) : at] in _FREE or plain[max(0, at - 1) : at] in (["no"], ["nothing"])
        for at in mention.elsewhere
    )
    return "absent" if free else found.context.polarity[mention.start]


def _says_never(found: Analysis, mention: Mention) -> bool:
    """ "Never smoked", "no history of smoking"."""
    before = [token.plain for token in found.tokens[max(0, mention.start - 2) : mention.start]]
    return before == ["history", "of"] or any(t.plain in _NEVER for t in found.tokens)


def _is_diagnosed(found: Analysis, mention: Mention) -> bool:
    """ "She was diagnosed with cancer in her mother": whose cancer it is, it says too late."""
    before = [token.plain for token in found.tokens[max(0, mention.start - 3) : mention.start]]
    named = any(kin.start < mention.start for kin in found.context.kin)
    return "diagnosed" in before and "with" in before and not named


def _is_last(record: Record, entry: Entry) -> bool:
    """ "Last seizure eight months ago": there has been none since."""
    line = next((line for line in record.spoken if line.text == entry.text), None)
    return entry.key in _EVENTS and line is not None and line.line.startswith("last ")


def _speaks_of_allergy(found: Analysis, record: Record) -> bool:
    allergens = [allergen.key for allergen in record.allergens]
    return any(found.context.allergy) or any(
        lexicon().implies(key, mention.key) for key in allergens for mention in found.mentions
    )


def _notice(mention: Mention, kind: Kind, verdict: Verdict, entry: Entry | None) -> Notice:
    field, text = (entry.field, entry.text) if entry else ("", "")
    return Notice(mention.start, mention.end, kind, verdict, field, text)


def _kind(key: str, polarity: str, entry: Entry | None) -> Kind:
    if entry and entry.relation:
        return "family"
    if polarity == "absent":
        return "negation"
    if entry and entry.field in _FIELD_KIND:
        return _FIELD_KIND[entry.field]
    return "symptom" if "@" in key or key in lexicon().symptoms else "condition"


def _is_well(record: Record) -> bool:
    return not record.facts.conditions and not record.facts.symptoms


def _of_patient(
    record: Record, key: str, polarity: str, *, allergy: bool
) -> tuple[Verdict, Entry | None]:
    """What the record says of the patient's `key`, and where."""
    implies = lexicon().implies
    own = [e for e in record.entries if not e.relation]
    says = [e for e in own if implies(e.key, key) and e.field != "allergies"]
    present = _first(e for e in says if e.polarity in ("present", "possible"))
    past = _first(e for e in says if e.polarity == "past")
    if past and past.field == "medications":
        present, past = present or past, None  # why a drug was stopped
    absent = _first(
        e for e in own if e.polarity == "absent" and (implies(key, e.key) or implies(e.key, key))
    )
    if polarity == "possible":
        return ("supported", present) if present else ("neutral", None)
    reaction = _first(e for e in own if e.field == "allergies" and implies(e.key, key))
    if polarity == "past":
        if reaction and allergy:
            return "supported", reaction
        if past or (present and key in _EVENTS):
            return "supported", past or present
        return ("contradicted", present or absent) if present or absent else ("unsupported", None)
    if polarity == "absent":
        if past and not present:
            return "supported", past  # who quit smoking does not smoke
        denials = [e for e in own if e.polarity == "absent"]
        denied = _first(
            e
            for e in denials
            if implies(key, e.key)
            or e.key.endswith(f" {key}")
            or (implies(e.key, key) and not present)  # "no pain" where one place has none
        )
        if denied:
            return "supported", denied
        return ("contradicted", present or past) if present or past else ("unsupported", None)
    if present:
        return "supported", present
    if reaction and allergy:
        return "supported", reaction
    family = _first(e for e in record.entries if e.relation and implies(e.key, key))
    against = past or absent or family
    return ("contradicted", against) if against else ("unsupported", reaction)


def _of_family(
    record: Record, key: str, polarity: str, relation: str, *, both: bool
) -> tuple[Verdict, Entry | None]:
    """What the record says of a relative's `key`, and where; of all of them, if of `both`."""
    implies = lexicon().implies
    named = [e for e in record.entries if e.relation and implies(e.key, key)]
    family = [e for e in named if e.polarity != "absent"]
    denied = _first(e for e in named if e.polarity == "absent")
    if denied and not family:
        return ("supported" if polarity == "absent" else "contradicted"), denied
    theirs = _first(e for e in family if same_kin(relation, e.relation))
    if theirs and both and not all(_has(family, one) for one in relation.split("|")):
        return "contradicted", theirs
    if polarity == "absent":
        if theirs:
            return "contradicted", theirs
        return ("supported", None) if record.facts.no_family_history else ("unsupported", None)
    if theirs:
        return "supported", theirs
    own = _first(e for e in record.entries if not e.relation and implies(e.key, key))
    return ("contradicted", _first(family) or own) if family or own else ("unsupported", None)


def _has(family: Iterable[Entry], relation: str) -> bool:
    return any(same_kin(relation, entry.relation) for entry in family)


def _first(entries: Iterable[Entry]) -> Entry | None:
    return next(iter(entries), None)


def _drug(found: Analysis, record: Record, mention: Mention) -> Notice | None:
    at, key = mention.start, mention.key
    polarity, relation = found.context.polarity[at], found.context.relation[at]
    implies = lexicon().implies
    allergen = next((a for a in record.allergens if implies(a.key, key)), None)
    medicine = next((m for m in record.medicines if implies(m.key, key)), None)
    noted = _first(
        e
        for e in record.entries
        if e.field in ("notes", "other", "medications") and implies(e.key, key)
    )
    if relation and relation != "family":
        return Notice(
            at, mention.end, "family", "contradicted" if medicine or allergen else "unsupported"
        )
    if medicine and not (allergen and found.context.allergy[at]):
        if _is_over(record, medicine):
            return _of_a_former_medicine(found, mention, medicine.text, polarity)
        return _of_medicine(found, mention, medicine.text, polarity)
    if allergen and (_is_of_family(found, mention) or _is_complaint(found, mention)):
        return Notice(at, mention.end, "allergy", "contradicted", "allergies", allergen.text)
    if allergen:
        return _of_allergen(found, mention, allergen.text, polarity)
    if noted:
        agrees = (noted.polarity == "absent") == (polarity == "absent")
        return Notice(
            at,
            mention.end,
            "drug",
            "supported" if agrees else "contradicted",
            noted.field,
            noted.text,
        )
    if polarity in ("absent", "possible"):
        return None
    kind: Kind = "allergy" if found.context.allergy[at] else "drug"
    return Notice(at, mention.end, kind, "unsupported")


def _is_over(record: Record, medicine: Medicine) -> bool:
    """Whether the list itself says that a drug was stopped."""
    own = [e for e in record.entries if e.field == "medications" and e.key == medicine.key]
    return bool(own) and all(entry.polarity in ("absent", "past") for entry in own)


def _of_a_former_medicine(
    found: Analysis, mention: Mention, text: str, polarity: Polarity
) -> Notice:
    taken = polarity == "present" and found.context.takes[mention.start]
    verdict: Verdict = "contradicted" if taken else "supported"
    return Notice(mention.start, mention.end, "drug", verdict, "medications", text)


def _of_medicine(found: Analysis, mention: Mention, text: str, polarity: str) -> Notice:
    at = mention.start
    if found.context.allergy[at]:
        return Notice(at, mention.end, "allergy", "contradicted", "medications", text)
    denied = polarity in ("absent", "past") and not _is_taken_meanwhile(found, at)
    if denied:
        return Notice(at, mention.end, "negation", "contradicted", "medications", text)
    return Notice(at, mention.end, "drug", "supported", "medications", text)


def _is_taken_meanwhile(found: Analysis, at: int) -> bool:
    """ "Has not had a seizure on levetiracetam": the seizure is denied, not the drug."""
    clause = found.context.clause
    denied = any(
        m.end < at and not m.is_drug and found.context.polarity[m.start] == "absent"
        for m in found.mentions
        if clause[m.start] == clause[at]
    )
    before = [token.plain for token in found.tokens[max(0, at - 2) : at]]
    return denied and before[-1:] in (["on"], ["under"]) and before[:1] not in _NOT


def _reacts(found: Analysis, allergen: str, at: int | None = None) -> bool:
    """Whether the sentence, or the clause at a token, names the reaction to an allergen."""
    reaction = _REACTION.split(allergen, maxsplit=1)[1:]
    reactions = {mention.key for mention in mentions(tokenize(" ".join(reaction)))}
    named = (m for m in found.mentions if at is None or _same_clause(found, m.start, at))
    return bool(reactions & {mention.key for mention in named})


def _is_of_family(found: Analysis, mention: Mention) -> bool:
    """ "Family history includes allergies to nuts"; after a comma the patient may be meant."""
    at = mention.start
    before = {token.plain for token in found.tokens[max(0, at - _ITEM) : at]}
    return bool(found.context.relation[at]) and "," not in before


def _is_complaint(found: Analysis, mention: Mention) -> bool:
    """ "Reports itching, heartburn and shellfish": an allergen in a list of complaints."""
    at, clause = mention.start, found.context.clause
    if found.context.allergy[at] or found.context.takes[at] or not at:
        return False
    if found.tokens[at - 1].plain not in _LISTING:
        return False
    before = {token.plain for i, token in enumerate(found.tokens[:at]) if clause[i] == clause[at]}
    return bool(before & _COMPLAINS)


def _is_tolerated(found: Analysis, at: int) -> bool:
    """ "Tolerates shellfish", "may be given penicillin without concern"."""
    plain = [t.plain for i, t in enumerate(found.tokens) if _same_clause(found, i, at)]
    harmless = any(
        (one == "without" and after in _HARM) or (one in _FINE and after == "with")
        for one, after in pairwise(plain)
    )
    return harmless or bool(_TOLERATED & {*plain})


def _same_clause(found: Analysis, one: int, other: int) -> bool:
    return found.context.clause[one] == found.context.clause[other]


def _of_allergen(found: Analysis, mention: Mention, text: str, polarity: str) -> Notice:
    at = mention.start
    taken = found.context.takes[at] and not found.context.allergy[at] and not _reacts(found, text)
    if polarity == "past" and found.context.allergy[at] and _reacts(found, text):
        polarity = "present"  # "it has caused a rash in the past"
    if polarity in ("absent", "past"):
        verdict: Verdict = "supported" if taken and polarity == "absent" else "contradicted"
        return Notice(at, mention.end, "negation", verdict, "allergies", text)
    if _is_tolerated(found, at) and not found.context.allergy[at] and not _reacts(found, text, at):
        return Notice(at, mention.end, "allergy", "contradicted", "allergies", text)
    dosed = any(
        q.kind == "amount" and q.unit == "mg" and abs(q.tokens.start - mention.end) < 2
        for q in found.quantities
    )
    if taken or dosed:
        return Notice(at, mention.end, "allergy", "contradicted", "allergies", text)
    return Notice(at, mention.end, "allergy", "supported", "allergies", text)
