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
from io import TextIOWrapper
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.types import ASGIApp

from .access import guard
from .errors import Failure
from .listener import bind, configure
from .log_lines import LogLine
from .models.fetch import fetch_model, weights_path
from .opening import Opening
from .parent import stop_with_parent
from .runtime_file import announced, runtime_folder, version_of
from .settings import TAKES_PORT, BadSetting, Settings, read_columns, read_port

if TYPE_CHECKING:
    from .tools import Services

USAGE_ERROR = 2
COLUMNS = '{"Case No": "patient_id"}'


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code."""
    lines = logging.StreamHandler()
    lines.setFormatter(LogLine("%(asctime)s %(message)s", datefmt="%H:%M:%S"))
    logging.basicConfig(handlers=[lines], level=logging.WARNING)
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
        epilog="Each flag has an environment variable: MCP_KERNEL_TOOLS_ and its name in capitals. "
        "Without a flag: MCP_KERNEL_TOOLS_TOKEN, the token that clients must send (by default a "
        "random one), and MCP_KERNEL_TOOLS_GRAMMAR, 0 for models that write freely.",
        argument_default=argparse.SUPPRESS,
    )
    top.set_defaults(command="serve")
    flag = top.add_argument
    flag("--host", help="address to listen on (127.0.0.1)")
    flag("--port", type=_port, help="port; the next free one if it is taken (8765)")
    flag("--patients", type=Path, metavar="FILE", help="the patient table")
    flag("--summaries", type=Path, metavar="FILE", help="the CSV file that summaries are saved in")
    flag("--stdio", action="store_true", help="speak MCP on stdin and stdout")
    flag("--no-token", action="store_true", help="let every program of this machine in")
    flag(
        "--model",
        action="append",
        help="auto, embedded, ollama:NAME, openai:NAME@URL or replay:FILE (auto); may be given "
        "several times: the first is the default, a cohort uses all of them",
    )
    flag("--cluster", metavar="ADDRESS", help="local, or a Dask scheduler that cohorts run on")
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


def _port(text: str) -> int:
    try:
        return read_port(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: it takes {TAKES_PORT}") from None


def _settings(given: argparse.Namespace) -> Settings:
    names = {setting.name for setting in fields(Settings)}
    flags = {name: value for name, value in vars(given).items() if name in names}
    for repeated in {"allow_origin", "allow_host"} & flags.keys():
        flags[repeated] = tuple(flags[repeated])
    if "model" in flags:
        flags["model"] = ",".join(flags["model"])
    return replace(Settings.from_env(os.environ), **flags)


async def _run(settings: Settings, given: argparse.Namespace) -> None:
    held = getattr(given, "exit_with_stdin", False)
    parent = getattr(given, "parent_pid", os.getppid() if held else None)
    stop_with_parent(stdin=held, parent=getattr(given, "parent_pid", None))
    if settings.stdio:
        await _late()[1].serve_stdio(settings)
    else:
        await _serve(settings, parent)


async def _serve(settings: Settings, parent: int | None) -> None:
    token = settings.secret()
    with bind(settings.host, settings.port) as listener:
        port = listener.getsockname()[1]
        facts = _facts(settings, port, token, parent)
        opening = Opening(lambda: _load(settings, facts, port, token))
        guarded = guard(opening, settings, port=port, token=token)
        server = uvicorn.Server(configure(guarded, settings))
        opening.on_failure(lambda: setattr(server, "should_exit", True))
        with announced(runtime_folder(os.environ), facts):
            await server.serve(sockets=[listener])
        opening.raise_failure()


async def _load(
    settings: Settings, facts: Mapping[str, Any], port: int, token: str | None
) -> ASGIApp:
    app, assembly = await asyncio.to_thread(_late)
    services = await assembly.build(settings)
    if isinstance(sys.stdout, TextIOWrapper):  # a column's name is no reason not to start
        sys.stdout.reconfigure(errors="backslashreplace")
    print(_ready_line(settings, services, facts), flush=True)
    if token and sys.stdout.isatty():
        print(f"Token: {token}", flush=True)
    application: ASGIApp = app.create_app(services, port=port, token=token)
    return application


def _late() -> tuple[ModuleType, ModuleType]:
    # Late, so that /health answers at once: pandas and the SDK alone take more than a second.
    from . import app, assembly  # noqa: PLC0415

    return app, assembly


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
        "patients_version": version_of(settings.patients),
        "summaries": str(settings.summaries.resolve()),
        "model": settings.model,
        "cluster": settings.cluster,
        "columns": settings.columns,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _ready_line(settings: Settings, services: "Services", facts: Mapping[str, Any]) -> str:
    moved = settings.port and f":{settings.port}/" not in facts["url"]
    taken = f"; port {settings.port} was taken" if moved else ""
    model = " + ".join(f"{one.name}, {one.readiness.why}" for one in services.endpoints)
    ready = (
        f"MCP server ready at {facts['url']} "
        f"(PID {facts['pid']}, {len(services.patients)} patients, model: {model}{taken})"
    )
    return "; ".join((ready, *services.patients.report.asides()))


if __name__ == "__main__":
    sys.exit(main())
