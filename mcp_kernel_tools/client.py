"""The asynchronous client: patients, summaries and any other call of the server, over a WebSocket.

    async with Client(server) as client:
        async for token in client.stream_summary(25):
            print(token, end="")

Calls may run at once. A connection that was lost is made anew by the next call. Whoever stops
waiting (a loop left early, a cancelled task, a forgotten generator) stops the model.
"""

import asyncio
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self, cast

from mcp_kernel_tools import answers
from mcp_kernel_tools.answers import Summary
from mcp_kernel_tools.cohort_bar import OnProgress, shown
from mcp_kernel_tools.cohort_run import CohortRun, patient_ids, read_report
from mcp_kernel_tools.connection import START_HINT, Call, Connection
from mcp_kernel_tools.errors import (
    KernelToolsError,
    ServerNotRunning,
    SummaryIncomplete,
    ToolFailed,
)
from mcp_kernel_tools.narration import Narrator, write_stdout
from mcp_kernel_tools.patient_id import as_text
from mcp_kernel_tools.settings import Settings
from mcp_kernel_tools.summary_stream import SummaryStream
from mcp_kernel_tools.wire_log import WireLog

if TYPE_CHECKING:
    import pandas as pd

PatientId = str | int | float
"""A float where a column of numbers has gaps."""
PAGE = 1000
"""How many rows one request asks for when a whole table is read."""


class ServerAddress(Protocol):
    """What a client needs to know of a server; `start_server` returns one."""

    @property
    def url(self) -> str: ...

    @property
    def token(self) -> str | None: ...


class Client:
    """A client of one server.

    Args:
        server: what `start_server` returned, or a ws:// address; by default the one that the
            environment names (MCP_KERNEL_TOOLS_URL).
        token: the server's token, where `server` is an address.
        verbose: tell on standard output what crosses the wire.
        settings: by default those of the environment.
    """

    def __init__(
        self,
        server: ServerAddress | str | None = None,
        *,
        token: str | None = None,
        verbose: bool = False,
        settings: Settings | None = None,
    ) -> None:
        self.settings = settings or Settings.from_env()
        self.wire_log = WireLog(self.settings.logged_frames)
        self.last_summary: Summary | None = None
        """The summary that completed last."""
        self.narrator = Narrator(write_stdout if verbose else None)
        self._server = server or self.settings.url
        self._token = token or self.settings.token
        self._connection: Connection | None = None
        self._connecting = asyncio.Lock()

    # The connection

    async def connect(self) -> None:
        """Open the connection now; the first call would do it as well.

        Raises:
            ServerNotRunning: nothing answers.
            AccessRefused: the server does not take this token, or this address.
        """
        await self._connected()

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection and connection.usable:
            await connection.aclose()

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def ping(self) -> float:
        """The seconds that a ping takes to the server and back, on this client's connection."""
        return await (await self._connected()).ping()

    # Any request

    async def send_request(
        self, method: str, params: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The result of any MCP request.

        Raises:
            RequestRefused: the server answered with a JSON-RPC error.
            ConnectionLost: the connection ended before the answer.
        """
        call = await self._start(method, params)
        try:
            result = await call.result()
        except KernelToolsError:
            self.narrator.received(method, "Error")
            raise
        finally:
            call.stop()
        self.narrator.received(method, "Error" if result.get("isError") else "Success")
        return result

    async def list_tools(self) -> list[answers.Tool]:
        """The server's tools with their input schemas."""
        tools: list[answers.Tool] = []
        params: dict[str, Any] = {}
        while True:
            page = await self.send_request("tools/list", params)
            tools += page["tools"]
            if not (cursor := page.get("nextCursor")):
                return tools
            params = {"cursor": cursor}

    async def call_tool(
        self, name: str, arguments: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The result of a tool: `content` for people, `structuredContent` for programs.

        Raises:
            ToolFailed: the tool answered with an error; `kind` says which, `next` what to do.
            SummaryIncomplete: the same for the kind `incomplete`.
        """
        self.narrator.tool_call(name, arguments or {})
        result = await self.send_request("tools/call", _tool_params(name, arguments or {}))
        if failure := answers.failure(result):
            raise failure
        return result

    # Patients

    async def find_patients(self, keyword: str, limit: int = 20) -> answers.Matches:
        """The patients whose record matches, each with the words that matched."""
        arguments = {"disease_keyword": keyword, "limit": limit}
        content = await self._content("search_patients_by_disease", arguments)
        return cast(answers.Matches, content)

    async def search_patients(self, keyword: str, limit: int = 20) -> "pd.DataFrame":
        """The patients whose record matches, as a DataFrame; `attrs["total"]`: how many in all."""
        return answers.matches_table(await self.find_patients(keyword, limit))

    async def get_patient(self, patient_id: PatientId) -> answers.Record:
        """All that the patient table says of one patient."""
        content = await self._content("get_patient", {"patient_id": as_text(patient_id)})
        return cast(answers.Record, content)

    async def list_patients(self, offset: int = 0, limit: int = 100) -> answers.RecordPage:
        content = await self._content("list_patients", {"offset": offset, "limit": limit})
        return cast(answers.RecordPage, content)

    async def read_patients(self) -> "pd.DataFrame":
        """The whole patient table as the server loaded it, every cell a text."""
        return answers.records_table(await _all(self.list_patients, "patients"))

    # Summaries

    async def stream_summary(
        self, patient_id: PatientId, *, attempt: int = 0, grammar: bool | None = None
    ) -> AsyncGenerator[str]:
        """The tokens of a new summary as the model writes them; then see `last_summary`.

        Leaving the loop stops the model. `attempt` counts the tries: each gives another text.
        `grammar`: whether the model only chooses among sentences made of the record, if it can;
        False shows what it writes by itself, None leaves that to the server's setting.

        Raises:
            SummaryIncomplete: the stream stopped without an end; `text` is what had come.
            ToolFailed: no such patient, no model, ...; `kind` says which.
        """
        stream = self.open_stream(patient_id, attempt=attempt, grammar=grammar)
        try:
            while tokens := await stream.next_tokens():
                for token in tokens:
                    yield token
        finally:
            stream.stop()

    async def generate_summary(
        self,
        patient_id: PatientId,
        *,
        on_token: Callable[[str], object] | None = None,
        attempt: int = 0,
        grammar: bool | None = None,
    ) -> Summary:
        """A new summary; `on_token` is called with each token, the rest is as of `stream_summary`.

        Raises:
            SummaryIncomplete: the stream stopped without an end; `text` is what had come.
            ToolFailed: no such patient, no model, ...; `kind` says which.
        """
        stream = self.open_stream(patient_id, attempt=attempt, grammar=grammar)
        try:
            while tokens := await stream.next_tokens():
                if on_token:
                    for token in tokens:
                        on_token(token)
        finally:
            stream.stop()
        return stream.summary

    def open_stream(
        self, patient_id: PatientId, *, attempt: int = 0, grammar: bool | None = None
    ) -> SummaryStream:
        """A generation to be driven by hand; it begins with its first `next_tokens()`."""
        start = partial(self._start_summary, as_text(patient_id), attempt, grammar)
        return SummaryStream(start, self._remember, self.narrator)

    async def check_summary(self, patient_id: PatientId, text: str) -> answers.Grounding:
        """What the patient's record says of each sentence of a text, and what the text leaves out.

        "unsupported" and "contradicted" mean: look at it. No mark means that a text is right.
        """
        arguments = {"patient_id": as_text(patient_id), "summary": text}
        return cast(answers.Grounding, await self._content("check_summary", arguments))

    async def update_patient_summary(
        self, patient_id: PatientId, summary: str | Summary | None
    ) -> answers.Saved:
        """Save a complete summary: one that `generate_summary` returned, or a text of your own.

        Raises:
            SummaryIncomplete: there is none, as in `last_summary` after a stream that was cut.
            ToolFailed: `incomplete` and `invalid` texts are never saved; `store`: the disk.
        """
        if summary is None:
            raise SummaryIncomplete(
                "No summary has completed yet, so nothing was saved.",
                text="",
                next="Generate one, and let it come to its end.",
            )
        if not isinstance(summary, str | Summary):
            raise ToolFailed(
                f"A summary is a text, not {type(summary).__name__}; nothing was saved.",
                kind="invalid",
                next="Pass what generate_summary returned, or a text.",
            )
        arguments = {"patient_id": as_text(patient_id), "summary": str(summary)}
        if isinstance(summary, Summary):
            arguments["generation_id"] = summary.generation_id
        return cast(answers.Saved, await self._content("update_patient_summary", arguments))

    async def undo_summary(self, patient_id: PatientId) -> answers.Undone:
        """Put back the summary that was there before; once more: one further back."""
        content = await self._content("undo_summary", {"patient_id": as_text(patient_id)})
        return cast(answers.Undone, content)

    async def get_patient_summary(self, patient_id: PatientId) -> answers.SavedSummary:
        """The saved summary of one patient, or `saved: False`."""
        content = await self._content("get_patient_summary", {"patient_id": as_text(patient_id)})
        return cast(answers.SavedSummary, content)

    async def list_summaries(
        self, offset: int = 0, limit: int = 20, query: str = ""
    ) -> answers.SummaryPage:
        """Saved summaries, newest first."""
        arguments = {"offset": offset, "limit": limit, "query": query}
        return cast(answers.SummaryPage, await self._content("list_summaries", arguments))

    async def read_summaries(self) -> "pd.DataFrame":
        """All saved summaries, newest first."""
        return answers.summaries_table(await _all(self.list_summaries, "summaries"))

    # Cohorts

    async def summarize_cohort(
        self,
        patients: "Iterable[PatientId] | pd.DataFrame",
        *,
        concurrency: int | None = None,
        model: str | None = None,
        resume: bool = True,
        on_progress: OnProgress | None = None,
    ) -> "pd.DataFrame":
        """Write and save a summary of each of many patients; what became of each, as a DataFrame.

        Stopping it keeps what is done, and the same call goes on with the rest.

        Args:
            patients: Ids, or a DataFrame with a column patient_id; missing ids are passed over.
            concurrency: Summaries at a time at each model; by default as many as it serves.
            model: One that `server_status` lists; by default all of them, side by side.
            resume: Skip patients whose summary is saved, and whose record, model and prompt are
                unchanged.
            on_progress: Told how far it is; by default a bar shows it.

        Raises:
            ToolFailed: no such model, ...; a patient that fails is a row of the report.
            ConnectionLost: the connection ended first; what was done is saved.
        """
        run = self.open_cohort(patients, concurrency=concurrency, model=model, resume=resume)
        with shown(run.stop, on_progress) as show:
            while progress := await run.next_progress():
                show(progress)
            return await run.report()

    def open_cohort(
        self,
        patients: "Iterable[PatientId] | pd.DataFrame",
        *,
        concurrency: int | None = None,
        model: str | None = None,
        resume: bool = True,
    ) -> CohortRun:
        """A cohort to be driven by hand; it begins with its first `next_progress()`."""
        arguments: dict[str, Any] = {"patient_ids": patient_ids(patients), "resume": resume}
        if concurrency is not None:
            arguments["concurrency"] = concurrency
        if model is not None:
            arguments["model"] = model
        return CohortRun(partial(self._start_cohort, arguments), self._cohort_page)

    async def read_cohort_report(self, cohort_id: str | None = None) -> "pd.DataFrame":
        """The report of a cohort, also of one that was stopped; by default of the newest."""
        return await read_report(await self._cohort_page(cohort_id, 0), self._cohort_page)

    async def server_status(self) -> answers.ServerStatus:
        return cast(answers.ServerStatus, await self._content("server_status", {}))

    # What these share

    async def _content(self, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        content: dict[str, Any] = (await self.call_tool(tool, arguments))["structuredContent"]
        return content

    async def _start_summary(self, patient_id: str, attempt: int, grammar: bool | None) -> Call:
        arguments: dict[str, Any] = {"patient_id": patient_id}
        if self.narrator:
            self.narrator.tool_call("generate_summary", arguments)
            self.narrator.requesting(await self._model_name())
        if attempt:
            arguments["attempt"] = attempt
        if grammar is not None:
            arguments["grammar"] = grammar
        return await self._start("tools/call", _tool_params("generate_summary", arguments))

    async def _start_cohort(self, arguments: Mapping[str, Any]) -> Call:
        self.narrator.tool_call("summarize_cohort", arguments)
        params = _tool_params("summarize_cohort", arguments)
        return await self._start("tools/call", params, progress=True)

    async def _cohort_page(self, cohort_id: str | None, offset: int) -> dict[str, Any]:
        named = {} if cohort_id is None else {"cohort_id": cohort_id}
        return await self._content("get_cohort_report", {**named, "offset": offset, "limit": PAGE})

    async def _model_name(self) -> str:
        """Asked for without a word in the verbose log: it is there for the log itself."""
        connection = await self._connected()
        call = await connection.start("tools/call", _tool_params("server_status", {}))
        result = await call.result()
        return str(result.get("structuredContent", {}).get("model", {}).get("name", "model"))

    def _remember(self, summary: Summary) -> None:
        self.last_summary = summary

    async def _start(
        self, method: str, params: Mapping[str, Any] | None, *, progress: bool = False
    ) -> Call:
        connection = await self._connected()
        self.narrator.sending(method)
        call = await connection.start(method, params, progress=progress)
        self.narrator.waiting()
        return call

    async def _connected(self) -> Connection:
        async with self._connecting:
            if self._connection is None or not self._connection.usable:
                url, token = self._address()
                self._connection = await Connection.open(url, token, self.settings, self.wire_log)
                # A client that is dropped without aclose() leaves no socket behind.
                weakref.finalize(self, self._connection.drop).atexit = False
            return self._connection

    def _address(self) -> tuple[str, str | None]:
        """Asked for at every connection: a restarted server may have another port and token."""
        if self._server is None:
            raise ServerNotRunning("The client was not told of a server.", next=START_HINT)
        if isinstance(self._server, str):
            return self._server, self._token
        return self._server.url, self._token or self._server.token


def _tool_params(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "arguments": dict(arguments)}


async def _all(read_page: Callable[[int, int], Awaitable[Any]], rows: str) -> list[Any]:
    """Every row of a table that the server gives page by page."""
    found: list[Any] = []
    while True:
        page = await read_page(len(found), PAGE)
        found += page[rows]
        if not page[rows] or len(found) >= page["total"]:
            return found
