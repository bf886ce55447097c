"""What `python -m server` works with, put together from the settings.

A module of its own because it imports pandas, the MCP SDK and all else that takes long: the server
answers /health while this loads (`opening.py`).
"""

import logging
import os
from collections.abc import Sequence
from functools import partial

from mcp.server.stdio import stdio_server

from . import prompts
from .app import running
from .cohort import Cohort
from .endpoints import UNBOUNDED_WIDTH, ModelEndpoint
from .generations import Generations
from .mcp_server import create_server
from .models.choose import Choice, choose
from .models.cluster import Cluster, ClusterModel, Place
from .models.fetch import weights_path
from .models.replay import Recorder
from .patients import Patient, PatientTable, load_patients
from .readiness import Readiness
from .search import PatientSearch
from .settings import BadSetting, Settings
from .slots import Slots
from .summaries import SummaryStore
from .summarize import Summarizer
from .tools import Services

log = logging.getLogger(__name__)


async def build(settings: Settings) -> Services:
    """Everything that the tools work with, from the settings."""
    patients = load_patients(settings.patients, settings.columns)
    if patients.report.unused:
        log.warning("%s", patients.report)
    chosen = [await _choose(settings, spec) for spec in settings.models]
    generations, store = Generations(), SummaryStore(settings.summaries)
    endpoint = partial(_endpoint, settings, patients, generations)
    endpoints = [endpoint(one, settings.model_slots or one.model.slots) for one in chosen]
    on_cluster = [endpoint(one, None) for one in await _on_cluster(settings, chosen)]
    return Services(
        settings=settings,
        patients=patients,
        search=PatientSearch(patients, folder=settings.cache / "search"),
        store=store,
        generations=generations,
        endpoints=endpoints,
        cohort=Cohort(patients, store, on_cluster or endpoints),
    )


def _endpoint(
    settings: Settings,
    patients: PatientTable,
    generations: Generations,
    choice: Choice,
    limit: int | None,
) -> ModelEndpoint:
    slots = Slots(limit, settings.model_queue)
    return ModelEndpoint(
        Summarizer(patients, choice.model, generations, slots, grammar=settings.grammar),
        Readiness(choice.model, choice.why, prompts.build(Patient(""))),
    )


async def _choose(settings: Settings, spec: str) -> Choice:
    chosen = await choose(
        spec,
        weights=weights_path(os.environ),
        ollama_host=os.environ.get("OLLAMA_HOST", ""),
        slots=settings.model_slots or 1,
        silence_seconds=settings.model_seconds,
        allow_remote=settings.allow_remote_model,
    )
    if settings.record is None:
        return chosen
    if len(settings.models) > 1:
        raise BadSetting("--record takes one --model")
    command = f"python -m server --model {spec} --record {settings.record.name}"
    return Choice(Recorder(chosen.model, settings.record, command), chosen.why)


async def _on_cluster(settings: Settings, chosen: Sequence[Choice]) -> list[Choice]:
    """The same models as the workers of a cluster have them; none without --cluster."""
    if settings.cluster is None:
        return []
    cluster = await Cluster.connect(settings.cluster, allow_remote=settings.allow_remote_model)
    places = [
        Place(
            spec,
            choice.model.name,
            at_a_time=settings.model_slots or UNBOUNDED_WIDTH,
            silence_seconds=settings.model_seconds,
            allow_remote=settings.allow_remote_model,
        )
        for spec, choice in zip(settings.models, chosen, strict=True)
    ]
    return [Choice(ClusterModel(cluster, place), "on a cluster") for place in places]


async def serve_stdio(settings: Settings) -> None:
    """Speak MCP on standard input and output until the input ends."""
    services = await build(settings)
    server = create_server(services)
    async with running(services), stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())
