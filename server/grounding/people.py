"""Checks of who it is: the name, the sex in words and pronouns, words for an age, relatives."""

from collections.abc import Iterator

from .claims import Verdict
from .kin import may_be, same_kin
from .lexicon import lexicon
from .notices import Notice
from .record import Analysis, Record
from .tokens import Token, stem

_SEXES = {
    **dict.fromkeys(
        "she her hers herself woman women female lady ladies girl mrs ms miss madam".split(),
        "female",
    ),
    **dict.fromkeys("he him his himself man men male gentleman boy mr sir guy".split(), "male"),
}
YEARS = (
    frozenset("child childhood".split()),
    frozenset("teenag teenager teen adolescenc adolescent".split()),
    frozenset("infancy infant baby".split()),
    *(frozenset({decade}) for decade in ("twenty", "thirty", "forty", "fifty")),
)
"""Stems of words for the same years of a life."""
_IN_THOSE = frozenset("a an as in her his their early late of since".split())
_PERSONS = frozenset({"man", "male", "woman", "female"})
_NO_TITLES = frozenset({"miss", "MS", "ms"})
"""The verb and multiple sclerosis, not "Miss" and "Ms"."""

_TITLES = frozenset("mr mrs ms miss mx dr".split())
_CAPITALS = frozenset(
    "i january february march april may june july august september october november december jan "
    "feb mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday "
    "saturday sunday".split()
)

_EPONYMS = frozenset("doppler holter pap".split())
_OF_EPONYMS = frozenset(
    "syndrome disease disorder thyroiditis palsy sign test score scale oesophagus esophagus "
    "lymphoma tumour tumor virus fracture contracture anaemia anemia criteria".split()
)
"""What bears the name of a person who is none of the record's."""

_CALLED = frozenset("baby little young poor dear old retired".split())
"""What may stand before a name: "little Daniel"."""

_AGES = {
    **dict.fromkeys(("elderly", "geriatric"), (60, 130)),
    **dict.fromkeys(("teenager", "teenage", "teen"), (12, 20)),
    **dict.fromkeys(("boy", "girl", "youngster", "pediatric", "paediatric"), (0, 18)),
    **dict.fromkeys(("schoolboy", "schoolgirl"), (5, 18)),
    **dict.fromkeys(("young", "younger"), (0, 42)),
    "older": (50, 130),
    "adolescent": (10, 20),
    "toddler": (1, 4),
    "preschooler": (2, 6),
    "infant": (0, 2),
    **dict.fromkeys(("newborn", "neonate"), (0, 0)),
    "quinquagenarian": (50, 59),
    "sexagenarian": (60, 69),
    "septuagenarian": (70, 79),
    "octogenarian": (80, 89),
    "nonagenarian": (90, 99),
}
"""Years; wide, for nobody knows where middle age ends."""
_AGES_OF_A_PERSON = {
    "adult": (16, 130),
    "senior": (60, 130),
    "minor": (0, 17),
    **dict.fromkeys(("child", "kid", "baby"), (0, 17)),
}
_MIDDLE_AGE = (38, 66)
_BEFORE_A_PERSON = frozenset("a an this the old aged - young older healthy female male".split())


def people(found: Analysis, record: Record, used: set[int]) -> Iterator[Notice]:
    """A notice for each name, word of sex, pronoun, word for an age, and relative."""
    yield from _names(found, record, used)
    yield from _sexes(found, record)
    yield from _ages(found, record, used)
    yield from _relatives(found, record)


def _names(found: Analysis, record: Record, used: set[int]) -> Iterator[Notice]:
    initials = "".join(part[0] for part in record.facts.name.casefold().split())
    for at, token in enumerate(found.tokens):
        if at in used or not token.text[0].isupper():
            continue
        own = token.plain in record.names or token.plain in (initials, initials[:1])
        if own:
            yield Notice(at, at + 1, "name", "supported", "name", record.facts.name)
        elif token.plain in _CALLED and _names_patient(found, record, at + 1):
            yield Notice(at, at + 1, "name", "neutral")
        elif token.plain not in _CAPITALS | _TITLES and _is_name(found, record, at, used):
            verdict: Verdict = "contradicted" if record.names else "unsupported"
            yield Notice(at, at + 1, "name", verdict, "name", record.facts.name)


def _is_name(found: Analysis, record: Record, at: int, used: set[int]) -> bool:
    """Whether a capitalised word that is not the patient's name is a name."""
    tokens, token = found.tokens, found.tokens[at]
    if _is_titled(tokens, at):
        return True
    known = token.stem in lexicon().plain or token.stem in record.stems
    if known or _is_short(token) or _is_eponym(found, at):
        return False
    if any(map(str.isalnum, "".join(before.text for before in tokens[:at]))):
        return True
    following = tokens[at + 1] if at + 1 < len(tokens) else token
    return following.plain in record.names or (
        following.text.istitle() and at + 1 not in used and following.stem not in lexicon().plain
    )


def _is_eponym(found: Analysis, at: int) -> bool:
    """ "Stevens-Johnson syndrome", "Hashimoto's thyroiditis"."""
    after = found.tokens[at + 1 : at + 5]
    return found.tokens[at].plain in _EPONYMS or any(t.plain in _OF_EPONYMS for t in after)


def _names_patient(found: Analysis, record: Record, at: int) -> bool:
    return any(token.plain in record.names for token in found.tokens[at : at + 1])


def _is_short(token: Token) -> bool:
    """ "BP", "BPs"."""
    return token.text.removesuffix("s").isupper()


def _is_titled(tokens: list[Token], at: int) -> bool:
    """ "Mrs. Smith"."""
    before = [token.plain for token in tokens[max(0, at - 2) : at] if token.text != "."]
    return bool(before) and before[-1] in _TITLES


def _sexes(found: Analysis, record: Record) -> Iterator[Notice]:
    sex = record.facts.sex
    for relative in found.context.addressed:
        fits: Verdict = "supported" if may_be(relative.key, sex) else "contradicted"
        yield Notice(relative.start, relative.end, "sex", fits, "gender", record.patient.gender)
    for at, token in enumerate(found.tokens):
        said = _SEXES.get(token.plain) or _letter(found, at)
        if not said or token.text in _NO_TITLES:
            continue
        if said != sex and _means_a_relative(found, at, said):
            continue
        verdict: Verdict = "supported" if said == sex else "contradicted" if sex else "unsupported"
        yield Notice(at, at + 1, "sex", verdict, "gender", record.patient.gender)


def _letter(found: Analysis, at: int) -> str | None:
    """ "57M"."""
    token, before = found.tokens[at], found.tokens[at - 1]
    written = at > 0 and before.is_number and (at == 1 or before.end == token.start)
    return {"m": "male", "f": "female"}.get(token.plain) if written else None


def _means_a_relative(found: Analysis, at: int, sex: str) -> bool:
    """ "Her father says that he …"."""
    if found.tokens[at].plain in _PERSONS and found.context.relation[at]:
        return True
    earlier = (relative for relative in found.context.kin if relative.start < at)
    return any(may_be(relative.key, sex) for relative in earlier)


def _ages(found: Analysis, record: Record, used: set[int]) -> Iterator[Notice]:
    age = record.years
    for at in range(len(found.tokens)):
        if at in used or _is_of_those_years(found, record, at) or _is_of_kin(found, at):
            continue  # "baby aspirin", "asthma as a child", "an older sister"
        span = _age_span(found, at)
        if span and found.context.relation[at] in ("", "family"):
            verdict: Verdict = "unsupported"
            if age is not None:
                verdict = "supported" if span[0] <= age <= span[1] else "contradicted"
            yield Notice(at, at + 1, "age", verdict, "age", record.patient.age)


def _is_of_kin(found: Analysis, at: int) -> bool:
    return any(kin.start == at + 1 for kin in found.context.kin)


def _is_of_those_years(found: Analysis, record: Record, at: int) -> bool:
    """Whether a word for an age is of earlier years that the record speaks of too."""
    before = [token.plain for token in found.tokens[max(0, at - 2) : at]]
    earlier = next((own for own in YEARS if found.tokens[at].stem in own), frozenset())
    return bool(_IN_THOSE.intersection(before)) and not earlier.isdisjoint(record.stems)


def _age_span(found: Analysis, at: int) -> tuple[int, int] | None:
    word = found.tokens[at].plain
    before = found.tokens[at - 1].plain if at else ""
    if word == "middle" and "aged" in {token.plain for token in found.tokens[at + 1 : at + 3]}:
        return _MIDDLE_AGE
    if word in _AGES_OF_A_PERSON and before in _BEFORE_A_PERSON:
        return _AGES_OF_A_PERSON[word]
    return _AGES.get(word)


def _relatives(found: Analysis, record: Record) -> Iterator[Notice]:
    """A relative of whom the record knows nothing."""
    known = [relative.relation.lower() for relative in record.facts.family if relative.relation]
    known += (kin.key for line in record.spoken for kin in line.found.context.kin)
    for relative in found.context.kin:
        stems = {found.tokens[at].stem for at in range(relative.start, relative.end)}
        stems.add(stem(relative.key))  # "a family member" is a "relative"
        denied = found.context.polarity[relative.start] == "absent"
        named = any(same_kin(relative.key, other) for other in known)
        of_a_side = relative.key.startswith(("maternal ", "paternal ")) and bool(known)
        if not (named or denied or (stems & record.stems.keys() and not of_a_side)):
            yield Notice(relative.start, relative.end, "family", "unsupported")
