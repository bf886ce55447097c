"""The tools, resources and prompts that the official conformance suite asks every server for.

The suite cannot know patients. Its scenarios name what a server under test must offer; this is that
and nothing else, on a server of its own, behind the shipped application. It is never shipped.
"""

import base64
import json
import struct
import warnings
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import mcp_types as types
from mcp.server import Server, ServerRequestContext
from mcp.shared.exceptions import MCPError

Context = ServerRequestContext[Any, Any]
Arguments = dict[str, Any]
Handler = Callable[[Context, Arguments], Awaitable[types.CallToolResult]]

PAUSE = 0.05
"""Seconds between two notices of a tool, as the scenarios ask."""


def _png() -> str:
    """One red pixel (PNG specification, section 5)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack("!I", len(data)) + checked + struct.pack("!I", zlib.crc32(checked))

    header = struct.pack("!IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\x00\xff\x00\x00")
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + parts).decode()


def _wav() -> str:
    """Eight samples of silence."""
    samples = b"\x80" * 8
    form = struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8)
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form
    body += b"data" + struct.pack("<I", len(samples)) + samples
    return base64.b64encode(b"RIFF" + struct.pack("<I", len(body)) + body).decode()


PNG, WAV = _png(), _wav()


def text(text: str) -> types.TextContent:
    return types.TextContent(type="text", text=text)


def image() -> types.ImageContent:
    return types.ImageContent(type="image", data=PNG, mime_type="image/png")


def embedded(uri: str, mime_type: str, content: str) -> types.EmbeddedResource:
    resource = types.TextResourceContents(uri=uri, mime_type=mime_type, text=content)
    return types.EmbeddedResource(type="resource", resource=resource)


def answer(*content: types.ContentBlock) -> types.CallToolResult:
    return types.CallToolResult(content=list(content))


def always(*content: types.ContentBlock) -> Handler:
    """A tool that gives the same each time."""

    async def handler(context: Context, arguments: Arguments) -> types.CallToolResult:
        return answer(*content)

    return handler


async def log_three_times(context: Context, arguments: Arguments) -> types.CallToolResult:
    for step in ("started", "processing data", "completed"):
        with warnings.catch_warnings():  # logging is deprecated since 2026-07-28, and still asked
            warnings.simplefilter("ignore")
            await context.session.send_log_message(
                "info", f"Tool execution {step}", related_request_id=context.request_id
            )
        await anyio.sleep(PAUSE)
    return answer(text("Three messages were logged."))


async def report_three_times(context: Context, arguments: Arguments) -> types.CallToolResult:
    for progress in (0, 50, 100):
        await context.session.report_progress(progress, 100)
        await anyio.sleep(PAUSE)
    return answer(text("Progress was reported three times."))


async def fail(context: Context, arguments: Arguments) -> types.CallToolResult:
    said = text("This tool intentionally returns an error for testing")
    return types.CallToolResult(is_error=True, content=[said])


async def ask_the_model(context: Context, arguments: Arguments) -> types.CallToolResult:
    question = types.SamplingMessage(role="user", content=text(arguments["prompt"]))
    with warnings.catch_warnings():  # sampling as well
        warnings.simplefilter("ignore")
        reply = await context.session.create_message(
            [question], max_tokens=100, related_request_id=context.request_id
        )
    said = reply.content.text if isinstance(reply.content, types.TextContent) else "no text"
    return answer(text(f"LLM response: {said}"))


def elicit(schema: dict[str, Any], message: str | None = None) -> Handler:
    """A tool that asks the user for what `schema` describes."""

    async def handler(context: Context, arguments: Arguments) -> types.CallToolResult:
        question = message or arguments["message"]
        reply = await context.session.elicit_form(question, schema, context.request_id)
        told = json.dumps(reply.content)
        return answer(text(f"User response: action={reply.action}, content={told}"))

    return handler


async def wait_a_little(context: Context, arguments: Arguments) -> types.CallToolResult:
    await anyio.sleep(PAUSE)
    return answer(text("The stream stayed open: this server keeps no events to come back for."))


def _object(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


STRING = {"type": "string"}
NO_ARGUMENTS = _object()
USER = _object(
    ("username", "email"),
    username=STRING | {"description": "User's response"},
    email=STRING | {"description": "User's email address"},
)
DEFAULTS = _object(
    name=STRING | {"default": "John Doe"},
    age={"type": "integer", "default": 30},
    score={"type": "number", "default": 95.5},
    status=STRING | {"enum": ["active", "inactive", "pending"], "default": "active"},
    verified={"type": "boolean", "default": True},
)


def _titled(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"const": value, "title": title} for value, title in pairs]


CHOICES = _titled(("value1", "First"), ("value2", "Second"), ("value3", "Third"))
ENUMS = _object(
    untitledSingle=STRING | {"enum": ["option1", "option2", "option3"]},
    titledSingle=STRING | {"oneOf": CHOICES},
    legacyEnum=STRING
    | {"enum": ["opt1", "opt2", "opt3"], "enumNames": ["Option One", "Option Two", "Option Three"]},
    untitledMulti={
        "type": "array",
        "items": STRING | {"enum": ["option1", "option2", "option3"]},
    },
    titledMulti={"type": "array", "items": {"anyOf": CHOICES}},
)
MODERN_SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {"address": {"type": "object", "properties": {"street": STRING, "city": STRING}}},
    "properties": {"name": STRING, "address": {"$ref": "#/$defs/address"}},
    "additionalProperties": False,
}

TOOLS: dict[str, tuple[Handler, dict[str, Any]]] = {
    "test_simple_text": (
        always(text("This is a simple text response for testing.")),
        NO_ARGUMENTS,
    ),
    "test_image_content": (always(image()), NO_ARGUMENTS),
    "test_audio_content": (
        always(types.AudioContent(type="audio", data=WAV, mime_type="audio/wav")),
        NO_ARGUMENTS,
    ),
    "test_embedded_resource": (
        always(
            embedded(
                "test://embedded-resource", "text/plain", "This is an embedded resource content."
            )
        ),
        NO_ARGUMENTS,
    ),
    "test_multiple_content_types": (
        always(
            text("Multiple content types test:"),
            image(),
            embedded(
                "test://mixed-content-resource", "application/json", '{"test":"data","value":123}'
            ),
        ),
        NO_ARGUMENTS,
    ),
    "test_tool_with_logging": (log_three_times, NO_ARGUMENTS),
    "test_tool_with_progress": (report_three_times, NO_ARGUMENTS),
    "test_error_handling": (fail, NO_ARGUMENTS),
    "test_sampling": (ask_the_model, _object(("prompt",), prompt=STRING)),
    "test_elicitation": (elicit(USER), _object(("message",), message=STRING)),
    "test_elicitation_sep1034_defaults": (elicit(DEFAULTS, "Please confirm."), NO_ARGUMENTS),
    "test_elicitation_sep1330_enums": (elicit(ENUMS, "Please choose."), NO_ARGUMENTS),
    "test_reconnection": (wait_a_little, NO_ARGUMENTS),
    "json_schema_2020_12_tool": (always(text("The schema is the test.")), MODERN_SCHEMA),
}

TEMPLATE = "test://template/{id}/data"
RESOURCES = {
    "test://static-text": "text/plain",
    "test://static-binary": "image/png",
    "test://watched-resource": "text/plain",
}
PROMPTS: dict[str, tuple[str, ...]] = {
    "test_simple_prompt": (),
    "test_prompt_with_arguments": ("arg1", "arg2"),
    "test_prompt_with_embedded_resource": ("resourceUri",),
    "test_prompt_with_image": (),
}


class Fixtures:
    """Answers to each method, and a record of which tools were really called."""

    def __init__(self) -> None:
        self.called: list[str] = []
        self.subscribed: set[str] = set()

    async def list_tools(self, context: Context, params: Any) -> types.ListToolsResult:
        tools = [
            types.Tool(name=name, description=f"Conformance: {name}", input_schema=schema)
            for name, (_, schema) in TOOLS.items()
        ]
        return types.ListToolsResult(tools=tools)

    async def call_tool(
        self, context: Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        if params.name not in TOOLS:
            raise MCPError(types.INVALID_PARAMS, f"no fixture {params.name}")
        self.called.append(params.name)
        return await TOOLS[params.name][0](context, params.arguments or {})

    async def list_resources(self, context: Context, params: Any) -> types.ListResourcesResult:
        resources = [
            types.Resource(uri=uri, name=uri, description=f"Conformance: {uri}", mime_type=kind)
            for uri, kind in RESOURCES.items()
        ]
        return types.ListResourcesResult(resources=resources)

    async def list_templates(
        self, context: Context, params: Any
    ) -> types.ListResourceTemplatesResult:
        template = types.ResourceTemplate(name="template", uri_template=TEMPLATE)
        return types.ListResourceTemplatesResult(resource_templates=[template])

    async def read_resource(
        self, context: Context, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        uri = str(params.uri)
        before, after = TEMPLATE.split("{id}")
        content: types.TextResourceContents | types.BlobResourceContents
        if uri == "test://static-binary":
            content = types.BlobResourceContents(uri=uri, mime_type="image/png", blob=PNG)
        elif uri in RESOURCES:
            said = "This is the content of the static text resource."
            content = types.TextResourceContents(uri=uri, mime_type="text/plain", text=said)
        elif uri.startswith(before) and uri.endswith(after):
            id = uri.removeprefix(before).removesuffix(after)
            data = {"id": id, "templateTest": True, "data": f"Data for ID: {id}"}
            content = types.TextResourceContents(
                uri=uri, mime_type="application/json", text=json.dumps(data)
            )
        else:
            raise MCPError(types.INVALID_PARAMS, f"no fixture {uri}")
        return types.ReadResourceResult(contents=[content])

    async def subscribe(
        self, context: Context, params: types.SubscribeRequestParams
    ) -> types.EmptyResult:
        self.subscribed.add(str(params.uri))
        return types.EmptyResult()

    async def unsubscribe(
        self, context: Context, params: types.UnsubscribeRequestParams
    ) -> types.EmptyResult:
        self.subscribed.discard(str(params.uri))
        return types.EmptyResult()

    async def list_prompts(self, context: Context, params: Any) -> types.ListPromptsResult:
        prompts = [
            types.Prompt(
                name=name,
                description=f"Conformance: {name}",
                arguments=[types.PromptArgument(name=each, required=True) for each in arguments],
            )
            for name, arguments in PROMPTS.items()
        ]
        return types.ListPromptsResult(prompts=prompts)

    async def get_prompt(
        self, context: Context, params: types.GetPromptRequestParams
    ) -> types.GetPromptResult:
        given = params.arguments or {}
        said: dict[str, list[types.ContentBlock]] = {
            "test_simple_prompt": [text("This is a simple prompt for testing.")],
            "test_prompt_with_arguments": [
                text(f"Prompt with arguments: {given.get('arg1')}, {given.get('arg2')}")
            ],
            "test_prompt_with_embedded_resource": [
                embedded(
                    given.get("resourceUri", "test://none"), "text/plain", "Embedded for testing."
                ),
                text("Please process the embedded resource above."),
            ],
            "test_prompt_with_image": [image(), text("Please analyze the image above.")],
        }
        messages = [types.PromptMessage(role="user", content=each) for each in said[params.name]]
        return types.GetPromptResult(messages=messages)

    async def complete(
        self, context: Context, params: types.CompleteRequestParams
    ) -> types.CompleteResult:
        values = [f"{params.argument.value}{ending}" for ending in ("", "ing")]
        return types.CompleteResult(completion=types.Completion(values=values, total=2))

    async def set_level(
        self, context: Context, params: types.SetLevelRequestParams
    ) -> types.EmptyResult:
        return types.EmptyResult()

    def server(self) -> Server[Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Server(
                "conformance-fixtures",
                on_list_tools=self.list_tools,
                on_call_tool=self.call_tool,
                on_list_resources=self.list_resources,
                on_list_resource_templates=self.list_templates,
                on_read_resource=self.read_resource,
                on_subscribe_resource=self.subscribe,
                on_unsubscribe_resource=self.unsubscribe,
                on_list_prompts=self.list_prompts,
                on_get_prompt=self.get_prompt,
                on_completion=self.complete,
                on_set_logging_level=self.set_level,
            )
