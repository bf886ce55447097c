"""One behaviour on every transport and in every version, as the official SDK's client sees it.

Each case asks one thing of the server and gives back what it got, without what differs from run to
run. All fifteen connections (three transports, five versions) must give the same. Printed with -s.
"""

import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, TextContent, TextResourceContents

from mcp_kernel_tools import wire
from tests.running import RunningServer, running_server
from tests.tables import Table
from tests.transports import asking_for, websocket_client

pytestmark = pytest.mark.slow

HANDSHAKE = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]
VERSIONS = [*HANDSHAKE, "2026-07-28"]
TRANSPORTS = ["WebSocket", "HTTP", "stdio"]

TOKENS = ["  Janet", " Lee", " é😀", "\n", "is well", ".", " \n"]
TEXT = "Janet Lee é😀\nis well."
QUICK, SLOW, SAVED = "25", "7", "9"
"""Patients: of a short recording, of one that goes on for minutes, and the one that is saved."""

VOLATILE = {"seconds", "first_token_seconds", "generation_id", "saved_at", "running"}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("parity") / "model.jsonl"
    lines: list[dict[str, Any]] = [
        {"model": "scripted", "date": "2026-01-01", "command": "a test", "any": True},
        {"patient_id": QUICK, "tokens": [[0, text] for text in TOKENS], "finish_reason": "stop"},
        {"patient_id": SLOW, "tokens": [[0.01, " on"]] * 20_000, "finish_reason": "stop"},
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return f"replay:{path}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, model: str) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("served"), "--model", model) as server:
        yield server


def fits(result: CallToolResult, schema: dict[str, Any]) -> None:
    """The structured content of a result is what the tool promises."""
    import jsonschema  # type: ignore[import-untyped]  # takes seconds

    jsonschema.validate(result.structured_content, schema)


class Session:
    """A client, the tokens that came to it outside the protocol, and its transport's name."""

    def __init__(self, client: Client, transport: str, tokens: list[wire.Frame]) -> None:
        self.client = client
        self.transport = transport
        self.tokens = tokens
        self.output_schemas: dict[str, Any] = {}

    async def call(self, tool: str, **arguments: Any) -> CallToolResult:
        result = await self.client.call_tool(tool, arguments)
        if tool in self.output_schemas:  # it holds for calls that fail as well
            fits(result, self.output_schemas[tool])
        return result

    async def told(self, tool: str, **arguments: Any) -> object:
        """The result of a call, without what differs from run to run."""
        return stable(await self.call(tool, **arguments))


def stable(result: CallToolResult) -> object:
    (content,) = result.content
    assert isinstance(content, TextContent)
    data = {
        name: value
        for name, value in (result.structured_content or {}).items()
        if name not in VOLATILE
    }
    return bool(result.is_error), content.text, data


@asynccontextmanager
async def connected(
    transport: str, version: str, server: RunningServer, model: str, folder: Path
) -> AsyncIterator[Session]:
    tokens: list[wire.Frame] = []
    way = asking_for(version, _way(transport, server, model, folder, tokens.append))
    mode = "legacy" if version in HANDSHAKE else version
    async with Client(way, mode=mode) as client:
        assert client.protocol_version == version
        session = Session(client, transport, tokens)
        tools = (await client.list_tools()).tools
        session.output_schemas = {tool.name: tool.output_schema for tool in tools}
        yield session


@asynccontextmanager
async def _way(
    transport: str,
    server: RunningServer,
    model: str,
    folder: Path,
    on_token: Callable[[wire.Frame], None],
) -> AsyncIterator[Any]:
    if transport == "WebSocket":
        async with websocket_client(server, on_token) as streams:
            yield streams
    elif transport == "HTTP":
        async with (
            httpx2.AsyncClient(headers=server.headers, timeout=30, trust_env=False) as web,
            streamable_http_client(server.http_url, http_client=web) as streams,
        ):
            yield streams
    else:
        summaries = ["--summaries", str(folder / "summaries.csv")]
        program = ["-m", "server", "--stdio", "--model", model, *summaries]
        parameters = StdioServerParameters(command=sys.executable, args=program)
        with (folder / "stdio.log").open("w") as log:
            async with stdio_client(parameters, errlog=log) as streams:
                yield streams


# The cases: each gives back what must be the same everywhere


async def tools_and_their_schemas(session: Session) -> object:
    tools = (await session.client.list_tools()).tools
    return [(tool.name, tool.description, tool.input_schema, tool.output_schema) for tool in tools]


async def resources_and_prompts(session: Session) -> object:
    client = session.client
    templates = (await client.list_resource_templates()).resource_templates
    prompts = (await client.list_prompts()).prompts
    return (
        (await client.list_resources()).resources,
        [(each.name, each.uri_template) for each in templates],
        [(each.name, each.arguments) for each in prompts],
    )


async def a_record_as_resource(session: Session) -> object:
    (contents,) = (await session.client.read_resource(f"patient://{QUICK}")).contents
    assert isinstance(contents, TextResourceContents)
    return contents.mime_type, json.loads(contents.text)


async def a_prompt(session: Session) -> object:
    got = await session.client.get_prompt("clinical_summary", {"patient_id": QUICK})
    return [(message.role, message.content) for message in got.messages]


async def what_does_not_exist(session: Session) -> object:
    errors = []
    for attempt in (
        session.client.read_resource("patient://nobody"),
        session.client.read_resource("file:///etc/passwd"),
        session.client.get_prompt("no_such_prompt"),
        session.client.get_prompt("clinical_summary", {"patient_id": "nobody"}),
    ):
        with pytest.raises(MCPError) as caught:
            await attempt
        errors.append((caught.value.error.code, caught.value.error.message))
    return errors


async def search_and_records(session: Session) -> object:
    return [
        await session.told("search_patients_by_disease", disease_keyword="diabetes", limit=3),
        await session.told("search_patients_by_disease", disease_keyword="xyzzy"),
        await session.told("get_patient", patient_id=25),
        await session.told("list_patients", offset=198, limit=5),
        await session.told("server_status"),
    ]


async def errors_of_tools(session: Session) -> object:
    return [
        await session.told("get_patient", patient_id="nobody"),
        await session.told("get_patient", patient_id=2.5),
        await session.told("get_patient"),
        await session.told("list_patients", limit=0),
        await session.told("generate_summary", patient_id="nobody"),
        await session.told("update_patient_summary", patient_id=SAVED, summary=" "),
        await session.told("undo_summary", patient_id=SAVED),
        await session.told("no_such_tool"),
    ]


async def a_summary_with_progress(session: Session) -> object:
    steps: list[tuple[float, float | None, str | None]] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        steps.append((progress, total, message))

    session.tokens.clear()
    result = await session.client.call_tool(
        "generate_summary", {"patient_id": QUICK}, progress_callback=on_progress
    )
    fits(result, session.output_schemas["generate_summary"])
    text = "".join(message or "" for _, _, message in steps)
    assert result.structured_content is not None
    assert text == TEXT == result.structured_content["summary"]
    assert [progress for progress, _, _ in steps] == positions(steps)
    assert session.tokens == []
    return stable(result), steps


def positions(steps: list[tuple[float, float | None, str | None]]) -> list[float]:
    text, ends = "", []
    for _, _, message in steps:
        text += message or ""
        ends.append(float(len(text)))
    return ends


async def a_summary_without_progress(session: Session) -> object:
    """The one difference: a WebSocket carries the tokens all the same, in frames of its own."""
    session.tokens.clear()
    streamed = await session.told("generate_summary", patient_id=QUICK)
    text = "".join(frame["token"] for frame in session.tokens)
    assert text == (TEXT if session.transport == "WebSocket" else "")
    session.tokens.clear()
    whole = await session.told("generate_summary", patient_id=QUICK, stream=False)
    assert session.tokens == []
    assert streamed == whole
    return whole


async def saving_and_undoing(session: Session) -> object:
    made = await session.call("generate_summary", patient_id=SAVED)
    assert made.structured_content is not None
    id, text = (made.structured_content[name] for name in ("generation_id", "summary"))
    update = {"patient_id": SAVED, "summary": text, "generation_id": id}
    return [
        await session.told("get_patient_summary", patient_id=SAVED),
        await session.told("update_patient_summary", **update),
        await session.told("get_patient_summary", patient_id=SAVED),
        await session.told("undo_summary", patient_id=SAVED),
        await session.told("get_patient_summary", patient_id=SAVED),
        await session.told("list_summaries", query="no such word"),
    ]


async def a_cancelled_request(session: Session) -> object:
    """The model stops within a second, and the connection serves on."""
    with anyio.move_on_after(0.3):
        await session.client.call_tool("generate_summary", {"patient_id": SLOW})
    stopped = time.monotonic()
    while await running(session):
        assert time.monotonic() - stopped < 1
    return await session.told("generate_summary", patient_id=QUICK)


async def running(session: Session) -> int:
    status = (await session.call("server_status")).structured_content
    assert status is not None
    return int(status["running"])


CASES: list[Callable[[Session], Awaitable[object]]] = [
    tools_and_their_schemas,
    resources_and_prompts,
    a_record_as_resource,
    a_prompt,
    what_does_not_exist,
    search_and_records,
    errors_of_tools,
    a_summary_with_progress,
    a_summary_without_progress,
    saving_and_undoing,
    a_cancelled_request,
]


class Answers:
    """What each case gave on each transport, in each version."""

    def __init__(self) -> None:
        self.given: dict[str, dict[tuple[str, str], object]] = {case.__name__: {} for case in CASES}

    def table(self) -> Table:
        table = Table("Parity, by the official SDK's client", "case", *TRANSPORTS)
        for case, given in self.given.items():
            table.add(case.replace("_", " "), *(self._cell(given, each) for each in TRANSPORTS))
        return table

    def _cell(self, given: dict[tuple[str, str], object], transport: str) -> str:
        reference = next(iter(given.values()), None)
        same = sum(given.get((transport, version)) == reference for version in VERSIONS)
        return f"same in {same} of {len(VERSIONS)} versions"


@pytest.fixture(scope="module")
def answers() -> Iterator[Answers]:
    answers = Answers()
    yield answers
    print(answers.table())


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_the_same_on_every_transport_in_every_version(
    served: RunningServer,
    model: str,
    tmp_path: Path,
    answers: Answers,
    transport: str,
    version: str,
) -> None:
    async with connected(transport, version, served, model, tmp_path) as session:
        for case in CASES:
            given = answers.given[case.__name__]
            given[transport, version] = await case(session)
            assert given[transport, version] == next(iter(given.values())), case.__name__
