"""Checks of who it is: the name, the sex in words and pronouns, words for an age, relatives."""

from collections.abc import Iterator

from .findings import same_kin
from .lexicon import lexicon
from .notices import Notice
from .record import Analysis, Record

_FEMALE = frozenset(
    "she her hers herself woman female lady girl mrs ms miss madam women ladies".split()
)
_MALE = frozenset("he him his himself man male gentleman boy mr sir men guy".split())
_FEMALE_KIN = frozenset("mother sister daughter grandmother aunt niece wife".split())
_MALE_KIN = frozenset("father brother son grandfather uncle nephew husband".split())
_TITLES = frozenset("mr mrs ms miss mx dr".split())
_AGE_WORDS = {
    "elderly": (60, 130),
    "senior": (60, 130),
    "older": (50, 130),
    "middle": (38, 66),
    "young": (0, 42),
    "younger": (0, 42),
    "adult": (16, 130),
    "teenager": (12, 20),
    "teenage": (12, 20),
    "teen": (12, 20),
    "adolescent": (10, 20),
    "child": (0, 17),
    "boy": (0, 18),
    "girl": (0, 18),
    "toddler": (1, 4),
    "infant": (0, 2),
    "baby": (0, 2),
    "youngster": (0, 18),
    "octogenarian": (80, 89),
    "septuagenarian": (70, 79),
    "sexagenarian": (60, 69),
    "nonagenarian": (90, 99),
    "quinquagenarian": (50, 59),
    "kid": (0, 17),
    "preschooler": (2, 6),
    "minor": (0, 17),
    "schoolboy": (5, 18),
    "schoolgirl": (5, 18),
    "pediatric": (0, 18),
    "paediatric": (0, 18),
    "geriatric": (60, 130),
}
_NOT_AGES = frozenset(
    {"young", "younger", "older", "child", "middle", "baby", "minor", "senior", "adult"}
)
_KNOWN_CAPITALS = frozenset(
    "january february march april may june july august september october november december jan feb mar "
    "apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday i".split()
)


def people(found: Analysis, record: Record, used: set[int]) -> Iterator[Notice]:
    """A notice for each name, word of sex, pronoun, word for an age, and relative."""
    yield from _names(found, record, used)
    yield from _sexes(found, record)
    yield from _ages(found, record)
    yield from _relatives(found, record)


def _names(found: Analysis, record: Record, used: set[int]) -> Iterator[Notice]:
    plain = lexicon().plain
    names = {name for name in record.names}
    initials = "".join(part[0] for part in record.facts.name.lower().split() if part)
    first_word = next((i for i, t in enumerate(found.tokens) if t.is_word), 0)
    for at, token in enumerate(found.tokens):
        if not token.is_word or at in used or not token.text[0].isupper():
            continue
        if token.plain in names:
            yield Notice(at, at + 1, "name", "supported", "name", record.facts.name)
            continue
        if token.plain in _TITLES or token.plain in _KNOWN_CAPITALS:
            continue
        titled = (
            (at > 0
            and found.tokens[at - 1].plain.rstrip(".") in _TITLES)
            or (
                at > 1
                and found.tokens[at - 1].text == "."
                and found.tokens[at - 2].plain in _TITLES
            )
        )
        beside = any(
            0 <= i < len(found.tokens)
            and found.tokens[i].text[:1].isupper()
            and (found.tokens[i].plain in names)
            for i in (at - 1, at + 1)
        )
        is_plain = token.stem in plain or token.stem in record.stems
        pair = (
            at == first_word
            and at + 1 < len(found.tokens)
            and found.tokens[at + 1].text[:1].isupper()
            and found.tokens[at + 1].text[1:].islower()
            and at + 1 not in used
            and found.tokens[at + 1].stem not in plain
        )
        if len(token.text) <= 3 and token.plain in (initials, initials[:1]):
            yield Notice(at, at + 1, "name", "supported", "name", record.facts.name)
        elif (
            titled
            or (beside and not token.text.isupper() and token.text[1:].islower() and not is_plain)
            or (not is_plain and at != first_word and not token.text.isupper())
            or (pair and not is_plain)
        ):
            verdict = "contradicted" if record.names else "unsupported"
            yield Notice(at, at + 1, "name", verdict, "name", record.facts.name)  # type: ignore[arg-type]


def _sexes(found: Analysis, record: Record) -> Iterator[Notice]:
    sex = record.facts.sex
    for at, token in enumerate(found.tokens):
        said = "female" if token.plain in _FEMALE else "male" if token.plain in _MALE else ""
        if not said or token.text in ("miss", "MS", "ms"):
            continue
        kin = _FEMALE_KIN if said == "female" else _MALE_KIN
        if said != sex and any(
            m.start < at
            and any(
                k.split()[-1] in kin | {"parent", "child", "cousin", "sibling", "spouse"}
                for k in [m.key.removeprefix("kin ")]
            )
            for m in found.context.kin
        ):
            continue
        if (
            said != sex
            and token.plain in ("man", "male", "woman", "female")
            and found.context.relation[at]
        ):
            continue
        verdict = "supported" if said == sex else "contradicted" if sex else "unsupported"
        yield Notice(at, at + 1, "sex", verdict, "gender", record.patient.gender)  # type: ignore[arg-type]


def _ages(found: Analysis, record: Record) -> Iterator[Notice]:
    age = record.facts.age
    for at, token in enumerate(found.tokens):
        span = _AGE_WORDS.get(token.plain)
        if not span or found.context.relation[at]:
            continue
        following = found.tokens[at + 1].plain if at + 1 < len(found.tokens) else ""
        if token.plain == "middle" and "aged" not in (
            following,
            found.tokens[min(at + 2, len(found.tokens) - 1)].plain,
        ):
            continue
        if token.plain in ("baby", "minor", "adult", "senior", "child", "kid") and not _is_patient(
            found, at
        ):
            continue
        if age is None:
            yield Notice(at, at + 1, "age", "unsupported")
        else:
            verdict = "supported" if span[0] <= age <= span[1] else "contradicted"
            yield Notice(at, at + 1, "age", verdict, "age", record.patient.age)  # type: ignore[arg-type]


def _is_patient(found: Analysis, at: int) -> bool:
    before = found.tokens[at - 1].plain if at else ""
    return before in (
        "a",
        "an",
        "this",
        "old",
        "the",
        "aged",
        "-",
        "young",
        "older",
        "healthy",
        "female",
        "male",
    )


def _relatives(found: Analysis, record: Record) -> Iterator[Notice]:
    """A relative whom the record does not know."""
    known = [r.relation for r in record.facts.family if r.relation]
    for kin in found.context.kin:
        name = kin.key.removeprefix("kin ")
        stems = {found.tokens[i].stem for i in range(kin.start, kin.end)}
        if any(same_kin(name, k.lower()) for k in known) or stems & set(record.stems):
            continue
        if (
            name in ("relative", "maternal", "paternal", "parent", "sibling")
            and found.context.polarity[kin.start] == "absent"
        ):
            continue
        yield Notice(kin.start, kin.end, "family", "unsupported")
