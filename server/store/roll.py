"""Patients in the order in which they were put in, each with a place, a checksum and a label.

A million of them must cost neither much memory nor a pause at every garbage collection, so they are
kept in columns and not as objects.
"""

from array import array
from collections.abc import Callable, Iterator


class Roll:
    """A dict of patients that can be read backwards and looked through."""

    def __init__(self) -> None:
        self._slots: dict[str, int] = {}
        """Where in the columns a patient is."""
        self._ids: list[str] = []
        """"" where a patient was, who is somewhere else by now, or gone."""
        self._labels: list[str] = []
        self._places = array("q")
        self._crcs = array("Q")

    def __len__(self) -> int:
        return len(self._slots)

    def __iter__(self) -> Iterator[str]:
        return iter(self._slots)

    def __contains__(self, patient_id: str) -> bool:
        return patient_id in self._slots

    def __reversed__(self) -> Iterator[str]:
        return filter(None, reversed(self._ids))

    def put(self, patient_id: str, place: int, crc: int, name: str) -> None:
        """Put a patient in at the end, wherever the patient was before."""
        if patient_id in self._slots:
            self.drop(patient_id)
        self._slots[patient_id] = len(self._ids)
        self._ids.append(patient_id)
        self._labels.append(f"{patient_id}\n{name}".casefold())
        self._places.append(place)
        self._crcs.append(crc)

    def drop(self, patient_id: str) -> None:
        slot = self._slots.pop(patient_id, None)
        if slot is not None:
            self._ids[slot] = self._labels[slot] = ""

    def place(self, patient_id: str) -> int | None:
        """The byte or the row that was put in for the patient."""
        slot = self._slots.get(patient_id)
        return None if slot is None else self._places[slot]

    def crc(self, patient_id: str) -> int | None:
        slot = self._slots.get(patient_id)
        return None if slot is None else self._crcs[slot]

    def move(self, place_of: Callable[[str], int]) -> None:
        """The places changed; the order stays."""
        for patient_id, slot in self._slots.items():
            self._places[slot] = place_of(patient_id)

    def from_place(self, place: int) -> Iterator[str]:
        """Those who were put in last, as long as their places are not before `place`."""
        for slot in range(len(self._ids) - 1, -1, -1):
            if self._ids[slot]:
                if self._places[slot] < place:
                    return
                yield self._ids[slot]

    def matching(self, query: str) -> list[str]:
        """Those whose id or name contains `query`, whatever the case, the last one first."""
        query = query.casefold()
        labelled = zip(reversed(self._ids), reversed(self._labels), strict=True)
        return [patient_id for patient_id, label in labelled if query in label and patient_id]
