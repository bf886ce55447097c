"""Scopes: which words of a sentence a cue reaches, such as "no" or "has resolved"."""

from collections.abc import Iterable
from typing import Literal

from .lexicon import Match
from .tokens import Token

Polarity = Literal["present", "absent", "past", "possible"]

_LABEL = 4
"""A colon after more words than these ends a clause; else it announces: "Allergies: latex"."""
BE = frozenset("is are was were be been being : - – — (".split())
HAVE = frozenset({"has", "have", "had"})
_SKIPPED = frozenset("all both well also now since currently completely entirely".split())
_RESUMES = frozenset(
    "she he they it patient pt there reports reporting reported has have had takes taking took "
    "is are was were presents presenting presented complains complaining describes describing "
    "uses using suffers lives notes experiences experiencing developed continues remains admits "
    "endorses mentions says states receives with her his their currently denies denied only "
    "walks works tolerates sleeps drinks eats wears checks keeps finds feels looks wakes weighs "
    "avoids reacts wonders enquires wishes hopes copes came comes lost gained manages bp nkda "
    "nka meds pmh hasn't isn't doesn't wasn't won't hadn't can't sees asks wants needs goes "
    "gets does did will would should can".split()
)
NEW_MATTER = frozenset(
    "allergy allergic allergies nkda nka mother father brother sister mum mom dad parent family "
    "fhx on with takes taking is are was were has have still home bp hr pulse sugar glucose for "
    "since last next follow review return recheck repeat labs per seen male female but sleeping "
    "living lives now day today planned pending booked due awaited scheduled arranged better worse "
    "ex never continue continues till until screen screens weekends alcohol works nights plan f/u "
    "rtc bd od tds qds prn nocte mane ->".split()
)
"""Words that no list of denied findings has: a comma before them ends what a "no" reaches."""
_TIME_AND_PLACE = frozenset(
    "on at from during since over within throughout alongside besides together".split()
)
"""After what is denied these say when and where: "no cough at her check-up, on aspirin"."""
_WHEN = frozenset("at in for over during since within throughout".split())
"""They begin a time, after which a denial still looks back: "fits he has not had in a year"."""
_OF_NOUNS = frozenset(
    "no neither nor without w/o denies denied denying negative free absence lack nil".split()
)
"""These deny what is named after them; "not" and "never" deny all that is done."""
_OWNERS = frozenset("the a an her his their this that these its my your our".split())
_FINITE = frozenset(
    "is are was were has have had does do did will would shall should can could may might "
    "make makes give gives cause causes bring brings".split()
)
_PRONOUNS = frozenset("she he they it that who which".split())
_SUBJECT = 5
"""So many words its subject may have, where a clause is known by its verb."""
_GOES_WITH_FOR = frozenset("negative positive evidence history screened tested".split())


class Scopes:
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
            elif (
                token.text in ";!?–—"
                or (token.text == ":" and at > _LABEL)
                or at in stops
                or self._resumes(at)
            ):
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
        if after in ("and", "also", "still", "now", "then") or after.endswith("ly"):
            after = self._tokens[min(at + 2, len(self._tokens) - 1)].plain
        return after in _RESUMES or self._has_subject(at)

    def _has_subject(self, at: int) -> bool:
        """ "And the tiredness has gone", ", and thoughts of death are denied"."""
        words = [token.plain for token in self._tokens[at + 1 : at + 2 + _SUBJECT]]
        if words[:1] == ["and"]:
            return False  # its own turn comes
        verb = next((n for n, word in enumerate(words) if word in _FINITE), 0)
        if not verb or {",", "and", "or", ";", "who", "which"} & {*words[:verb]}:
            return False
        if words[0] in _OWNERS or "'s" in words[1:3]:
            return True
        before = [token.plain for token in self._tokens[:at]]
        return before[-1:] == [","] and bool(_FINITE & {*before})

    def polarity(self, cues: list[Match]) -> list[Polarity]:
        polarity: list[Polarity] = ["present"] * len(self.clause)
        kinds: tuple[Polarity, ...] = ("possible", "past", "absent")
        for kind in kinds:
            for cue in cues:
                name, _, way = cue.key.partition(" ")
                if name == kind:
                    reached = self.reached(cue, way)
                    end = self._end(kind, cue)
                    for at in reached:
                        polarity[at] = kind if at < end else polarity[at]
        return polarity

    def _end(self, kind: Polarity, cue: Match) -> int:
        """Where that what a cue reaches ends, at the latest."""
        if kind == "absent":
            return self._list_end(cue.end, of_nouns=self._tokens[cue.start].plain in _OF_NOUNS)
        if kind == "past" and cue.end < len(self.clause):  # "gave up smoking, and cold air is …"
            later = range(cue.end, len(self.clause))
            commas = (at for at in later if self._tokens[at].text == ",")
            return next(commas, len(self.clause))
        return len(self.clause)

    def _list_end(self, start: int, *, of_nouns: bool) -> int:
        """Where a list of what is denied ends: "no cough or rash", "no cough, on aspirin"."""
        plain = [token.plain for token in self._tokens]
        rest = plain[start:]
        for at in range(start, len(plain)):
            if of_nouns and at > start and (self._ends_there(at) or self._is_verb(at)):
                return at
            if plain[at] != "," or {"or", "nor"} & set(plain[at:]):
                continue
            end = rest.index(",", at - start + 1) + start if "," in plain[at + 1 :] else len(plain)
            item = self._tokens[at + 1 : end]
            if any(token.plain in NEW_MATTER or token.is_number for token in item):
                return at
        return len(plain)

    def _is_verb(self, at: int) -> bool:
        """The verb of what is denied: "no cough was reported in this smoker"."""
        whose = self._tokens[at - 1].plain
        return self._tokens[at].plain in _FINITE and whose not in _PRONOUNS

    def _ends_there(self, at: int) -> bool:
        """Whether nothing more is denied from a token on: "no pain at rest or on walking" is."""
        if self._tokens[at].plain not in _TIME_AND_PLACE:
            return False
        rest = {
            token.plain
            for token, clause in zip(self._tokens[at:], self.clause[at:], strict=True)
            if clause == self.clause[at]
        }
        return rest.isdisjoint({"or", "nor", "any"})

    def reached(self, cue: Match, way: str) -> Iterable[int]:
        """The tokens that a cue reaches, by the way that the list of cues gives it."""
        match way:
            case "<>":
                return self.back(cue) if self._looks_back(cue) else self._forward(cue)
            case "back":
                return self.back(cue)
            case ">" if self._tokens[cue.start].plain == "no" and self._is_last(cue):
                return self._item(cue)
            case "last":
                return self.back(cue) if self._is_last(cue, _WHEN) else self._forward(cue)
            case "one":
                return range(cue.end, min(cue.end + 2, len(self.clause)))
            case "before":
                return [cue.start - 2] if self._after_hyphen(cue) else []
            case _:
                return self._forward(cue)

    def _after_hyphen(self, cue: Match) -> bool:
        """ "Pain-free"."""
        return cue.start > 1 and self._tokens[cue.start - 1].text == "-"

    def _looks_back(self, cue: Match) -> bool:
        """ "Fever was denied", "fever: none", "the cough has resolved"."""
        at = cue.start - 1
        while at > 0 and (
            self._tokens[at].plain in _SKIPPED or self._tokens[at].plain.endswith("ly")
        ):
            at -= 1
        before = self._tokens[at].plain if at >= 0 else ""
        if at and before in BE and self._tokens[at - 1].plain == "there":
            return False  # "there is nothing of note"
        if before in (":", "-", "–", "—", "(") or before in HAVE:
            return self._is_last(cue)
        return before in BE

    def _item(self, cue: Match) -> Iterable[int]:
        """ "Heartburn yes, cough no": what stands before a cue, as far as the comma."""
        before = list(self.back(cue))
        commas = (at for at in before if self._tokens[at].text == ",")
        return range(max(commas, default=before[0]), cue.start) if before else before

    def _is_last(self, cue: Match, or_before: frozenset[str] = frozenset()) -> bool:
        """Whether nothing of its clause follows the cue."""
        rest = self._tokens[cue.end : cue.end + 1]
        return (
            not rest
            or rest[0].text in ".,;)!?"
            or rest[0].plain in or_before
            or self.clause[cue.end] != self.clause[cue.start]
        )

    def _forward(self, cue: Match) -> Iterable[int]:
        return (at for at in range(cue.end, len(self.clause)) if self._shares(cue.end - 1, at))

    def back(self, cue: Match) -> Iterable[int]:
        return (at for at in range(cue.start) if self._shares(cue.start, at))

    def _shares(self, cue: int, at: int) -> bool:
        inside = self._bracket[cue]
        return self.clause[at] == self.clause[cue] and inside in (0, self._bracket[at])
