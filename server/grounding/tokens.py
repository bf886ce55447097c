"""Words, numbers and marks of a text with their places, and the stems that words share."""

import re
import unicodedata
from bisect import bisect_right
from functools import lru_cache
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
      (?P<escape>[\x1b␛]\[[\d;]*[a-z]|\[\d+(?:;\d+)*m)   # the colours of a terminal
    | \d{4}-\d{2}-\d{2}(?!\d)                     # 2026-10-06
    | \d{1,4}[/.]\d{1,2}[/.]\d{2,4}(?!\d)         # 06/10/2026
    | \d{2,3}\s?/\s?\d{2,3}(?![\d/])              # 150/94
    | \d+(?:,\d{3})+(?:\.\d+)?(?!\d)              # 1,000
    | \d+,\d{1,2}(?![\d,])                        # 2,5
    | \d+(?:\.\d+)?(?:st|nd|rd|th)?(?![^\W\d_]{0}\d)
    | (?:[^\W\d_]\.){2,}                          # q.d.  p.o.
    | (?:w/o|[chrb]/o|s/p|y/o|f/u|w/|b/l|d/t)(?![^\W\d_])
    | [xq](?=\d)                                 # x2  q3mo
    | -+>|[→⇒]                                    # penicillin -> rash
    | [-+−–]ve(?![^\W\d_])                         # strep +ve
    | [^\W\d_](?:[^\W_]|[\u0300-\u036f]|['’](?!(?:s|ll|d|ve|re|m)\b)(?=[^\W\d_]))*
    | ['’](?:s|ll|d|ve|re|m)\b
    | \S
    """,
    re.VERBOSE | re.IGNORECASE,
)

_DECIMAL_COMMA = re.compile(r"\d+,\d{1,2}")
_SPELLINGS = (
    ("aem", "em"),
    ("oed", "ed"),
    ("rrhoea", "rrhea"),
    ("umour", "umor"),
    ("oes", "es"),
    ("paed", "ped"),
    ("pnoea", "pnea"),
    ("lph", "lf"),
)
_IZE = re.compile(r"is(?=e|ing|ation)")
_VOWEL = re.compile(r"[aeiouy]")
_SHORT = re.compile(r"[^aeiou][aeiou][^aeiouwxy]|[aeiou][^aeiou]|ach|eas")

_HURRIED = {
    **dict.fromkeys(("->", "-->", "→", "⇒"), "->"),
    "+ve": "positive",
    **dict.fromkeys(("-ve", "−ve", "–ve"), "negative"),
    "abdo": "abdomen",
    "abx": "antibiotics",
    "ams": "mornings",
    "chol": "cholesterol",
    "cont": "continue",
    "creps": "crackles",
    "etoh": "alcohol",
    "fe": "iron",
    "gluc": "glucose",
    "hb": "hemoglobin",
    "inj": "injection",
    "jt": "joint",
    "jts": "joints",
    "oint": "ointment",
    "wkly": "weekly",
    "inh": "inhaler",
    "mth": "month",
    "mths": "months",
    "prev": "previous",
    "vit": "vitamin",
    "wk": "week",
    "wks": "weeks",
    "wt": "weight",
    "yest": "yesterday",
    "yr": "year",
    "yrs": "years",
}
"""What notes written in a hurry put for a word."""

_ONES = dict(
    zip(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen".split(),
        range(1, 20),
        strict=True,
    )
)
_ONES["dozen"] = 12
_TENS = dict(
    zip(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(),
        range(20, 100, 10),
        strict=True,
    )
)
_ORDINALS = dict(
    zip(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
        "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth "
        "twentieth".split(),
        range(1, 21),
        strict=True,
    )
) | {"thirtieth": 30}


class Token(NamedTuple):
    """A word, a number or a mark."""

    text: str
    plain: str
    """Lower case, without accents and the dots of an abbreviation."""
    stem: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        return self.text[0].isalpha()

    @property
    def is_number(self) -> bool:
        return self.text[0].isdigit()


def tokenize(text: str) -> list[Token]:
    """The tokens of `text`, in order. A hyphen parts words: "twice-daily" is two."""
    found = _TOKEN.finditer(text)
    return [_token(match[0], match.start()) for match in found if match["escape"] is None]


def _token(text: str, start: int) -> Token:
    plain = fold(text)
    if _DECIMAL_COMMA.fullmatch(plain):
        plain = plain.replace(",", ".")
    return Token(
        text, plain, stem(plain) if plain[:1].isalpha() else plain, start, start + len(text)
    )


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """`text` in lower case, without accents; a spelled abbreviation without its dots."""
    plain = text.casefold().replace("’", "'")
    if not plain.isascii():
        letters = unicodedata.normalize("NFKD", plain)
        plain = "".join(c for c in letters if not unicodedata.combining(c)) or plain
    plain = plain.replace(".", "") if plain[:1].isalpha() else plain
    return _HURRIED.get(plain, plain)


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """What the forms of a word share: "reports", "reported" and "reporting" are "report".

    Crude on purpose, and the same for British and American spelling: stems are only compared with
    each other, never shown.
    """
    if len(word) > 5:
        for british, american in _SPELLINGS:
            word = word.replace(british, american)
    if len(word) > 6:
        word = _IZE.sub("iz", word)
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is", "'s")):
        word = f"{word[:-3]}y" if word.endswith("ies") else _without_es(word)
    word = _without_ending(word[:-2] if word.endswith("sis") else word)
    return word[:-1] if len(word) > 4 and word.endswith("e") and word[-2] != "e" else word


def _without_es(word: str) -> str:
    return word[:-2] if word.endswith(("ches", "shes", "sses", "xes", "zes")) else word[:-1]


def _without_ending(word: str) -> str:
    if word.endswith("ied") and len(word) > 4:
        return f"{word[:-3]}y"
    ending = "ing" if word.endswith("ing") else "ed" if word.endswith("ed") else ""
    base = word.removesuffix(ending)
    if not ending or len(base) < 2 or word.endswith("eed") or not _VOWEL.search(base):
        return word
    if len(base) > 3 and base[-1] == base[-2] and (base[-1] not in "aefilosuz" or len(base) > 6):
        return base[:-1]  # "stopped", "controlled"
    return f"{base}e" if _SHORT.fullmatch(base) else base  # "noted" is no form of "not"


class Line:
    """A text as one lower-case line with digits for number words, for patterns to be matched on.

    "Fifty-eight-year-old" reads "58 year old". Each place on the line leads back to its token.
    """

    def __init__(self, tokens: list[Token]) -> None:
        pieces, self._starts, self._tokens = [], [], []
        length = 0
        for first, last, piece in _read(tokens):
            self._starts.append(length)
            self._tokens.append((first, last))
            pieces.append(piece)
            length += len(piece) + 1
        self.text = " ".join(pieces)
        digits = {"#"} if any(piece[:1].isdigit() for piece in pieces) else set[str]()
        self.words = frozenset(pieces) | digits
        """Its words, and "#" when there is a number among them."""

    def tokens(self, start: int, end: int) -> range:
        """The tokens that stand between two places on the line."""
        first = self._tokens[max(0, bisect_right(self._starts, start) - 1)][0]
        last = self._tokens[max(0, bisect_right(self._starts, max(start, end - 1)) - 1)][1]
        return range(first, last)


def _read(tokens: list[Token]) -> list[tuple[int, int, str]]:
    line: list[tuple[int, int, str]] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.plain in _ONES or token.plain in _TENS:
            value, end = _number(tokens, at)
            line.append((at, end, str(value)))
            at = end
            continue
        if not _is_inner_mark(tokens, at):
            line.append((at, at + 1, _spelled(token)))
        at += 1
    return line


def _is_inner_mark(tokens: list[Token], at: int) -> bool:
    """A possessive, or a hyphen that is not between two numbers."""
    if tokens[at].plain in ("'s", "'"):
        return True
    between = 0 < at < len(tokens) - 1 and tokens[at - 1].is_number and tokens[at + 1].is_number
    return tokens[at].text in "-‐‑–" and not between


def _spelled(token: Token) -> str:
    if token.plain in _ORDINALS and token.plain != "second":
        return f"{_ORDINALS[token.plain]}th"
    if token.plain == "2nd":
        return "second"
    return token.plain.replace(",", "") if token.is_number else token.plain


def _number(tokens: list[Token], at: int) -> tuple[int, int]:
    """The value of the number words from `at`, and where they end."""
    value, end, last = 0, at, ""
    while end < len(tokens):
        word = tokens[end].plain
        if word in _TENS and not _TENS.get(last) and last not in list(_ONES)[9:]:
            value = value * 100 + _TENS[word] if last in _ONES else value + _TENS[word]
        elif word in _ONES and (last in _TENS or last in ("hundred", "thousand", "")):
            value += _ONES[word]
        elif word == "hundred" and 0 < value < 100:
            value *= 100
        elif word == "thousand" and 0 < value < 1000:
            value *= 1000
        elif word in ("and", "-", "‑") and _goes_on(tokens, end, last):
            end += 1
            continue
        else:
            break
        last, end = word, end + 1
    return value, end


def _goes_on(tokens: list[Token], at: int, last: str) -> bool:
    """Whether "and" or a hyphen stands inside a number: "hundred and six", "fifty-eight"."""
    following = tokens[at + 1].plain if at + 1 < len(tokens) else ""
    if tokens[at].plain == "and":
        return last in ("hundred", "thousand") and (following in _ONES or following in _TENS)
    if last in _TENS:
        return following in _ONES and _ONES[following] < 10
    return following in _TENS
