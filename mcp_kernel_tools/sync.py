"""The same client for plain cells and scripts: every call returns its result, nothing to await.

The work is done by a `Client` on a private event loop in a thread of its own, so a call works where
a loop already runs (every notebook cell) and a stream keeps arriving while a cell is busy. What a
caller is shown happens in the caller's own thread. An interrupt stops the call at the server.
"""

from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping
from concurrent.futures import Future
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from mcp_kernel_tools import answers, loop_thread
from mcp_kernel_tools.answers import Summary
from mcp_kernel_tools.client import Client, PatientId, ServerAddress
from mcp_kernel_tools.cohort_bar import OnProgress, shown
from mcp_kernel_tools.cohort_run import CohortRun
from mcp_kernel_tools.settings import Settings
from mcp_kernel_tools.summary_stream import SummaryStream
from mcp_kernel_tools.wire_log import WireLog

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")


class SyncClient:
    """`Client` without `await`: the same arguments, the same calls, the same errors.

    `client` is the asynchronous client behind it; its coroutines run by `submit`.
    """

    def __init__(
        self,
        server: ServerAddress | str | None = None,
        *,
        token: str | None = None,
        verbose: bool = False,
        settings: Settings | None = None,
    ) -> None:
        self.client = Client(server, token=token, verbose=verbose, settings=settings)

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start work with `client` and do not wait; cancelling the future stops it."""
        return loop_thread.shared().submit(work)

    @property
    def wire_log(self) -> WireLog:
        return self.client.wire_log

    @property
    def last_summary(self) -> Summary | None:
        return self.client.last_summary

    def connect(self) -> None:
        _wait(self.client.connect())

    def close(self) -> None:
        _wait(self.client.aclose())

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def ping(self) -> float:
        return _wait(self.client.ping())

    def send_request(self, method: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return _wait(self.client.send_request(method, params))

    def list_tools(self) -> list[answers.Tool]:
        return _wait(self.client.list_tools())

    def call_tool(self, name: str, arguments: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return _wait(self.client.call_tool(name, arguments))

    def find_patients(self, keyword: str, limit: int = 20) -> answers.Matches:
        return _wait(self.client.find_patients(keyword, limit))

    def search_patients(self, keyword: str, limit: int = 20) -> "pd.DataFrame":
        return _wait(self.client.search_patients(keyword, limit))

    def get_patient(self, patient_id: PatientId) -> answers.Record:
        return _wait(self.client.get_patient(patient_id))

    def list_patients(self, offset: int = 0, limit: int = 100) -> answers.RecordPage:
        return _wait(self.client.list_patients(offset, limit))

    def read_patients(self) -> "pd.DataFrame":
        return _wait(self.client.read_patients())

    def stream_summary(
        self, patient_id: PatientId, *, attempt: int = 0, grammar: bool | None = None
    ) -> Generator[str]:
        return _tokens(self.open_stream(patient_id, attempt=attempt, grammar=grammar))

    def generate_summary(
        self,
        patient_id: PatientId,
        *,
        on_token: Callable[[str], object] | None = None,
        attempt: int = 0,
        grammar: bool | None = None,
    ) -> Summary:
        stream = self.open_stream(patient_id, attempt=attempt, grammar=grammar)
        for token in _tokens(stream):
            if on_token:
                on_token(token)
        return stream.summary

    def open_stream(
        self, patient_id: PatientId, *, attempt: int = 0, grammar: bool | None = None
    ) -> SummaryStream:
        return self.client.open_stream(patient_id, attempt=attempt, grammar=grammar)

    def check_summary(self, patient_id: PatientId, text: str) -> answers.Grounding:
        return _wait(self.client.check_summary(patient_id, text))

    def update_patient_summary(
        self, patient_id: PatientId, summary: str | Summary | None
    ) -> answers.Saved:
        return _wait(self.client.update_patient_summary(patient_id, summary))

    def undo_summary(self, patient_id: PatientId) -> answers.Undone:
        return _wait(self.client.undo_summary(patient_id))

    def get_patient_summary(self, patient_id: PatientId) -> answers.SavedSummary:
        return _wait(self.client.get_patient_summary(patient_id))

    def list_summaries(
        self, offset: int = 0, limit: int = 20, query: str = ""
    ) -> answers.SummaryPage:
        return _wait(self.client.list_summaries(offset, limit, query))

    def read_summaries(self) -> "pd.DataFrame":
        return _wait(self.client.read_summaries())

    def summarize_cohort(
        self,
        patients: "Iterable[PatientId] | pd.DataFrame",
        *,
        concurrency: int | None = None,
        model: str | None = None,
        resume: bool = True,
        on_progress: OnProgress | None = None,
    ) -> "pd.DataFrame":
        run = self.open_cohort(patients, concurrency=concurrency, model=model, resume=resume)
        with shown(run.stop, on_progress) as show:
            while progress := _wait(run.next_progress()):
                show(progress)
            return _wait(run.report())

    def open_cohort(
        self,
        patients: "Iterable[PatientId] | pd.DataFrame",
        *,
        concurrency: int | None = None,
        model: str | None = None,
        resume: bool = True,
    ) -> CohortRun:
        return self.client.open_cohort(
            patients, concurrency=concurrency, model=model, resume=resume
        )

    def read_cohort_report(self, cohort_id: str | None = None) -> "pd.DataFrame":
        return _wait(self.client.read_cohort_report(cohort_id))

    def server_status(self) -> answers.ServerStatus:
        return _wait(self.client.server_status())


def _wait(work: Coroutine[Any, Any, T]) -> T:
    return loop_thread.shared().run(work)


def _tokens(stream: SummaryStream) -> Generator[str]:
    try:
        while tokens := _wait(stream.next_tokens()):
            yield from tokens
    finally:
        stream.stop()


for _name, _method in vars(SyncClient).items():  # both faces explain themselves in the same words
    if callable(_method) and not _method.__doc__:
        _method.__doc__ = getattr(getattr(Client, _name, None), "__doc__", None)
