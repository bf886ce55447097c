"""`python -m server`: arguments and environment -> `Settings` -> uvicorn, or MCP over stdio."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from mcp.server.stdio import stdio_server

from . import prompts
from .app import create_app, running
from .errors import Failure
from .generations import Generations
from .listener import bind, configure
from .mcp_server import create_server
from .models.choose import Choice, choose
from .models.fetch import fetch_model, weights_path
from .models.replay import Recorder
from .parent import stop_with_parent
from .patients import Patient, load_patients
from .readiness import Readiness
from .runtime_file import announced, runtime_folder
from .search import PatientSearch
from .settings import BadSetting, Settings, read_columns
from .slots import Slots
from .summaries import SummaryStore
from .summarize import Summarizer
from .tools import Services

USAGE_ERROR = 2
COLUMNS = '{"Case No": "patient_id"}'


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code."""
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S", level=logging.WARNING)
    logging.getLogger(__package__).setLevel(logging.INFO)
    # uvicorn hands the signal on when it has shut down; leaving by an exception runs the clean-up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        given = parser().parse_args(arguments)
        if given.command == "fetch-model":
            print(fetch_model(weights_path(os.environ).parent))
        else:
            asyncio.run(_run(_settings(given), given))
    except (BadSetting, Failure, OSError) as problem:
        print(f"mcp-kernel-tools: {problem}", file=sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:
        pass
    return 0


def parser() -> argparse.ArgumentParser:
    """The flags of design: each overrides its environment variable."""
    top = argparse.ArgumentParser(
        prog="python -m server",
        description="An MCP server for patient records, summarised by a local language model.",
        epilog="Each flag has an environment variable: MCP_KERNEL_TOOLS_ and its name in capitals.",
        argument_default=argparse.SUPPRESS,
    )
    top.set_defaults(command="serve")
    flag = top.add_argument
    flag("--host", help="address to listen on (127.0.0.1)")
    flag("--port", type=int, help="port; the next free one if it is taken (8765)")
    flag("--patients", type=Path, metavar="FILE", help="the patient table")
    flag("--summaries", type=Path, metavar="FILE", help="the CSV file that summaries are saved in")
    flag("--stdio", action="store_true", help="speak MCP on stdin and stdout")
    flag("--no-token", action="store_true", help="let every program of this machine in")
    flag("--model", help="auto, embedded, ollama:NAME, openai:NAME@URL or replay:FILE (auto)")
    flag("--record", type=Path, metavar="FILE", help="record the token streams for --model replay")
    flag("--columns", type=_columns, metavar="JSON", help=f"such as {COLUMNS}")
    flag("--allow-origin", action="append", metavar="O", help="let pages of this origin in")
    flag("--allow-host", action="append", metavar="H", help="answer to this host:port as well")
    flag("--allow-remote-model", action="store_true", help="let records leave this machine")
    flag("--exit-with-stdin", action="store_true", help=argparse.SUPPRESS)
    flag("--parent-pid", type=int, help=argparse.SUPPRESS)
    commands = top.add_subparsers(metavar="fetch-model")
    fetch = commands.add_parser("fetch-model", help="put the embedded model's weights in place")
    fetch.set_defaults(command="fetch-model")
    return top


def _columns(text: str) -> Mapping[str, str]:
    try:
        return read_columns(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"write a JSON object such as {COLUMNS}") from None


def _settings(given: argparse.Namespace) -> Settings:
    names = {setting.name for setting in fields(Settings)}
    flags = {name: value for name, value in vars(given).items() if name in names}
    for repeated in {"allow_origin", "allow_host"} & flags.keys():
        flags[repeated] = tuple(flags[repeated])
    return replace(Settings.from_env(os.environ), **flags)


async def _run(settings: Settings, given: argparse.Namespace) -> None:
    held = getattr(given, "exit_with_stdin", False)
    parent = getattr(given, "parent_pid", os.getppid() if held else None)
    stop_with_parent(stdin=held, parent=getattr(given, "parent_pid", None))
    if settings.stdio:
        await _serve_stdio(await build(settings))
    else:
        await _serve(settings, parent)


async def build(settings: Settings) -> Services:
    """Everything that the tools work with, from the settings."""
    patients = load_patients(settings.patients, settings.columns)
    chosen = await _choose(settings)
    generations = Generations()
    limit = settings.model_slots or chosen.model.slots
    slots = Slots(limit, settings.model_queue)
    return Services(
        settings=settings,
        patients=patients,
        search=PatientSearch(patients),
        store=SummaryStore(settings.summaries),
        generations=generations,
        summarizer=Summarizer(patients, chosen.model, generations, slots),
        readiness=Readiness(chosen.model, chosen.why, prompts.build(Patient(""))),
    )


async def _choose(settings: Settings) -> Choice:
    chosen = await choose(
        settings.model,
        weights=weights_path(os.environ),
        ollama_host=os.environ.get("OLLAMA_HOST", ""),
        slots=settings.model_slots or 1,
        silence_seconds=settings.model_seconds,
        allow_remote=settings.allow_remote_model,
    )
    if settings.record is None:
        return chosen
    command = f"python -m server --model {settings.model} --record {settings.record.name}"
    return Choice(Recorder(chosen.model, settings.record, command), chosen.why)


async def _serve_stdio(services: Services) -> None:
    server = create_server(services)
    async with running(services), stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


async def _serve(settings: Settings, parent: int | None) -> None:
    token = settings.secret()
    listener = bind(settings.host, settings.port)
    with listener:
        port = listener.getsockname()[1]
        services = await build(settings)
        app = create_app(services, port=port, token=token)
        facts = _facts(settings, port, token, parent)
        with announced(runtime_folder(os.environ), facts):
            print(_ready_line(settings, services, facts), flush=True)
            if token and sys.stdout.isatty():
                print(f"Token: {token}", flush=True)
            await uvicorn.Server(configure(app, settings)).serve(sockets=[listener])


def _facts(
    settings: Settings, port: int, token: str | None, parent: int | None
) -> Mapping[str, Any]:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return {
        "url": f"ws://{host}:{port}/mcp",
        "token": token,
        "pid": os.getpid(),
        "parent_pid": parent,
        "patients": str(settings.patients.resolve()),
        "summaries": str(settings.summaries.resolve()),
        "model": settings.model,
        "columns": settings.columns,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _ready_line(settings: Settings, services: Services, facts: Mapping[str, Any]) -> str:
    moved = settings.port and f":{settings.port}/" not in facts["url"]
    taken = f"; port {settings.port} was taken" if moved else ""
    model = f"{services.readiness.model.name}, {services.readiness.why}"
    return (
        f"MCP server ready at {facts['url']} "
        f"(PID {facts['pid']}, {len(services.patients)} patients, model: {model}{taken})"
    )


if __name__ == "__main__":
    sys.exit(main())
