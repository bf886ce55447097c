"""The upper half of the form: a keyword, the patients that match, the record of the chosen one."""

import asyncio
from typing import Any

from mcp_kernel_tools import form_sentences as say
from mcp_kernel_tools.answers import Grounding, MatchedWord, Record
from mcp_kernel_tools.client import Client
from mcp_kernel_tools.errors import KernelToolsError
from mcp_kernel_tools.form_layout import FormLayout
from mcp_kernel_tools.record_view import match_line, record_html

MATCHES = 50
"""How many matches are listed; the status line says how many there are."""


class Latest:
    """Of several tasks that do the same, the last one goes on and the others are cancelled."""

    def __init__(self) -> None:
        self._task: asyncio.Task[Any] | None = None

    def take_over(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = asyncio.current_task()


class PatientChoice:
    """Searches for patients as the user types, and shows the record of the one who is chosen."""

    def __init__(self, api: Client, layout: FormLayout) -> None:
        self._api = api
        self._layout = layout
        self._searches, self._choices = Latest(), Latest()
        self._matched: dict[str, list[MatchedWord]] = {}
        self.chosen: Record | None = None

    async def search(self, keyword: str, pause: float = 0.0) -> None:
        """List the patients that match, unless another search begins within `pause` seconds."""
        self._searches.take_over()
        await asyncio.sleep(pause)
        if hint := say.keyword_hint(keyword.strip()):
            self._list([])
            self._layout.status.say(hint)
            return
        found = await self._api.find_patients(keyword.strip(), MATCHES)
        self._matched = {match["patient_id"]: match["matched"] for match in found["patients"]}
        self._list([(match_line(match), match["patient_id"]) for match in found["patients"]])
        self._layout.status.say(say.found(keyword.strip(), found["total"], len(found["patients"])))

    def _list(self, options: list[tuple[str, str]]) -> None:
        matches = self._layout.matches
        matches.value = None  # else the list would choose its first patient
        matches.options = options
        if any(patient_id == self._chosen_id for _, patient_id in options):
            matches.value = self._chosen_id

    @property
    def _chosen_id(self) -> str | None:
        return self.chosen["patient_id"] if self.chosen else None

    async def choose(self, patient_id: str | None) -> Record | None:
        """The record of a patient who is newly chosen."""
        if patient_id is None or patient_id == self._chosen_id:
            return None
        self._choices.take_over()
        try:
            self.chosen = await self._api.get_patient(patient_id)
        except KernelToolsError:
            self._layout.matches.value = None  # so that the same patient can be chosen again
            raise
        return self.chosen

    def show_record(self, about: str = "", grounding: Grounding | None = None) -> None:
        """Show the chosen record; with what a summary used of it, if the summary is about it."""
        if (record := self.chosen) is None:
            return
        patient_id = record["patient_id"]
        used = grounding if about == patient_id else None
        matched = self._matched.get(patient_id, ())
        self._layout.record.value = record_html(record, matched, used)
