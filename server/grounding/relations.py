"""Relations: of which relative each word of a sentence is said, if not of the patient."""

from .kin import may_be
from .lexicon import Match
from .scopes import Scopes
from .tokens import Token

_ARTICLES = frozenset("the her his their a an one patient on both own my".split())
_OF_A_RELATIVE = frozenset(
    "in on of from affecting affects affected for by seen through with struck befell hit took "
    "touched afflicted afflicts ( - – — : on".split()
)
_DIAGNOSED = frozenset(
    "is are was were been has diagnosed present seen found occurred reported noted documented "
    "recorded known both".split()
)
_PHRASE_ENDS = frozenset(
    "of with has had have include includes included including is was are were report reports show "
    "shows for she he her his : ; . ( ) but to history positive significant notable there".split()
)
_LIVES = frozenset("lives living live lived stays staying home together moved shares".split())
_PERSONS = frozenset("girl boy man woman child lady gentleman patient old male female".split())
_PRONOUNS = {"she": "female", "he": "male"}
_AUXILIARIES = frozenset("has have had also or does did still".split())
_COMES = frozenset("came comes coming seen attended attends here brought present visited".split())
_LOOKED_AT = frozenset("check checkup up visit review appointment exam examination test".split())
_WITH = frozenset({"with", "w/", "c"})
_IS = frozenset({"is", "are", "was"})
_WRITERS = frozenset({"i", "we"})
_VERBS = frozenset(
    "is was has had takes presents presented reports reported comes came attends attended lives "
    "denies denied does did".split()
)
_THIS = frozenset({"the", "this"})
_SELF = frozenset({"himself", "herself"})
_AGE = 5
"""Tokens of "five-year-old"."""
_DENIES = frozenset({"deny", "denies", "denied"})
_OPENING = frozenset(", - and but while whereas the also notes that".split())
_SPEAKS_OF_SELF = frozenset(
    "denies takes reports medications meds allergies bp pmh nkda nka".split()
)
_DENYING = frozenset("no not nil never denies without".split())


def reports(tokens: list[Token], cues: list[Match], kin: Match) -> bool:
    """Whether a relative only tells of the patient, or comes along.

    "Her mother reports a cough", "accompanied by her daughter", "came for a check with a parent".
    """
    before = kin.start
    while before > 0 and tokens[before - 1].plain in _ARTICLES:
        before -= 1
    after = kin.end
    others = {at for cue in cues if cue.key.startswith("kin ") for at in range(cue.start, cue.end)}
    while after < len(tokens) and (tokens[after].plain in _AUXILIARIES or after in others):
        after += 1
    denies = {token.plain for token in tokens[after : after + 1]} & _DENIES
    comes = _COMES & {token.plain for token in tokens[:before]}
    comes = comes or _LOOKED_AT & {token.plain for token in tokens[before - 2 : before - 1]}
    brought = not _tells_more(tokens, kin) and (
        (bool(comes) and tokens[before - 1].plain in _WITH)
        or any(cue.key == "reported by" and cue.end == before for cue in cues)
    )
    said = any(cue.key == "reports" and cue.start == after for cue in cues)
    return bool(denies) or brought or said


def _tells_more(tokens: list[Token], kin: Match) -> bool:
    """ "With a father who has gout"."""
    return bool({token.plain for token in tokens[kin.end : kin.end + 1]} & {"who", "with"})


def relations(
    tokens: list[Token],
    cues: list[Match],
    kin: list[Match],
    scopes: Scopes,
    subjects: frozenset[str],
) -> list[str]:
    """For each token the relatives that it is said of, parted by "|"; empty: the patient."""
    names = _kin_names(tokens, kin)
    family = {cue.start for cue in cues if cue.key == "family >"}
    own = {_of_own(scopes, cue) for cue in cues if cue.key == "own"}
    own |= {_last_and(tokens, cue.start) for cue in cues if cue.key == "allergy"}
    relation, whom, of_self = [""] * len(tokens), "", False
    for at, token in enumerate(tokens):
        starts = at == 0 or scopes.clause[at] != scopes.clause[at - 1]
        goes_on = of_self and whom == "family" and _is_and_has(tokens, at)
        if starts:
            of_self = goes_on or _speaks_of_self(tokens, at, subjects)
        of_patient = (starts and of_self) or _is_patient(tokens, at, kin, subjects)
        anew = of_patient or at in own or _denies_anew(tokens, at) or token.plain in _WRITERS
        if token.text == ";" or anew or (starts and _resumes(tokens, at, kin)):
            whom = ""
        if at in family:
            whom = whom or "family"
        relation[at] = whom = names.get(at, whom)
    for cue in cues:
        if cue.key == "family <":
            for at in scopes.back(cue):
                relation[at] = relation[at] or "family"
    for number, relative in enumerate(kin):
        after = kin[number - 1].end if number else 0
        for at in _phrase_before(tokens, relative, after):
            relation[at] = names[relative.start]
    return relation


def _kin_names(tokens: list[Token], kin: list[Match]) -> dict[int, str]:
    """Of whom it is said from each relative on: "her mother and father" are both."""
    names: dict[int, str] = {}
    for number, relative in enumerate(kin):
        name = relative.key
        if number:
            between = {t.plain for t in tokens[kin[number - 1].end : relative.start]}
            if between <= {"and", "or", ",", "/", "her", "his", "the"}:
                name = f"{names[kin[number - 1].start]}|{name}"
        names[relative.start] = name
    return names


def _speaks_of_self(tokens: list[Token], at: int, subjects: frozenset[str]) -> bool:
    """Whether a clause that begins here has the patient for its subject."""
    for i in range(at, len(tokens)):
        token = tokens[i]
        if token.plain in _OPENING:
            continue
        following = tokens[i + 1].plain if i + 1 < len(tokens) else ""
        if token.plain in ("patient", "pt") or token.stem in subjects:
            return following != "'s"
        return token.plain in _SPEAKS_OF_SELF
    return False


def _resumes(tokens: list[Token], at: int, kin: list[Match]) -> bool:
    """ "Ms Lee, whose mother has gout, is to …": with its verb the patient is back."""
    before = [relative.start for relative in kin if relative.start < at]
    verb = tokens[at + 1].plain if at + 1 < len(tokens) else ""
    whose = bool(before) and "whose" in {
        t.plain for t in tokens[max(0, before[-1] - 6) : before[-1]]
    }
    return whose and tokens[at].text == "," and verb in _VERBS


def _denies_anew(tokens: list[Token], at: int) -> bool:
    """ "Asthma (mother), no rash": the bracket closes what is said of a relative."""
    return tokens[at].plain in _DENYING and [
        token.text for token in tokens[max(0, at - 2) : at]
    ] == [")", ","]


def _last_and(tokens: list[Token], before: int) -> int:
    """Where ", and penicillin gives her a rash" begins; -1 where nothing does."""
    joins = (at for at in range(1, before) if tokens[at].plain == "and")
    return max((at for at in joins if tokens[at - 1].text == ","), default=-1)


def _of_own(scopes: Scopes, cue: Match) -> int:
    """Where it begins that an "own" speaks of the patient: "no cancer of his own"."""
    return cue.start if cue.end == cue.start + 1 else min(scopes.back(cue), default=cue.start)


def _is_patient(tokens: list[Token], at: int, kin: list[Match], subjects: frozenset[str]) -> bool:
    """Whether "he has" means the patient, for no relative that is named is a man."""
    after_of = at > 0 and tokens[at - 1].plain in _OF_A_RELATIVE
    if tokens[at].plain in _THIS and not after_of and _is_a_person(tokens, at + 1):
        return True
    sex = _PRONOUNS.get(tokens[at].plain)
    if sex is None or tokens[at].stem not in subjects:
        return False
    return not any(may_be(relative.key, sex) for relative in kin)


def _is_a_person(tokens: list[Token], at: int) -> bool:
    """ "The five-year-old", "the man himself"."""
    after = [token.plain for token in tokens[at : at + _AGE]]
    aged = "old" in after and "year" in after and not {",", "whose", "who"} & {*after}
    return aged or (bool({*after[:1]} & _PERSONS) and bool({*after[1:2]} & _SELF))


def _is_and_has(tokens: list[Token], at: int) -> bool:
    """ "She has no family history and has …": the second verb has the first one's subject."""
    plain = [token.plain for token in tokens[at : at + 3]]
    return plain[:1] == ["and"] and bool(_AUXILIARIES & {*plain[1:]})


def _phrase_before(tokens: list[Token], relative: Match, after: int) -> range:
    """ "Stroke in her mother", "diabetes (father)": the words before such a relative."""
    end = relative.start
    while end > after and tokens[end - 1].plain in _ARTICLES - {"on"}:
        end -= 1
    if end == after or tokens[end - 1].plain not in _OF_A_RELATIVE | _IS:
        return range(0)
    if tokens[end - 1].plain == "with" and tokens[end - 2].plain in _PERSONS | _LIVES:
        return range(0)  # "a girl with a father who had a stroke", "a widow living with her son"
    end -= 1
    if tokens[end].plain in _IS and [t.plain for t in tokens[relative.end : relative.end + 1]] != [
        "'s"
    ]:
        return range(0)  # "migraine is her brother's" is his
    while end > after and tokens[end - 1].plain in _DIAGNOSED:
        end -= 1
    start = end
    bracketed = tokens[end].plain == "("
    while start > after and tokens[start - 1].plain not in _PHRASE_ENDS:
        if (after or bracketed) and tokens[start - 1].plain in ("and", ","):
            break
        start -= 1
    return range(start, end)
