"""Summaries of many patients, unattended: bounded at each model, saved one by one, resumable.

Every endpoint has so many workers as it writes summaries at a time. A free worker takes the next
patient, so a fast model gets more of them. A fault is answered by a new generation with a request
of its own, after a pause; what an endpoint is to blame for costs a patient no try. A finished
summary goes to one saver. It holds all that have gathered against their records and saves them by
one write, while the models write on. What the record contradicts is asked for once more. Whatever
ends a run, the summaries that are complete are saved.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

import anyio
import anyio.to_thread

from .breaker import PATIENCE, Breaker, pause
from .cohort_job import Job, Writers, chunks, look_up
from .cohort_report import Marks, OnRow, Report, Reports, Row, mark
from .endpoints import ModelEndpoint, named
from .errors import (
    Busy,
    Failure,
    Incomplete,
    ModelAbsent,
    ModelFailed,
    ModelMissing,
    StoreFailed,
)
from .patients import PatientTable
from .rewriting import NO_MODEL, Held, hold
from .summaries import SummaryStore
from .summarize import Summary

TRIES = 4
"""Generations of one patient that may fail."""

SAVES = 3
"""Tries to save before the run stops: nobody wants summaries that cannot be kept."""

AHEAD = 1000
"""Patients that are read before a worker asks for them."""

FAULTS = (ModelFailed, Busy, Incomplete)
"""What another generation may mend."""

FAULTS_OF_ENDPOINT = (ModelAbsent, ModelMissing, Busy)
"""Those of them that have nothing to do with the patient."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Post:
    """An endpoint at work."""

    endpoint: ModelEndpoint
    breaker: Breaker


class Cohort:
    """Runs cohorts one after the other, so that no patient is done twice by two of them.

    Args:
        patients: The patient table.
        store: Where the summaries go.
        endpoints: The models.
        clock: Seconds, of any beginning.
        random: Spreads the pauses.
        first_pause: Seconds after the first fault; each further one doubles it.
        patience: Seconds until an endpoint that gives nothing but faults is given up.
    """

    def __init__(
        self,
        patients: PatientTable,
        store: SummaryStore,
        endpoints: Sequence[ModelEndpoint],
        *,
        clock: Callable[[], float] = time.monotonic,
        random: Random | None = None,
        first_pause: float = 1.0,
        patience: float = PATIENCE,
    ) -> None:
        self.patients = patients
        self.store = store
        self.endpoints = endpoints
        self.clock = clock
        self.random = random or Random()  # noqa: S311 - it spreads pauses
        self.first_pause = first_pause
        self.patience = patience
        self.reports = Reports()
        self._turn = anyio.Lock()

    async def run(
        self,
        patient_ids: Sequence[str],
        *,
        model: str | None = None,
        concurrency: int | None = None,
        resume: bool = True,
        on_row: OnRow = lambda _: None,
    ) -> Report:
        """Write and save a summary of every patient, and account for each of them.

        A cancelled run saves what is complete; its report stays in `reports`.

        Args:
            patient_ids: The patients; one who is named twice is done once.
            model: The endpoints of this name; None: all endpoints, side by side.
            concurrency: Summaries at a time at each endpoint; None: as many as it serves.
            resume: Whether patients are skipped whose saved summary still stands.
            on_row: Told after every patient.

        Raises:
            Invalid: there is no such model.
        """
        endpoints = named(self.endpoints, model)
        ids = list(dict.fromkeys(id.strip() for id in patient_ids))
        report = Report(len(ids), list(dict.fromkeys(endpoint.name for endpoint in endpoints)))
        self.reports.add(report)
        posts = [Post(endpoint, self._breaker()) for endpoint in endpoints]
        try:
            async with self._turn:
                log.info("cohort of %d patients: starting", report.total)
                await Run(self, report, posts, on_row).run(ids, concurrency, resume=resume)
        finally:
            if report.state == "running":
                report.state = "cancelled"
            log.info("cohort: %s, %s", report.state, report.sentence)
        return report

    def _breaker(self) -> Breaker:
        return Breaker(
            self.clock, self.random, first_pause=self.first_pause, patience=self.patience
        )


@dataclass(slots=True)
class Run:
    """One run: what waits for a model, what waits to be saved, and who is known to be through."""

    cohort: Cohort
    report: Report
    posts: list[Post]
    on_row: OnRow
    todo: deque[Job] = field(default_factory=deque)
    written: list[tuple[Job, Summary]] = field(default_factory=list)
    started: float = 0.0
    changed: anyio.Event = field(default_factory=anyio.Event)
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)

    async def run(self, ids: list[str], concurrency: int | None, *, resume: bool) -> None:
        self.started = self.cohort.clock()
        try:
            with self.scope:
                async with anyio.create_task_group() as group:
                    group.start_soon(self._read, ids, resume)
                    group.start_soon(self._save)
                    for post in self.posts:
                        for _ in range(post.endpoint.width(concurrency)):
                            group.start_soon(self._work, post)
                    await self._until(lambda: len(self.report.rows) == self.report.total)
                    group.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await self._save_written(last=True)
            self._close(ids)

    def _close(self, ids: list[str]) -> None:
        if self.report.state == "running" and len(self.report.rows) == self.report.total:
            self.report.state = "complete"
        known = {row.patient_id for row in self.report.rows}
        for id in ids:
            if id not in known:
                self._known(Row(patient_id=id, status="cancelled"))
        self.report.seconds = round(self.cohort.clock() - self.started, 3)

    # Who is to be done

    async def _read(self, ids: list[str], resume: bool) -> None:
        cohort, writers = self.cohort, self._writers() if resume else None
        for chunk in await anyio.to_thread.run_sync(chunks, cohort.patients, ids):
            await self._until(lambda: len(self.todo) < AHEAD)
            for found in await anyio.to_thread.run_sync(
                look_up, chunk, cohort.patients, cohort.store, writers
            ):
                if isinstance(found, Job):
                    self._offer(found, at_once=False)
                else:
                    self._known(found)

    def _writers(self) -> Writers:
        endpoints = [post.endpoint for post in self.posts]
        return {
            (name, endpoint.summarizer.wording())
            for endpoint in endpoints
            for name in (endpoint.name, NO_MODEL)
        }

    # Writing

    async def _work(self, post: Post) -> None:
        while job := await self._next(post):
            try:
                await self._attempt(post, job)
            except Failure as failure:
                await self._failed(post, job, failure)
            except Exception as problem:  # noqa: BLE001 - one odd record ends no run of thousands
                post.breaker.left()
                log.error("patient of a cohort failed: %s", type(problem).__name__)  # noqa: TRY400
                self._known(job.failed(_unexpected(problem), post.endpoint.name))

    async def _next(self, post: Post) -> Job | None:
        """A patient for this endpoint, once it may be asked; None when it is given up."""
        while not post.breaker.given_up:
            wait = post.breaker.wait
            if wait == 0 and self.todo:
                post.breaker.ask()
                self._tell()
                return self.todo.popleft()
            with anyio.move_on_after(wait or None):
                await self.changed.wait()
        return None

    async def _attempt(self, post: Post, job: Job) -> None:
        job.asked += 1
        try:
            summary = await post.endpoint.summarizer.summarize(
                job.patient.patient_id,
                _unread,
                _unseen,
                attempt=job.faults,
                complaint=job.complaint,
            )
        except anyio.get_cancelled_exc_class():
            post.breaker.left()
            raise
        post.breaker.worked()
        post.endpoint.readiness.answered()
        self.written.append((job, summary))
        self._tell()

    async def _failed(self, post: Post, job: Job, failure: Failure) -> None:
        if not isinstance(failure, FAULTS):
            post.breaker.left()
            self._known(job.failed(failure, post.endpoint.name))
            return
        self._blame(post, failure)
        if isinstance(failure, FAULTS_OF_ENDPOINT):
            self._offer(job, at_once=True)
            return
        job.faults += 1
        if job.faults >= TRIES:
            self._known(job.failed(failure, post.endpoint.name))
            return
        await anyio.sleep(self._pause(job.faults))
        self._offer(job, at_once=True)

    def _blame(self, post: Post, failure: Failure) -> None:
        was_given_up = post.breaker.given_up
        post.breaker.failed(failure)
        if post.breaker.given_up and not was_given_up:
            self.report.notices.append(f"{post.endpoint.name} was given up: {failure}")
            waiting, self.todo = self.todo, deque()
            for job in waiting:
                self._offer(job, at_once=False)
        self._tell()

    def _offer(self, job: Job, *, at_once: bool) -> None:
        """Leave a patient to whichever endpoint is free first; without any, that is the end."""
        given_up = [post.breaker.given_up for post in self.posts]
        if all(given_up) and (failure := given_up[-1]):
            self._known(job.failed(failure, self.posts[-1].endpoint.name))
        elif at_once:
            self.todo.appendleft(job)
        else:
            self.todo.append(job)
        self._tell()

    # Saving

    async def _save(self) -> None:
        while True:
            await self._until(lambda: bool(self.written))
            await self._save_written()

    async def _save_written(self, *, last: bool = False) -> None:
        """Save all that is complete. What is left when this is cancelled, the next call saves.

        What the record contradicts is written once more, while the models go on with the others.
        """
        tries = 0
        while batch := list(self.written):
            held = await anyio.to_thread.run_sync(_held, batch)
            fit = [(job, each) for job, each in held if not each.doubts]
            try:
                marks = await anyio.to_thread.run_sync(self._keep, fit)
            except StoreFailed as failure:
                tries += 1
                if last or tries >= SAVES:
                    self._stop(batch, failure)
                else:
                    await anyio.sleep(self._pause(tries))
                continue
            del self.written[: len(batch)]
            for (job, each), found in zip(fit, marks, strict=True):
                self._known(job.done(each.summary, found))
            for job, each in held:
                if each.doubts:
                    job.complaint = each.doubts
                    self._offer(job, at_once=True)

    def _keep(self, fit: list[tuple[Job, Held]]) -> list[Marks | None]:
        marks = [mark(each.found) if each.found else None for _, each in fit]
        unsaved = [job.unsaved(e.summary, m) for (job, e), m in zip(fit, marks, strict=True)]
        if unsaved:
            self.cohort.store.save_all(unsaved)
        return marks

    def _stop(self, batch: list[tuple[Job, Summary]], failure: StoreFailed) -> None:
        del self.written[: len(batch)]
        for job, summary in batch:
            self._known(job.failed(failure, summary.model))
        self.report.state = "stopped"
        if str(failure) not in self.report.notices:
            self.report.notices.append(str(failure))
        self.scope.cancel()

    # What these share

    def _known(self, row: Row) -> None:
        self.report.seconds = round(self.cohort.clock() - self.started, 3)
        self.report.add(row)
        self.on_row(self.report)
        self._tell()

    def _pause(self, tries: int) -> float:
        return pause(tries, self.cohort.random, first=self.cohort.first_pause)

    def _tell(self) -> None:
        self.changed.set()
        self.changed = anyio.Event()

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            await self.changed.wait()


def _unexpected(problem: Exception) -> Failure:
    return ModelFailed(
        f"The summary failed ({type(problem).__name__}).", next="See the server's log."
    )


def _held(batch: list[tuple[Job, Summary]]) -> list[tuple[Job, Held]]:
    told = ((job, hold(summary, job.patient, told=bool(job.complaint))) for job, summary in batch)
    return list(told)


async def _unread(_token: str) -> None:
    """Nobody reads along."""


async def _unseen(_place: int) -> None:
    """Nobody looks at the queue."""
