"""The written frames in which facts stand, and how a frame becomes the options of a rule.

A frame is a clause with fields. `{she takes}` is the patient and a verb that agrees, `{her}` the
possessive, `{is|are}` a choice by number; any other name is a text of the record. The frames are
ours and hold no fact; the texts are the record's and are never read as frames.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .facts import Sex
from .gbnf import Option, Part

_FIELD = re.compile(r"\{([^}]+)\}")
_PLURALS = {"has": "have", "is": "are", "was": "were"}


@dataclass(frozen=True, slots=True)
class Frames:
    """What can be said of one kind of facts.

    `plain` frames make sentences of noun phrases: they would turn "denies headache" into another
    fact. So whatever may be more than a noun phrase stands behind the colon of `label`.
    """

    plain: tuple[str, ...]
    label: str
    none: tuple[str, ...] = ()
    """For a record that says there are none."""
    elsewhere: str = ""
    """For what is too long to be said."""


CONDITIONS = Frames(
    plain=(
        "{she has} {items}",
        "{she has} been diagnosed with {items}",
        "{her} recorded {condition is|conditions are} {items}",
    ),
    none=("{she has} no known conditions",),
    label="conditions on record: {items}",
    elsewhere="for {her} conditions, see the record",
)

HISTORY = Frames(
    plain=("{her} medical history includes {items}",),
    none=CONDITIONS.none,
    label=CONDITIONS.label,
    elsewhere=CONDITIONS.elsewhere,
)
"""Conditions of the past ("prior stroke"), which nobody "has"."""

SYMPTOMS = Frames(
    plain=(
        "{she reports} {items}",
        "{she describes} {items}",
        "{her} recorded {symptom is|symptoms are} {items}",
    ),
    none=("{she reports} no symptoms",),
    label="symptoms on record: {items}",
    elsewhere="for {her} symptoms, see the record",
)

INFANT_SYMPTOMS = Frames(
    plain=("{her} recorded {symptom is|symptoms are} {items}",),
    none=("{she has} no recorded symptoms",),
    label=SYMPTOMS.label,
    elsewhere=SYMPTOMS.elsewhere,
)
"""Of children who cannot report them yet."""

MEDICATIONS = Frames(
    plain=(
        "{she takes} {items}",
        "{she is} currently taking {items}",
        "{her} {medication is|medications are} {items}",
        "{her} current treatment consists of {items}",
    ),
    none=("{she takes} no medications",),
    label="medications on record: {items}",
    elsewhere="for {her} medications, see the record",
)

ALLERGIES = Frames(
    plain=(
        "{she is} allergic to {items}",
        "{she has} {a known allergy|known allergies} to {items}",
        "{her} recorded {allergy is|allergies are} {items}",
    ),
    none=("{she has} {none}",),
    label="allergies on record: {items}",
    elsewhere="for {her} allergies, see the record",
)

NEITHER = "{she takes} no medications, and {she has} {none}"
"""Of medications and allergies: two short sentences in a row read badly."""

FAMILY_HISTORY = Frames(
    plain=(
        "{her} family history includes {items}",
        "there is a family history of {items}",
    ),
    none=("{she has} no known family history", "there is no known family history"),
    label="family history on record: {items}",
    elsewhere="for {her} family history, see the record",
)

PRESSURE_AND_SUGAR = Frames(
    plain=(
        "{her} blood pressure is {pressure} and {her} blood sugar is {sugar}",
        "{she has} a blood pressure of {pressure} and a blood sugar of {sugar}",
        "the record shows a blood pressure of {pressure} and a blood sugar of {sugar}",
    ),
    label="blood pressure on record: {pressure}; blood sugar on record: {sugar}",
)

PRESSURE = Frames(
    plain=(
        "{her} blood pressure is {pressure}",
        "{she has} a blood pressure of {pressure}",
        "the record shows a blood pressure of {pressure}",
    ),
    label="blood pressure on record: {pressure}",
)

SUGAR = Frames(
    plain=(
        "{her} blood sugar is {sugar}",
        "{she has} a blood sugar of {sugar}",
        "the record shows a blood sugar of {sugar}",
    ),
    label="blood sugar on record: {sugar}",
)
"""No frame ties a value to a date: the record does not."""

VISIT = Frames(
    plain=(
        "{she was} last seen on {items}",
        "{her} last visit was on {items}",
        "{her} most recent visit was on {items}",
    ),
    label="last visit on record: {items}",
)


OPENINGS: Mapping[str, tuple[str, ...]] = {
    "cs": (
        "{name} is {who} with {conditions} who reports {symptoms}",
        "{name}, {who}, has {conditions} and reports {symptoms}",
    ),
    "c": ("{name} is {who} with {conditions}", "{name}, {who}, has {conditions}"),
    "s": ("{name} is {who} who reports {symptoms}", "{name}, {who}, reports {symptoms}"),
    "": ("{name} is {who}",),
}
"""First sentences, by the kinds of facts that they say: conditions and symptoms."""

NAMED_OPENINGS: Mapping[str, tuple[str, ...]] = {
    "cs": ("{name} has {conditions} and reports {symptoms}",),
    "c": ("{name} has {conditions}",),
    "s": ("{name} reports {symptoms}",),
    "": ("{name} is a patient",),
}
"""The same for a record without age and sex."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """How sentences name the patient, in agreement with the verb."""

    pronoun: str
    possessive: str

    @classmethod
    def of(cls, sex: Sex) -> "Speaker":
        match sex:
            case "female":
                return cls("she", "her")
            case "male":
                return cls("he", "his")
            case _:
                return cls("they", "their")

    def says(self, verb: str) -> str:
        """ "she takes", "they take"."""
        if self.pronoun == "they":
            verb = _PLURALS.get(verb, verb.removesuffix("s"))
        return f"{self.pronoun} {verb}"

    def options(
        self, frame: str, texts: Mapping[str, Part], *, many: bool, opens: bool
    ) -> Iterable[Option]:
        """The clauses that `frame` allows, without their full stop.

        Args:
            frame: one of the frames above.
            texts: the record's texts, by the name of their field.
            many: whether `{is|are}` is "are".
            opens: whether the clause opens a sentence; then the patient may be "The patient" too.
        """
        if not opens:
            yield self.fill(frame, texts, many=many)
            return
        yield _capitalized(self.fill(frame, texts, many=many))
        if frame.startswith("{her}"):
            rest = frame.removeprefix("{her}")
            yield ("The patient's", *self.fill(rest, texts, many=many))
        elif frame.startswith("{she "):
            verb, rest = frame.removeprefix("{she ").split("}", 1)
            yield (f"The patient {verb}", *self.fill(rest, texts, many=many))

    def fill(self, frame: str, texts: Mapping[str, Part], *, many: bool = False) -> Option:
        """`frame` with its fields filled."""
        pieces = _FIELD.split(frame)  # by turns our text and a field's name
        return tuple(
            self._field(piece, texts, many) if number % 2 else piece
            for number, piece in enumerate(pieces)
            if piece
        )

    def _field(self, field: str, texts: Mapping[str, Part], many: bool) -> Part:
        if field == "her":
            return self.possessive
        if field.startswith("she "):
            return self.says(field.removeprefix("she "))
        if "|" in field:
            one, more = field.split("|")
            return more if many else one
        return texts[field]


def _capitalized(clause: Option) -> Option:
    first, *rest = clause
    assert isinstance(first, str), "a frame begins with our own word"
    return (first[:1].upper() + first[1:], *rest)
