"""The tools, resources and prompts as MCP: one `mcp.server.Server` for every transport.

Built on the SDK's low-level server, because its decorator layer repeats the value of a wrong
argument in the error text. Here an error names the field; what was sent stays out of it.
"""

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import anyio
import anyio.to_thread
import mcp_types as types
from mcp.server import Server
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel, ValidationError

from mcp_kernel_tools.wire import APP_NAME

from . import prompts
from .answers import Answer
from .errors import Failure, Incomplete, Invalid, UnknownPatient
from .schemas import Error, OnePatient
from .settings import VERSION
from .tools import TOOLS, Context, Services, Tool, get_patient

INSTRUCTIONS = (
    "Search patients, generate a summary with the local language model, then save it. "
    "The model is small and makes mistakes: summaries are drafts for a reader, not medical advice."
)
PATIENT = "patient://"
SUMMARY = "summary://"
CLINICAL_SUMMARY = types.Prompt(
    name="clinical_summary",
    description="The prompt that the server gives its own model for a patient.",
    arguments=[types.PromptArgument(name="patient_id", description="The patient.", required=True)],
)

log = logging.getLogger(__name__)


def create_server(services: Services) -> Server[Any]:
    """The MCP server; `run` it on a pair of streams, or mount its Streamable HTTP application."""
    handlers = Handlers(services)
    return Server(
        APP_NAME,
        version=VERSION,
        instructions=INSTRUCTIONS,
        get_tool_input_schema=handlers.input_schema,
        on_list_tools=handlers.list_tools,
        on_call_tool=handlers.call_tool,
        on_list_resources=handlers.list_resources,
        on_list_resource_templates=handlers.list_resource_templates,
        on_read_resource=handlers.read_resource,
        on_list_prompts=handlers.list_prompts,
        on_get_prompt=handlers.get_prompt,
    )


class Handlers:
    """What the server answers to each method."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.tools = {tool.name: tool for tool in TOOLS}
        self.listed = [_listed(tool) for tool in TOOLS]
        self.schemas = {tool.name: tool.input_schema for tool in self.listed}

    def input_schema(self, name: str) -> Mapping[str, Any] | None:
        return self.schemas.get(name)

    async def list_tools(
        self, context: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=self.listed)

    async def call_tool(
        self, context: Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        try:
            answer = await self._answer(params, context)
        except Failure as failure:
            return self._failed(failure)
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=answer.text)],
            structured_content=answer.data.model_dump(mode="json"),
        )

    async def _answer(self, params: types.CallToolRequestParams, context: Context) -> Answer:
        tool = self.tools.get(params.name)
        if tool is None:
            raise Invalid("There is no tool of this name.", next="List the tools to see them.")
        try:
            arguments = tool.arguments.model_validate(params.arguments or {})
        except ValidationError as problem:
            fields = _problems(problem)
            raise Invalid(
                f"The arguments of {tool.name} do not fit: {fields}.",
                next="Send them as its input schema says.",
            ) from None
        return await _run(tool, self.services, arguments, context)

    def _failed(self, failure: Failure) -> types.CallToolResult:
        text = str(failure)
        self.services.generations.remember_error(text)
        return types.CallToolResult(
            is_error=True,
            content=[types.TextContent(type="text", text=text)],
            structured_content={"error": Error(kind=failure.kind, next=failure.next).model_dump()},
        )

    async def list_resources(
        self, context: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        """None by name: there is one a patient, and `list_patients` pages through them."""
        return types.ListResourcesResult(resources=[])

    async def list_resource_templates(
        self, context: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListResourceTemplatesResult:
        return types.ListResourceTemplatesResult(
            resource_templates=[
                types.ResourceTemplate(
                    name="patient",
                    uri_template=f"{PATIENT}{{patient_id}}",
                    description="The record of a patient.",
                    mime_type="application/json",
                ),
                types.ResourceTemplate(
                    name="summary",
                    uri_template=f"{SUMMARY}{{patient_id}}",
                    description="The saved summary of a patient.",
                    mime_type="text/plain",
                ),
            ]
        )

    async def read_resource(
        self, context: Context, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        uri = str(params.uri)
        mime_type, text = await self._resource(uri, context)
        contents = types.TextResourceContents(uri=params.uri, mime_type=mime_type, text=text)
        return types.ReadResourceResult(contents=[contents])

    async def _resource(self, uri: str, context: Context) -> tuple[str, str]:
        patient_id = unquote(uri.partition("://")[2])
        if uri.startswith(PATIENT):
            return "application/json", (
                await self._record(patient_id, context)
            ).data.model_dump_json()
        if uri.startswith(SUMMARY):
            saved = await anyio.to_thread.run_sync(self.services.store.get, patient_id)
            if saved is not None:
                return "text/plain", saved.summary
        raise MCPError(types.INVALID_PARAMS, "There is no such resource.")

    async def _record(self, patient_id: str, context: Context) -> Answer:
        try:
            arguments = OnePatient.model_validate({"patient_id": patient_id})
            return await get_patient(self.services, arguments, context)
        except (UnknownPatient, ValidationError):
            raise MCPError(types.INVALID_PARAMS, "There is no such resource.") from None

    async def list_prompts(
        self, context: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListPromptsResult:
        return types.ListPromptsResult(prompts=[CLINICAL_SUMMARY])

    async def get_prompt(
        self, context: Context, params: types.GetPromptRequestParams
    ) -> types.GetPromptResult:
        if params.name != CLINICAL_SUMMARY.name:
            raise MCPError(types.INVALID_PARAMS, "There is no such prompt.")
        try:
            patient = self.services.patients.get((params.arguments or {}).get("patient_id", ""))
        except UnknownPatient:
            raise MCPError(types.INVALID_PARAMS, "There is no such patient.") from None
        prompt = prompts.build(patient)
        turns = [turn for example in prompt.examples for turn in example] + [prompt.request]
        turns[0] = f"{prompt.system}\n\n{turns[0]}"
        return types.GetPromptResult(
            description=CLINICAL_SUMMARY.description,
            messages=[_message(place, text) for place, text in enumerate(turns)],
        )


async def _run(tool: Tool, services: Services, arguments: Any, context: Context) -> Answer:
    """The tool's answer; an error that nobody expected becomes one that quotes nothing."""
    try:
        return await tool.run(services, arguments, context)
    except Failure:
        raise
    except anyio.BrokenResourceError:
        raise Incomplete("The connection was lost in mid-answer.", next="Ask again.") from None
    except Exception as problem:
        log.error("tool %s failed: %s", tool.name, type(problem).__name__)  # noqa: TRY400
        raise Invalid(
            f"The tool {tool.name} failed ({type(problem).__name__}).",
            next="Try again; the server's log has the time of it.",
        ) from problem


def _listed(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        description=tool.description,
        input_schema=tool.arguments.model_json_schema(),
        output_schema=_output_schema(tool.result),
        annotations=tool.annotations,
    )


def _output_schema(result: type[BaseModel]) -> dict[str, Any]:
    """The fields of the result, or the error of a call that failed.

    There are clients (the TypeScript SDK's) that hold the answer of a failed call to this schema as
    well, and would show a violation of it in place of the error.
    """
    schema = result.model_json_schema(mode="serialization")
    either = [{"required": schema.pop("required", [])}, {"required": ["error"]}]
    schema["properties"]["error"] = Error.model_json_schema()
    return schema | {"anyOf": either}


def _problems(problem: ValidationError) -> str:
    """Field and rule of each problem; the name of an unknown argument is the client's own text."""
    errors = problem.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(
        "an argument is not known"
        if error["type"] == "extra_forbidden"
        else f"{error['loc'][0] if error['loc'] else 'arguments'}: "
        f"{error['msg'].removeprefix('Value error, ')}"
        for error in errors
    )


def _message(place: int, text: str) -> types.PromptMessage:
    """The turns of a prompt alternate, the user's first."""
    return types.PromptMessage(
        role="assistant" if place % 2 else "user",
        content=types.TextContent(type="text", text=text),
    )
