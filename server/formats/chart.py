"""What an export says of one patient, event by event, gathered into the cells of one row.

FHIR and Synthea spread a patient over many resources and files; both importers write a `Chart`.
Conditions that SNOMED CT calls disorders stay apart from findings and situations, or a search for
a disease would drown in "Full-time employment (finding)"; what has ended stays apart from what
goes on; of measurements the latest counts.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

SYSTOLIC, DIASTOLIC = "8480-6", "8462-4"
VITAL_SIGNS = {
    SYSTOLIC,
    DIASTOLIC,
    "8302-2",
    "29463-7",
    "39156-5",
    "8867-4",
    "9279-1",
    "8310-5",
    "2708-6",
}
"""LOINC codes of blood pressure, height, weight, BMI, heart rate, breathing, temperature, oxygen:
vital signs, whatever the export calls them."""
GLUCOSE = ("2339-0", "2345-7", "1558-6", "2340-8", "41653-7")
"""LOINC codes of glucose in blood, serum or plasma."""

_DISORDERS = {"", "disorder", "morphologic abnormality"}
_TAG = re.compile(r" \(([a-z/ ]+)\)$")
_SYMPTOM = re.compile(
    r"\b(?:pain|ache|headache|fever|cough|chill|nausea|vomiting|diarrhea|constipation|fatigue|malaise"
    r"|dyspnea|wheez|shortness of breath|dizz|numb|swelling|edema|rash|itch|thirst|weakness|tremor"
    r"|confusion|insomnia|palpitation|bleeding|sore throat|loss of (?:taste|smell|appetite))",
    re.IGNORECASE,
)
"""Findings that a patient would complain of; SNOMED CT itself does not mark them."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """A value with its unit, when it was taken, and under what name."""

    when: str
    name: str
    value: float
    unit: str

    @property
    def is_measured(self) -> bool:
        """Whether it has a unit of measure: "{score}" and "{#}" are counts and answers (UCUM)."""
        return bool(re.sub(r"\{[^}]*\}", "", self.unit))

    def __str__(self) -> str:
        """As people write it: four digits are more than a measurement carries."""
        digits = ".0f" if abs(self.value) >= 1000 else ".4g"
        return f"{self.value:{digits}} {self.unit}"


@dataclass(slots=True)
class Chart:
    """One patient; every text as the export writes it. Dates are ISO 8601 and compare as text."""

    patient_id: str = ""
    name: str = ""
    gender: str = ""
    birth_date: str = ""
    other: dict[str, str] = field(default_factory=dict)
    allergies: list[str] = field(default_factory=list)
    family_history: list[str] = field(default_factory=list)
    newest: str = ""
    """The newest date in the record: the age is the age on this day."""
    _conditions: dict[str, bool] = field(default_factory=dict)
    _medications: dict[str, bool] = field(default_factory=dict)
    _vitals: dict[str, Measurement] = field(default_factory=dict)
    _labs: dict[str, Measurement] = field(default_factory=dict)
    _visit: tuple[str, str] = ("", "")
    _note: tuple[str, str] = ("", "")

    def add_condition(self, text: str, *, active: bool) -> None:
        self._conditions[text] = self._conditions.get(text, False) or active

    def add_medication(self, text: str, *, active: bool) -> None:
        self._medications[text] = self._medications.get(text, False) or active

    def add_measurement(self, code: str, measurement: Measurement, *, vital: bool) -> None:
        """Keep the measurement if it is the latest under its code."""
        group = self._vitals if vital or code in VITAL_SIGNS else self._labs
        self._see(measurement.when)
        if code not in group or measurement.when >= group[code].when:
            group[code] = measurement

    def add_visit(self, when: str, reason: str) -> None:
        self._see(when)
        self._visit = max(self._visit, (when, reason))

    def add_note(self, when: str, text: str) -> None:
        self._see(when)
        self._note = max(self._note, (when, text))

    def _see(self, when: str) -> None:
        self.newest = max(self.newest, when[:10])

    def row(self) -> dict[str, str]:
        """The cells of the patient's row; further columns where there is something for them."""
        conditions = {kind: self._of_kind(kind) for kind in ("disorder", "finding", "situation")}
        findings = conditions["finding"]
        cells = {
            "patient_id": self.patient_id,
            "name": self.name,
            "age": self._age(),
            "gender": self.gender.capitalize(),
            "symptoms": _listed(text for text in findings if _SYMPTOM.search(text)),
            "conditions": _listed(conditions["disorder"]),
            "medications": _listed(text for text, active in self._medications.items() if active),
            "allergies": _listed(dict.fromkeys(self.allergies)),
            "blood_pressure": self._blood_pressure(),
            "blood_sugar": self._blood_sugar(),
            "last_visit": (self._visit[0] or self.newest)[:10],
            "family_history": _listed(self.family_history),
            "notes": self._note[1],
        }
        further = {
            "past conditions": _listed(self._of_kind("disorder", active=False)),
            "past medications": _listed(t for t, active in self._medications.items() if not active),
            "findings": _listed(text for text in findings if not _SYMPTOM.search(text)),
            "situations": _listed(conditions["situation"]),
            "vital signs": _measured(self._vitals, but=(SYSTOLIC, DIASTOLIC)),
            "laboratory": _measured(self._labs, but=()),
            "last visit for": self._visit[1],
            "birth date": self.birth_date,
        }
        return cells | {name: text for name, text in (further | self.other).items() if text}

    def _of_kind(self, kind: str, *, active: bool = True) -> list[str]:
        return [
            untagged(text)
            for text, goes_on in self._conditions.items()
            if goes_on is active and _kind(text) == kind
        ]

    def _age(self) -> str:
        """Whole years from birth to the newest date in the record, so that it stays what it is."""
        if len(self.birth_date) < 4 or not self.newest:
            return ""
        before_birthday = self.newest[5:10] < self.birth_date[5:10]
        return str(int(self.newest[:4]) - int(self.birth_date[:4]) - before_birthday)

    def _blood_pressure(self) -> str:
        high, low = self._vitals.get(SYSTOLIC), self._vitals.get(DIASTOLIC)
        if not (high and low and high.when == low.when):
            return ""
        return f"{high.value:.0f}/{low.value:.0f}"

    def _blood_sugar(self) -> str:
        found = [self._labs[code] for code in GLUCOSE if code in self._labs]
        return str(max(found, key=lambda each: each.when)) if found else ""


def untagged(text: str) -> str:
    """A name from SNOMED CT without what it says of its kind: "Mold (organism)" -> "Mold"."""
    return _TAG.sub("", text)


def _kind(text: str) -> str:
    tag = _TAG.search(text)
    name = tag[1] if tag else ""
    return "disorder" if name in _DISORDERS else name if name == "finding" else "situation"


def _listed(texts: Iterable[str]) -> str:
    """Between items stands a semicolon: the names of diseases and drugs contain commas."""
    return "; ".join(text for text in texts if text)


def _measured(group: dict[str, Measurement], but: Iterable[str]) -> str:
    return _listed(f"{_short(each.name)} {each}" for code, each in group.items() if code not in but)


def _short(name: str) -> str:
    """A LOINC name without its property and the usual specimens."""
    return re.sub(r" \[[^\]]*\]| in (?:Serum or Plasma|Blood|Serum, Plasma or Blood)\b", "", name)
