"""The context of each token: is it denied, over, or only possible; of whom is it said; as an allergy?

Cue words (`words/cues.txt`) reach forward or back within their clause, in the manner of NegEx
(Chapman et al., 2001). negspacy was not taken: it needs spaCy and a model of hundreds of megabytes
for the same rules, and knows neither relatives nor allergies.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from .lexicon import DETERMINERS, Match, Phrases, sections
from .tokens import Token

Polarity = Literal["present", "absent", "past", "possible"]

_LABEL = 4
"""A colon after more words than these ends a clause; after fewer it announces: "Allergies: latex"."""
_BE = frozenset("is are was were be been being : - – — (".split())
_HAVE = frozenset({"has", "have", "had"})
_SKIPPED = frozenset("all both well also now since currently completely entirely".split())
_ARTICLES = frozenset("the her his their a an one patient on both own my".split())
_OF_A_RELATIVE = frozenset(
    "in on of from affecting affects affected for by seen through with ( - – — : on".split()
)
_DIAGNOSED = frozenset(
    "is are was were been has diagnosed present seen found occurred reported noted documented "
    "recorded known both".split()
)
_PHRASE_ENDS = frozenset(
    "of with has had have include includes included including is was are were report reports show "
    "shows for she he her his : ; . ( ) but to history positive significant notable there".split()
)
_RESUMES = frozenset(
    "she he they it patient pt there reports reporting reported has have had takes taking took is "
    "are was were presents presenting presented complains complaining describes describing uses "
    "using suffers lives notes experiences experiencing developed continues remains admits endorses "
    "mentions says states receives with her his their currently denies denied only walks".split()
)
_GOES_WITH_FOR = frozenset("negative positive evidence history screened tested".split())
_SPEAKS_OF_SELF = frozenset("denies takes reports medications meds allergies bp pmh".split())
_IMPERATIVES = frozenset(
    "consider continue monitor recheck repeat follow review advise encourage ensure refer avoid "
    "return schedule check recommend start increase reassess maintain plan please".split()
)


@dataclass(slots=True)
class Context:
    """One value a token."""

    polarity: list[Polarity]
    relation: list[str]
    """The relatives that a token is said of, parted by "|", or "family"; empty: the patient."""
    allergy: list[bool]
    takes: list[bool]
    """Whether the token is said to be taken, as a drug is."""
    clause: list[int]
    """The number of the clause that a token is in."""
    kin: list[Match]
    """The relatives that are named, without those who only report."""
    advice: bool


DENIALS = frozenset(
    "no not never without denies denied isn't wasn't doesn't didn't hasn't don't aren't nor far".split()
)


def denied_closely(tokens: list[Token], at: int, within: int = 2) -> bool:
    """Whether a denial stands right before a word: "no falls", "does not drive"."""
    before = [token.plain for token in tokens[:at] if token.plain not in DETERMINERS]
    return bool(set(before[-within:]) & DENIALS)


@cache
def _cues() -> Phrases:
    phrases = Phrases()
    for section, names in sections("cues.txt"):
        for name in names:
            phrases.add(name, section)
    return phrases


def context(tokens: list[Token], subjects: frozenset[str] = frozenset()) -> Context:
    """The context of each token of one sentence.

    Args:
        tokens: the sentence.
        subjects: the words, besides "patient", that mean the patient: the name, "she" or "he".
    """
    cues = list(_cues().find(tokens))
    scopes = _Scopes(tokens, cues)
    kin = [cue for cue in cues if cue.key.startswith("kin ") and not _reports(tokens, cues, cue)]
    return Context(
        polarity=scopes.polarity(cues),
        relation=_relations(tokens, cues, kin, scopes, subjects),
        allergy=scopes.said(cues, "allergy", back=True),
        takes=scopes.said(cues, "takes", back=False),
        clause=scopes.clause,
        kin=kin,
        advice=any(cue.key == "advice" for cue in cues) or _orders(tokens),
    )


def _orders(tokens: list[Token]) -> bool:
    first = next((t for t in tokens if t.is_word), None)
    return first is not None and first.plain in _IMPERATIVES


class _Scopes:
    """Which tokens a cue reaches: those of its clause; a cue in brackets stays inside them."""

    def __init__(self, tokens: list[Token], cues: list[Match]) -> None:
        self._tokens = tokens
        self.clause: list[int] = []
        self._bracket: list[int] = []
        stops = {cue.start for cue in cues if cue.key == "stop"}
        clause = bracket = brackets = 0
        for at, token in enumerate(tokens):
            if token.text in "([":
                brackets += 1
                bracket = brackets
            elif token.text in ";!?–—" or (token.text == ":" and at > _LABEL) or at in stops or self._resumes(at):
                clause += 1
            self.clause.append(clause)
            self._bracket.append(bracket)
            if token.text in ")]":
                bracket = 0

    def _resumes(self, at: int) -> bool:
        """Whether a new clause begins: a comma or "and", then its subject or verb."""
        if self._tokens[at].plain == "for" and at:
            return self._tokens[at - 1].plain not in _GOES_WITH_FOR
        if self._tokens[at].plain not in (",", "and") or at + 1 >= len(self._tokens):
            return False
        after = self._tokens[at + 1].plain
        if after == "on" and self._tokens[at].plain == ",":
            return True
        if after in ("and", "also") or after.endswith("ly"):
            after = self._tokens[min(at + 2, len(self._tokens) - 1)].plain
        return after in _RESUMES

    def polarity(self, cues: list[Match]) -> list[Polarity]:
        polarity: list[Polarity] = ["present"] * len(self.clause)
        kinds: tuple[Polarity, ...] = ("possible", "past", "absent")
        for kind in kinds:
            for cue in cues:
                name, _, way = cue.key.partition(" ")
                if name == kind:
                    for at in self._reached(cue, way):
                        polarity[at] = kind
        return polarity

    def said(self, cues: list[Match], kind: str, *, back: bool) -> list[bool]:
        said = [False] * len(self.clause)
        for cue in cues:
            name, _, way = cue.key.partition(" ")
            if name == kind:
                for at in (*self._reached(cue, way), *(self.back(cue) if back else ())):
                    said[at] = True
        return said

    def _reached(self, cue: Match, way: str) -> Iterable[int]:
        match way:
            case "<>":
                return self.back(cue) if self._looks_back(cue) else self._forward(cue)
            case "back":
                return self.back(cue)
            case "one":
                return range(cue.end, min(cue.end + 2, len(self.clause)))
            case "before":
                return range(max(0, cue.start - 3), cue.start) if self._after_hyphen(cue) else ()
            case _:
                return self._forward(cue)

    def _after_hyphen(self, cue: Match) -> bool:
        return cue.start > 0 and self._tokens[cue.start - 1].text == "-"

    def _looks_back(self, cue: Match) -> bool:
        """ "Fever was denied", "fever: none", "the cough has resolved"."""
        at = cue.start - 1
        while at > 0 and (
            self._tokens[at].plain in _SKIPPED or self._tokens[at].plain.endswith("ly")
        ):
            at -= 1
        before = self._tokens[at].plain if at >= 0 else ""
        if before in (":", "-", "–", "—", "(") or before in _HAVE:
            return self._is_last(cue)
        return before in _BE

    def _is_last(self, cue: Match) -> bool:
        """Whether nothing of its clause follows the cue."""
        rest = self._tokens[cue.end : cue.end + 1]
        return (
            not rest or rest[0].text in ".,;)!?" or self.clause[cue.end] != self.clause[cue.start]
        )

    def _forward(self, cue: Match) -> Iterable[int]:
        return (at for at in range(cue.end, len(self.clause)) if self._shares(cue, at))

    def back(self, cue: Match) -> Iterable[int]:
        return (at for at in range(cue.start) if self._shares(cue, at))

    def _shares(self, cue: Match, at: int) -> bool:
        inside = self._bracket[cue.start]
        return self.clause[at] == self.clause[cue.start] and inside in (0, self._bracket[at])


def _reports(tokens: list[Token], cues: list[Match], kin: Match) -> bool:
    """ "Her mother reports a cough", "accompanied by her daughter": said of the patient."""
    before = kin.start
    while before > 0 and tokens[before - 1].plain in _ARTICLES:
        before -= 1
    return any(
        (cue.key == "reports" and cue.start == kin.end)
        or (cue.key == "reported by" and cue.end == before)
        for cue in cues
    )


def _relations(
    tokens: list[Token],
    cues: list[Match],
    kin: list[Match],
    scopes: _Scopes,
    subjects: frozenset[str],
) -> list[str]:
    names = _kin_names(tokens, kin)
    family = {cue.start for cue in cues if cue.key == "family >"}
    own = {cue.start for cue in cues if cue.key == "own"}
    relation, whom = [""] * len(tokens), ""
    for at, token in enumerate(tokens):
        starts = at == 0 or scopes.clause[at] != scopes.clause[at - 1]
        if token.text == ";" or at in own or (starts and _speaks_of_self(tokens, at, subjects)):
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
        name = relative.key.removeprefix("kin ")
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
        if token.text in (",", "-") or token.plain in (
            "and",
            "but",
            "while",
            "whereas",
            "the",
            "also",
        ):
            continue
        following = tokens[i + 1].plain if i + 1 < len(tokens) else ""
        if token.plain in ("patient", "pt") or token.stem in subjects:
            return following != "'s"
        return token.plain in _SPEAKS_OF_SELF
    return False


def _phrase_before(tokens: list[Token], relative: Match, after: int) -> range:
    """ "Stroke in her mother", "diabetes (father)": the words that such a relative is named after."""
    end = relative.start
    while end > after and tokens[end - 1].plain in _ARTICLES - {"on"}:
        end -= 1
    if end == after or tokens[end - 1].plain not in _OF_A_RELATIVE:
        return range(0)
    end -= 1
    while end > after and tokens[end - 1].plain in _DIAGNOSED:
        end -= 1
    start = end
    while start > after and tokens[start - 1].plain not in _PHRASE_ENDS:
        if after and tokens[start - 1].plain in ("and", ","):
            break
        start -= 1
    return range(start, end)
