"""The MCP tools: typed functions that call the use cases. `mcp_server.py` makes them MCP.

Each takes the validated arguments, and answers with a text for people and the same facts as a model
for programs. A failure is an exception of `errors.py`.
"""

import logging
from collections.abc import Awaitable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import anyio
import anyio.to_thread
from mcp.server import ServerRequestContext
from mcp_types import ToolAnnotations
from pydantic import BaseModel

from mcp_kernel_tools.wire import heading

from . import answers, grounding
from .answers import Answer
from .cohort import Cohort
from .endpoints import ModelEndpoint
from .errors import Invalid
from .generations import Generations
from .patients import Patient, PatientTable
from .progress_notices import open_notices
from .readiness import Readiness
from .rewriting import checked, contradictions
from .schemas import (
    MAX_PAGE,
    Arguments,
    Check,
    Checked,
    CohortPage,
    CohortPatients,
    CohortReport,
    GeneratedSummary,
    Generation,
    Keyword,
    MaybeSaved,
    ModelState,
    NoArguments,
    OnePatient,
    PatientPage,
    Record,
    RecordPage,
    Restored,
    SavedPage,
    SearchResult,
    Status,
    SummaryQuery,
    Update,
    Written,
)
from .search import PatientSearch
from .settings import VERSION, Settings
from .summaries import SummaryStore
from .summarize import Summarizer
from .token_sink import open_sink

log = logging.getLogger(__name__)

Context = ServerRequestContext[Any, Any]


@dataclass(frozen=True, slots=True)
class Services:
    """What the tools work with."""

    settings: Settings
    patients: PatientTable
    search: PatientSearch
    store: SummaryStore
    generations: Generations
    endpoints: Sequence[ModelEndpoint]
    """The models; the first is the one that is used where none is named."""
    cohort: Cohort
    one_check_at_a_time: anyio.CapacityLimiter = field(
        default_factory=lambda: anyio.CapacityLimiter(1)
    )

    @property
    def summarizer(self) -> Summarizer:
        return self.endpoints[0].summarizer

    @property
    def readiness(self) -> Readiness:
        return self.endpoints[0].readiness


async def search_patients_by_disease(
    services: Services, arguments: Keyword, context: Context
) -> Answer:
    """Find patients by words of their record: conditions, symptoms, names, medications, notes."""
    keyword = arguments.disease_keyword
    matches = await anyio.to_thread.run_sync(services.search.find, keyword, arguments.limit)
    shown, count = answers.line(keyword), len(matches.found)
    if not count:
        text = f"Found 0 patients matching '{shown}'."
    else:
        rows = (answers.search_line(place, match) for place, match in enumerate(matches.found, 1))
        text = "\n".join((f"Found {count} patients matching '{shown}':", "", *rows))
    found = [answers.found(match) for match in matches.found]
    return Answer(text, SearchResult(keyword=keyword, total=matches.total, patients=found))


async def get_patient(services: Services, arguments: OnePatient, context: Context) -> Answer:
    """The whole record of one patient."""
    record = answers.record(services.patients.get(arguments.patient_id))
    return Answer(answers.record_text(record), record)


async def list_patients(services: Services, arguments: PatientPage, context: Context) -> Answer:
    """The patient table, page by page, in its own order."""
    patients = services.patients.page(arguments.offset, arguments.limit)
    page = RecordPage(
        total=len(services.patients),
        offset=arguments.offset,
        patients=[answers.record(patient) for patient in patients],
    )
    lines = (f"ID: {p.patient_id:<3} | Name: {answers.line(p.name)}" for p in page.patients)
    return Answer("\n".join((f"{len(page.patients)} of {page.total} patients:", *lines)), page)


async def get_patient_summary(
    services: Services, arguments: OnePatient, context: Context
) -> Answer:
    """The saved summary of one patient, or that there is none."""
    patient = services.patients.get(arguments.patient_id)
    saved = await anyio.to_thread.run_sync(services.store.get, patient.patient_id)
    if saved is None:
        text = f"No summary is saved for {answers.line(patient.name)} (ID: {patient.patient_id})."
        nothing = MaybeSaved(patient_id=patient.patient_id, saved=False, name=patient.name)
        return Answer(text, nothing)
    text = (
        f"Saved Summary for {answers.line(saved.name)} (ID: {saved.patient_id}):\n\n{saved.summary}"
    )
    return Answer(text, MaybeSaved(saved=True, **answers.saved_row(saved).model_dump()))


async def generate_summary(services: Services, arguments: Generation, context: Context) -> Answer:
    """Write a summary of one patient with the local language model; nothing is saved yet.

    While the model writes, its tokens are sent as they come, unless `stream` is false.
    """
    settings = services.settings
    async with open_sink(
        context,
        stream=arguments.stream,
        limit=settings.waiting_characters,
        join=settings.join_tokens,
    ) as sink:
        summary = await services.summarizer.summarize(
            arguments.patient_id,
            sink.put,
            sink.place,
            attempt=arguments.attempt,
            grammar=arguments.grammar,
            complaint=await _complaint(services, arguments),
        )
        services.readiness.answered()
        await sink.finish()
    text = heading(summary.name, summary.patient_id) + summary.summary
    patient = services.patients.get(summary.patient_id)
    checked = await _checked(services, patient, summary.summary)
    return Answer(text, GeneratedSummary(**asdict(summary), grounding=checked))


async def _complaint(services: Services, arguments: Generation) -> Sequence[str]:
    """For another try: what the record contradicts in the text before."""
    before = services.generations.last_of(arguments.patient_id) if arguments.attempt else ""
    if not before:
        return ()
    patient = services.patients.get(arguments.patient_id)
    found = await anyio.to_thread.run_sync(
        checked, before, patient, limiter=services.one_check_at_a_time
    )
    return contradictions(found)


async def check_summary(services: Services, arguments: Check, context: Context) -> Answer:
    """Which sentences of a text the patient's record supports, and what the text leaves out.

    "unsupported" and "contradicted" mean: look at it. No mark means that a text is right.
    """
    patient = services.patients.get(arguments.patient_id)
    checked = await _checked(services, patient, arguments.summary)
    flagged = [s for s in checked.sentences if s.verdict in ("unsupported", "contradicted")]
    lines = (f"{sentence.verdict}: {answers.line(sentence.text)}" for sentence in flagged)
    counted = f"{len(flagged)} of {len(checked.sentences)} sentences are not in the record: check."
    return Answer("\n".join((counted, *lines)), checked)


async def update_patient_summary(services: Services, arguments: Update, context: Context) -> Answer:
    """Save a complete summary of one patient; it replaces an earlier one, which can be restored."""
    patient = services.patients.get(arguments.patient_id)
    verdict = services.generations.judge(
        patient.patient_id, arguments.summary, arguments.generation_id
    )

    def save() -> Any:
        return services.store.save(
            patient.patient_id,
            patient.name,
            verdict.summary,
            how=verdict.how,
            model=verdict.model,
            record=verdict.record or patient.fingerprint(),
            wording=verdict.wording,
            generation_id=verdict.generation_id,
        )

    saved = await anyio.to_thread.run_sync(save)
    log.info(
        "summary of patient %s: saved (%s, %d chars) in %.1f ms",
        patient.patient_id,
        verdict.how,
        len(verdict.summary),
        saved.seconds * 1000,
    )
    replaced = "; it replaces an earlier one, which undo_summary restores" if saved.replaced else ""
    return Answer(
        f"Saved the summary of {answers.line(patient.name)} (ID: {patient.patient_id}){replaced}.",
        Written(
            patient_id=patient.patient_id,
            name=patient.name,
            how=verdict.how,
            replaced=saved.replaced,
            seconds=round(saved.seconds, 6),
            notice=saved.notice,
        ),
    )


async def undo_summary(services: Services, arguments: OnePatient, context: Context) -> Answer:
    """Restore what was saved before the last change; after a first save, remove the row."""
    patient = services.patients.get(arguments.patient_id)
    undone = await anyio.to_thread.run_sync(services.store.undo, patient.patient_id)
    restored = undone.summary is not None
    what = "Restored the earlier summary" if restored else "Removed the summary"
    return Answer(
        f"{what} of {answers.line(patient.name)} (ID: {patient.patient_id}).",
        Restored(
            patient_id=patient.patient_id,
            name=patient.name,
            restored=restored,
            summary=undone.summary,
        ),
    )


async def list_summaries(services: Services, arguments: SummaryQuery, context: Context) -> Answer:
    """The saved summaries, newest first, page by page; `query` keeps ids and names with it."""
    page = await anyio.to_thread.run_sync(
        services.store.page, arguments.offset, arguments.limit, arguments.query
    )
    rows = [answers.saved_row(saved) for saved in page.rows]
    lines = (
        f"ID: {r.patient_id:<3} | Name: {answers.line(r.name)} | {answers.line(r.summary)}"
        for r in rows
    )
    return Answer(
        "\n".join((f"{len(rows)} of {page.total} saved summaries:", *lines)),
        SavedPage(total=page.total, offset=arguments.offset, summaries=rows),
    )


async def summarize_cohort(
    services: Services, arguments: CohortPatients, context: Context
) -> Answer:
    """Write and save a summary of each of many patients with the server's language models.

    Each summary is saved as soon as it is complete. A call that is cancelled keeps what is done;
    the same call again goes on with the rest. get_cohort_report has the rows of a long report.
    """
    async with open_notices(context) as tell:
        report = await services.cohort.run(
            arguments.patient_ids,
            model=arguments.model,
            concurrency=arguments.concurrency,
            resume=arguments.resume,
            on_row=lambda report: tell(len(report.rows), report.total, report.sentence),
        )
    return answers.cohort_page(report, 0, MAX_PAGE)


async def get_cohort_report(services: Services, arguments: CohortPage, context: Context) -> Answer:
    """What became of each patient of a run of summarize_cohort, page by page."""
    report = services.cohort.reports.get(arguments.cohort_id)
    if report is None:
        raise Invalid(
            "The server remembers no such run.", next="Run summarize_cohort; what is saved is safe."
        )
    return answers.cohort_page(report, arguments.offset, arguments.limit)


async def server_status(services: Services, arguments: NoArguments, context: Context) -> Answer:
    """Which model answers and whether it is ready, and how many requests run and wait."""
    slots = services.summarizer.slots
    models = [answers.listed(endpoint) for endpoint in services.endpoints]
    status = Status(
        version=VERSION,
        model=ModelState.model_validate(models[0].model_dump(include=set(ModelState.model_fields))),
        models=models,
        cluster=services.settings.cluster,
        patients=len(services.patients),
        summaries=await anyio.to_thread.run_sync(services.store.__len__),
        running=slots.running,
        waiting=slots.waiting,
        slots=slots.limit,
    )
    text = (
        f"{status.model.name}: {status.model.state} ({status.model.why}). "
        f"{status.patients} patients, {status.summaries} saved summaries, "
        f"{status.running} running, {status.waiting} waiting."
    )
    others = [f"{model.name}: {model.state} ({model.why})." for model in models[1:]]
    return Answer(" ".join((text, *others)), status)


class Run(Protocol):
    """A tool's function."""

    __name__: str

    def __call__(
        self, services: Services, arguments: Any, context: Context, /
    ) -> Awaitable[Answer]: ...


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as MCP lists it: its name and description are the function's."""

    run: Run
    arguments: type[Arguments]
    result: type[BaseModel]
    writes: bool = False

    @property
    def name(self) -> str:
        return str(self.run.__name__)

    @property
    def description(self) -> str:
        return " ".join((self.run.__doc__ or "").split())

    @property
    def annotations(self) -> ToolAnnotations:
        return ToolAnnotations(
            read_only_hint=not self.writes, destructive_hint=False, open_world_hint=False
        )


TOOLS = (
    Tool(search_patients_by_disease, Keyword, SearchResult),
    Tool(get_patient, OnePatient, Record),
    Tool(get_patient_summary, OnePatient, MaybeSaved),
    Tool(generate_summary, Generation, GeneratedSummary),
    Tool(check_summary, Check, Checked),
    Tool(update_patient_summary, Update, Written, writes=True),
    Tool(undo_summary, OnePatient, Restored, writes=True),
    Tool(list_patients, PatientPage, RecordPage),
    Tool(list_summaries, SummaryQuery, SavedPage),
    Tool(summarize_cohort, CohortPatients, CohortReport, writes=True),
    Tool(get_cohort_report, CohortPage, CohortReport),
    Tool(server_status, NoArguments, Status),
)


async def _checked(services: Services, patient: Patient, text: str) -> Checked:
    # In a thread: 8 microseconds a character, in which no token of another client would leave. In
    # one thread: the checks of many streams that end at once would fight the loop for the GIL.
    found = await anyio.to_thread.run_sync(
        grounding.check, text, patient, limiter=services.one_check_at_a_time
    )
    return answers.checked(patient.patient_id, found)
