"""The errors that a client sees: each says what happened and what to do next, and names its kind.

    Failure
    ├── Invalid            the request cannot be served as it is
    ├── UnknownPatient     no row of the patient table has this id
    ├── PatientsUnreadable the source cannot serve as a patient table; the server does not start
    ├── StoreFailed        the summaries could not be read or written; the old file is intact
    ├── Busy               too many requests wait for the model
    ├── Incomplete         a stream stopped without an end: shown, never saved
    └── ModelFailed        the model answered with an error, or its process stopped
        ├── ModelAbsent    nothing answers at the model's address
        ├── ModelMissing   the model, or its weights, are not installed
        └── ModelTimeout   no token for as long as the settings allow

A message names fields, sizes and at most the patient id that was sent: never text of a record, a
path, or the value of another field.
"""

from typing import ClassVar

from mcp_kernel_tools.wire import ErrorKind


class Failure(Exception):
    """What happened (`message`) and the step that mends it (`next`); as text, one sentence."""

    kind: ClassVar[ErrorKind] = "invalid"

    def __init__(self, message: str, *, next: str) -> None:
        super().__init__(message)
        self.message = message
        self.next = next

    def __str__(self) -> str:
        return f"{self.message.removesuffix('.')}; {self.next[:1].lower()}{self.next[1:]}"


class Invalid(Failure):
    kind = "invalid"


class UnknownPatient(Failure):
    kind = "unknown_patient"

    def __init__(self, patient_id: str) -> None:
        super().__init__(
            f"There is no patient with the id {patient_id!r}.",
            next="Search for the patient, or list the patients, to find the id.",
        )


class PatientsUnreadable(Failure):
    """Its message may name columns and files of the source: it is for who started the server."""


class StoreFailed(Failure):
    kind = "store"


class Busy(Failure):
    kind = "busy"


class Incomplete(Failure):
    kind = "incomplete"


class ModelFailed(Failure):
    kind: ClassVar[ErrorKind] = "model_failed"


class ModelAbsent(ModelFailed):
    kind = "model_absent"


class ModelMissing(ModelFailed):
    kind = "model_missing"


class ModelTimeout(ModelFailed):
    kind = "model_timeout"
