"""FHIR R4: a bundle, a folder of bundles, or resources as NDJSON (one a line, as in bulk exports).

https://hl7.org/fhir/R4. Bundles are read one at a time and only the charts are kept, so a folder
may be far larger than the memory.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from ..errors import PatientsUnreadable
from .chart import Chart
from .fhir_resources import READERS, Resource, concept, drug_reference, key_of, read_patient
from .report import LoadReport, Progress

SUFFIXES = (".json", ".ndjson", ".jsonl")
MEMORY_PER_BYTE = 8.0
"""JSON text as Python objects, for the largest bundle."""
CHART_SHARE = 0.2
"""What is kept of the bytes read."""

_NOT_TRUE = {"entered-in-error", "refuted", "cancelled", "draft", "planned"}


def files_of(folder: Path) -> list[Path]:
    """The FHIR files in a folder."""
    files = (path for path in folder.iterdir() if path.is_file())
    return sorted(path for path in files if path.suffix.lower() in SUFFIXES)


def needed_memory(source: Path) -> int:
    paths = files_of(source) if source.is_dir() else [source]
    sizes = {path: path.stat().st_size for path in paths}
    largest = max((size for path, size in sizes.items() if _is_whole(path)), default=0)
    return int(largest * MEMORY_PER_BYTE + sum(sizes.values()) * CHART_SHARE)


def read(source: Path, report: LoadReport, progress: Progress) -> pd.DataFrame:
    """A row for each Patient resource, with what the other resources say of the patient.

    Raises:
        PatientsUnreadable: no JSON, no FHIR, or no Patient in it.
    """
    report.source = "folder of FHIR files" if source.is_dir() else "FHIR file"
    paths = files_of(source) if source.is_dir() else [source]
    total, done = sum(path.stat().st_size for path in paths), 0
    charts = Charts(report)
    for path in paths:
        for resource, url in _resources(path, report, alone=path == source):
            charts.add(resource, url)
        done += path.stat().st_size
        progress(done, total)
    if source.is_dir():
        others = sum(path.is_file() and path not in paths for path in source.iterdir())
        report.left_out("files of other kinds", others)
    return charts.table()


def _is_whole(path: Path) -> bool:
    """Whether the file is one JSON document, not one a line."""
    return path.suffix.lower() == ".json"


def _resources(path: Path, report: LoadReport, *, alone: bool) -> Iterator[tuple[Resource, str]]:
    """The resources in a file, each with the URL by which others refer to it."""
    report.took("files")
    for document in _documents(path, report, alone=alone):
        if document.get("resourceType") == "Bundle":
            yield from _patients_first(document)
        elif "resourceType" in document:
            yield document, ""
        elif alone:
            raise PatientsUnreadable(
                "The file is JSON, but neither a FHIR bundle nor FHIR resources.",
                next="Give FHIR R4, or make a table of it with pandas and pass the DataFrame.",
            )
        else:
            report.left_out("JSON documents that are not FHIR")


def _patients_first(bundle: Resource) -> list[tuple[Resource, str]]:
    """The bundle's resources; the patients first, as they say by which URLs they go."""
    listed = bundle.get("entry", [])
    entries = [
        (entry["resource"], str(entry.get("fullUrl", "")))
        for entry in (listed if isinstance(listed, list) else [])
        if isinstance(entry, dict) and isinstance(entry.get("resource"), dict)
    ]
    return sorted(entries, key=lambda entry: entry[0].get("resourceType") != "Patient")


def _documents(path: Path, report: LoadReport, *, alone: bool) -> Iterator[Resource]:
    with path.open("rb") as file:
        for text in [file.read()] if _is_whole(path) else file:
            try:
                document = json.loads(text) if text.strip() else None
            except ValueError:
                if alone and _is_whole(path):
                    raise PatientsUnreadable(
                        "The file is not JSON.", next="Export it again; it may have been cut off."
                    ) from None
                report.left_out("files or lines that are not JSON")
                continue
            if isinstance(document, dict):
                yield document


@dataclass(slots=True)
class Charts:
    """The charts of all patients, whatever the order in which their resources come."""

    report: LoadReport
    charts: dict[str, Chart] = field(default_factory=dict)
    """By the key of the Patient resource."""
    urls: dict[str, str] = field(default_factory=dict)
    """The URL's key -> the key, where a patient goes by both."""
    drugs: dict[str, str] = field(default_factory=dict)
    """Medication resources, which prescriptions may refer to."""
    prescriptions: list[tuple[Chart, str, bool]] = field(default_factory=list)
    """Chart, key of the drug, whether it is still taken: where the drug has its own resource."""

    def add(self, resource: Resource, url: str) -> None:
        """Take one resource, however it is made: what is not as FHIR R4 has it is counted."""
        try:
            self._add(resource, url)
        except (AttributeError, KeyError, TypeError, ValueError):
            self.report.left_out(f"{resource.get('resourceType')} resources that are not FHIR R4")

    def _add(self, resource: Resource, url: str) -> None:
        """Kinds that have no place in a patient's row are only counted."""
        kind = str(resource.get("resourceType", ""))
        if kind == "Patient":
            self._add_patient(resource, key_of(url))
        elif kind == "Medication":
            self.drugs[key_of(url) or str(resource.get("id", ""))] = concept(resource.get("code"))
        elif kind not in READERS:
            self.report.left_out(f"{kind or 'nameless'} resources")
        else:
            self._add_event(kind, resource)

    def _add_patient(self, resource: Resource, url: str) -> None:
        key = str(resource.get("id") or url)
        chart = self.charts.setdefault(key, Chart())
        if not key or chart.patient_id:
            reason = "with an id that occurred before" if key else "without an id"
            self.report.left_out(f"Patient resources {reason}")
            return
        self.urls[url] = key
        chart.patient_id = key
        read_patient(resource, chart)
        self.report.took("Patient")

    def _add_event(self, kind: str, resource: Resource) -> None:
        about = resource.get("subject") or resource.get("patient") or {}
        key = key_of(about.get("reference", ""))
        if not key:
            self.report.left_out(f"{kind} resources that name no patient")
            return
        if {
            resource.get("status"),
            concept(resource.get("verificationStatus"), code=True),
        } & _NOT_TRUE:
            self.report.left_out(f"{kind} resources that were planned, withdrawn or refuted")
            return
        chart = self.charts.setdefault(self.urls.get(key, key), Chart())
        if kind.startswith("Medication") and (drug := drug_reference(resource)):
            self.prescriptions.append((chart, drug, resource.get("status") == "active"))
        unused = READERS[kind](resource, chart)
        if unused:
            self.report.left_out(unused)
        else:
            self.report.took(kind)

    def table(self) -> pd.DataFrame:
        """One row per Patient resource.

        Raises:
            PatientsUnreadable: there is none.
        """
        for chart, drug, active in self.prescriptions:
            self._prescribe(chart, drug, active=active)
        rows = [chart.row() for chart in self.charts.values() if chart.patient_id]
        if not rows:
            raise PatientsUnreadable(
                "There is no Patient resource in the FHIR data.",
                next="Export the patients together with their records.",
            )
        strangers = len(self.charts) - len(rows)
        self.report.left_out("records of patients who are not in the source", strangers)
        return pd.DataFrame(rows, dtype="str").fillna("")

    def _prescribe(self, chart: Chart, drug: str, *, active: bool) -> None:
        if drug in self.drugs:
            chart.add_medication(self.drugs[drug], active=active)
        else:
            self.report.left_out("prescriptions whose drug is not in the source")
