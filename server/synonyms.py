"""Words of the same meaning: what lay people say, what records say, and abbreviations of both."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .words import FUNCTION_WORDS, american, cut

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Synonyms:
    """Phrases as a query has them, without function words -> the others of their meaning."""

    others: dict[Phrase, tuple[Phrase, ...]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "Synonyms":
        """The list in a file: one meaning a line, parted by " = "; lines with # are remarks."""
        others: dict[Phrase, tuple[Phrase, ...]] = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            phrases = [tuple(cut(phrase)) for phrase in line.partition("#")[0].split(" = ")]
            for phrase in phrases if len(phrases) > 1 else ():
                rest = tuple(other for other in phrases if other != phrase)
                typed = tuple(word for word in phrase if word not in FUNCTION_WORDS)
                others[typed] = others.get(typed, ()) + rest
        return cls(others)

    @property
    def words(self) -> set[str]:
        """Every word in the list: a word of it is no typing error."""
        return {word for phrase in self.others for word in phrase}

    def parts(self, words: Sequence[str]) -> list[tuple[Phrase, tuple[Phrase, ...]]]:
        """The words cut into the longest phrases of the list, each with its synonyms.

        The last word may be unfinished: "high blood pres" is high blood pressure.
        """
        parts: list[tuple[Phrase, tuple[Phrase, ...]]] = []
        place = 0
        while place < len(words):
            length, others = self._longest(words[place:])
            parts.append((tuple(words[place : place + length]), others))
            place += length
        return parts

    def _longest(self, words: Sequence[str]) -> tuple[int, tuple[Phrase, ...]]:
        for length in range(len(words), 0, -1):
            phrase = tuple(american(word) for word in words[:length])
            if phrase in self.others:
                return length, self.others[phrase]
            if length == len(words) > 1 and (begun := self._begun(phrase)):
                return length, begun
        return 1, ()

    def _begun(self, phrase: Phrase) -> tuple[Phrase, ...]:
        """The synonyms of the one phrase that begins with these words and letters, if it is one."""
        whole = [
            each
            for each in self.others
            if len(each) == len(phrase)
            and each[:-1] == phrase[:-1]
            and each[-1].startswith(phrase[-1])
        ]
        return self.others[whole[0]] if len(whole) == 1 and len(phrase[-1]) > 1 else ()
