"""What each kind of FHIR R4 resource adds to a patient's chart.

A reader returns why a resource was not used, or nothing when it was.
"""

import base64
import binascii
from collections.abc import Callable
from typing import Any

from .chart import Chart, Measurement, untagged

Resource = dict[str, Any]

_GOES_ON = {"active", "recurrence", "relapse"}
_GROUPS = {"vital-signs": True, "laboratory": False}
"""Categories of observations that are kept; whether it is a vital sign."""


def key_of(reference: str) -> str:
    """What identifies the resource that is referred to: "Patient/7", "urn:uuid:7" -> "7"."""
    unversioned = reference.partition("/_history/")[0]
    return unversioned.rpartition("/")[2].removeprefix("urn:uuid:")


def concept(value: Any, *, code: bool = False) -> str:
    """The text of a CodeableConcept, or its first code."""
    if not isinstance(value, dict):
        return ""
    codings = [coding for coding in value.get("coding", []) if isinstance(coding, dict)]
    if code:
        return next((str(coding["code"]) for coding in codings if "code" in coding), "")
    names = [str(coding["display"]) for coding in codings if coding.get("display")]
    tagged = next((name for name in names if name.endswith(")")), "")  # says disorder or finding
    return tagged or str(value.get("text") or "") or next(iter(names), "")


def read_patient(resource: Resource, chart: Chart) -> None:
    """Name, gender and birth date; the hospital's own number goes to the further columns."""
    names = resource.get("name") or [{}]
    official = next((name for name in names if name.get("use") == "official"), names[0])
    whole = " ".join([*official.get("given", []), official.get("family", "")])
    chart.name = official.get("text") or whole.strip()
    chart.gender = str(resource.get("gender", ""))
    chart.birth_date = str(resource.get("birthDate", ""))
    deceased = resource.get("deceasedDateTime") or resource.get("deceasedBoolean")
    if deceased:
        chart.other["deceased"] = "yes" if deceased is True else str(deceased)[:10]
    numbers = {
        concept(identifier.get("type"), code=True): str(identifier.get("value", ""))
        for identifier in reversed(resource.get("identifier", []))
    }
    chart.other["record number"] = numbers.get("MR") or numbers.get("", "")


def _condition(resource: Resource, chart: Chart) -> str:
    text = concept(resource.get("code"))
    if not text:
        return "Condition resources without a name"
    status = concept(resource.get("clinicalStatus"), code=True)
    ended = any(field.startswith("abatement") for field in resource)
    chart.add_condition(text, active=status in _GOES_ON if status else not ended)
    return ""


def drug_reference(resource: Resource) -> str:
    """The key of the Medication resource that a prescription refers to, if it is not within."""
    reference = (resource.get("medicationReference") or {}).get("reference", "")
    return "" if reference.startswith("#") else key_of(reference)


def _medication(resource: Resource, chart: Chart) -> str:
    if drug_reference(resource):
        return ""  # named once all Medication resources are known
    text = concept(resource.get("medicationCodeableConcept")) or _contained_drug(resource)
    if not text:
        return f"{resource['resourceType']} resources without a drug"
    dosages = resource.get("dosageInstruction") or resource.get("dosage") or [{}]
    dosage = dosages[0].get("text", "")
    chart.add_medication(f"{text} {dosage}".strip(), active=resource.get("status") == "active")
    return ""


def _contained_drug(resource: Resource) -> str:
    contained = [each for each in resource.get("contained", []) if "code" in each]
    return concept(contained[0]["code"]) if contained else ""


def _allergy(resource: Resource, chart: Chart) -> str:
    text = untagged(concept(resource.get("code")))
    if not text:
        return "AllergyIntolerance resources without a name"
    if concept(resource.get("clinicalStatus"), code=True) in ("inactive", "resolved"):
        return "allergies that have passed"
    reactions = [
        untagged(concept(manifestation))
        for reaction in resource.get("reaction", [])
        for manifestation in reaction.get("manifestation", [])
    ]
    chart.allergies.append(f"{text} ({', '.join(reactions)})" if reactions else text)
    return ""


def _observation(resource: Resource, chart: Chart) -> str:
    categories = {concept(category, code=True) for category in resource.get("category", [])}
    group = next((category for category in _GROUPS if category in categories), None)
    if group is None:
        return "observations that are no vital sign and no laboratory value"
    when = str(resource.get("effectiveDateTime") or resource.get("issued") or "")
    used = False
    for part in [resource, *resource.get("component", [])]:
        measurement = _measurement(part, when)
        if measurement and measurement.is_measured:
            code = concept(part.get("code"), code=True) or measurement.name
            chart.add_measurement(code, measurement, vital=_GROUPS[group])
            used = True
    return "" if used else "observations without a measured value"


def _measurement(part: Resource, when: str) -> Measurement | None:
    quantity = part.get("valueQuantity")
    if not isinstance(quantity, dict) or not isinstance(quantity.get("value"), int | float):
        return None
    unit = str(quantity.get("unit") or quantity.get("code") or "")
    return Measurement(when, concept(part.get("code")), quantity["value"], unit)


def _encounter(resource: Resource, chart: Chart) -> str:
    when = (resource.get("period") or {}).get("start", "")
    if not when:
        return "encounters without a date"
    reasons = [concept(reason) for reason in resource.get("reasonCode", [])]
    kinds = [concept(kind) for kind in resource.get("type", [])]
    chart.add_visit(when, ", ".join(text for text in reasons or kinds if text))
    return ""


def _family(resource: Resource, chart: Chart) -> str:
    relative = concept(resource.get("relationship")) or "relative"
    diseases = [concept(condition.get("code")) for condition in resource.get("condition", [])]
    chart.family_history += [f"{relative}: {disease}" for disease in diseases if disease]
    return "" if diseases else "family members without a disease"


def _document(resource: Resource, chart: Chart) -> str:
    for content in resource.get("content", []):
        attachment = content.get("attachment", {})
        if attachment.get("contentType", "").startswith("text/") and "data" in attachment:
            try:
                text = base64.b64decode(attachment["data"]).decode()
            except (binascii.Error, UnicodeDecodeError):
                return "documents that are not UTF-8 text"
            chart.add_note(str(resource.get("date", "")), text.strip())
            return ""
    return "documents without text"


READERS: dict[str, Callable[[Resource, Chart], str]] = {
    "Condition": _condition,
    "MedicationRequest": _medication,
    "MedicationStatement": _medication,
    "AllergyIntolerance": _allergy,
    "Observation": _observation,
    "Encounter": _encounter,
    "FamilyMemberHistory": _family,
    "DocumentReference": _document,
}
