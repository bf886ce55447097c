"""Tools, resources, prompts and errors as an MCP client sees them."""

import json
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from tests.running import ask, call


async def failure(connection: ClientConnection, tool: str, **arguments: Any) -> dict[str, Any]:
    """The error of a tool call that must fail, with its text."""
    result, _ = await call(connection, 1, tool, **arguments)
    assert result["isError"]
    return {"text": result["content"][0]["text"], **result["structuredContent"]["error"]}


async def test_every_tool_says_what_it_takes_and_gives(connection: ClientConnection) -> None:
    answer, _ = await ask(connection, 1, "tools/list")
    tools = {tool["name"]: tool for tool in answer["result"]["tools"]}
    assert set(tools) == {
        "search_patients_by_disease",
        "get_patient",
        "get_patient_summary",
        "generate_summary",
        "check_summary",
        "update_patient_summary",
        "undo_summary",
        "list_patients",
        "list_summaries",
        "summarize_cohort",
        "get_cohort_report",
        "server_status",
    }
    for tool in tools.values():
        assert tool["description"]
        assert tool["inputSchema"]["additionalProperties"] is False
        assert tool["outputSchema"]["properties"]
    limit = tools["search_patients_by_disease"]["inputSchema"]["properties"]["limit"]
    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 1000, 5)


async def test_a_search_answers_in_lines_and_in_rows(connection: ClientConnection) -> None:
    result, _ = await call(
        connection, 1, "search_patients_by_disease", disease_keyword="diabetes", limit=5
    )
    lines = result["content"][0]["text"].splitlines()
    data = result["structuredContent"]
    assert lines[:2] == ["Found 5 patients matching 'diabetes':", ""]
    assert len(lines) == 7
    assert data["total"] >= len(data["patients"]) == 5
    assert lines[2].startswith(f"1. ID: {data['patients'][0]['patient_id']}")
    assert all(patient["matched"] for patient in data["patients"])


async def test_a_search_line_reads_as_the_protocol_shows_it(connection: ClientConnection) -> None:
    result, _ = await call(
        connection, 1, "search_patients_by_disease", disease_keyword="Jerry Rivera"
    )
    assert result["content"][0]["text"].splitlines()[2] == (
        "1. ID: 11  | Name: Jerry Rivera | Age: 59 | Symptoms: confusion, numbness in limbs"
    )


async def test_a_search_without_a_match_says_so(connection: ClientConnection) -> None:
    result, _ = await call(connection, 1, "search_patients_by_disease", disease_keyword="xyzzy")
    assert result["content"][0]["text"] == "Found 0 patients matching 'xyzzy'."
    assert result["structuredContent"] == {"keyword": "xyzzy", "total": 0, "patients": []}


@pytest.mark.parametrize("patient_id", [25, "25", " 25 ", 25.0])
async def test_an_id_may_be_text_or_a_whole_number(
    connection: ClientConnection, patient_id: object
) -> None:
    result, _ = await call(connection, 1, "get_patient", patient_id=patient_id)
    record = result["structuredContent"]
    assert (record["patient_id"], record["name"]) == ("25", "Janet Lee")
    assert (record["blood_pressure"], record["blood_sugar"]) == ("150/94", "85 mg/dL")
    assert "name: Janet Lee" in result["content"][0]["text"].splitlines()


@pytest.mark.parametrize(
    ("tool", "arguments", "kind"),
    [
        ("get_patient", {"patient_id": "nobody"}, "unknown_patient"),
        ("generate_summary", {"patient_id": 0}, "unknown_patient"),
        ("update_patient_summary", {"patient_id": 0, "summary": "x"}, "unknown_patient"),
        ("undo_summary", {"patient_id": 25}, "invalid"),
        ("get_patient", {}, "invalid"),
        ("get_patient", {"patient_id": True}, "invalid"),
        ("get_patient", {"patient_id": 2.5}, "invalid"),
        ("get_patient", {"patient_id": None}, "invalid"),
        ("get_patient", {"patient_id": ["Janet Lee"]}, "invalid"),
        ("get_patient", {"patient_id": "25", "Janet Lee": "Janet Lee"}, "invalid"),
        ("search_patients_by_disease", {"disease_keyword": "a", "limit": -1}, "invalid"),
        ("search_patients_by_disease", {"disease_keyword": "a" * 201}, "invalid"),
        ("no_such_tool", {"Janet Lee": 1}, "invalid"),
    ],
)
async def test_a_call_that_fails_names_its_kind_and_what_to_do(
    connection: ClientConnection, tool: str, arguments: dict[str, Any], kind: str
) -> None:
    error = await failure(connection, tool, **arguments)
    assert error["kind"] == kind
    assert error["next"]
    assert "\n" not in error["text"]
    assert "Janet" not in error["text"]
    assert "pydantic" not in error["text"]


async def test_a_summary_is_saved_listed_and_undone(connection: ClientConnection) -> None:
    made, _ = await call(connection, 1, "generate_summary", patient_id="7")
    data = made["structuredContent"]
    saved, _ = await call(
        connection,
        2,
        "update_patient_summary",
        patient_id="7",
        summary=data["summary"],
        generation_id=data["generation_id"],
    )
    assert saved["structuredContent"]["how"] == "generated"
    read, _ = await call(connection, 3, "get_patient_summary", patient_id="7")
    assert read["structuredContent"]["summary"] == data["summary"]
    listed, _ = await call(connection, 4, "list_summaries", query=data["name"])
    assert "7" in {row["patient_id"] for row in listed["structuredContent"]["summaries"]}
    undone, _ = await call(connection, 5, "undo_summary", patient_id="7")
    assert undone["structuredContent"]["restored"] is False
    read, _ = await call(connection, 6, "get_patient_summary", patient_id="7")
    assert read["structuredContent"]["saved"] is False


async def test_a_generated_summary_is_held_against_the_record(
    connection: ClientConnection,
) -> None:
    made, _ = await call(connection, 1, "generate_summary", patient_id="25")
    grounding = made["structuredContent"]["grounding"]
    assert [sentence["text"] for sentence in grounding["sentences"]] == ["Janet Lee is well."]
    assert {omission["field"] for omission in grounding["omissions"]} >= {"medications"}
    assert grounding["counts"]["omissions"] == len(grounding["omissions"])


async def test_any_text_can_be_checked(connection: ClientConnection) -> None:
    text = "Janet Lee has hypertension. She had a kidney transplant."
    result, _ = await call(connection, 1, "check_summary", patient_id="25", summary=text)
    sentences = result["structuredContent"]["sentences"]
    assert [sentence["verdict"] for sentence in sentences] == ["supported", "unsupported"]
    claims = [claim for sentence in sentences for claim in sentence["claims"]]
    assert all(text[claim["start"] : claim["end"]] == claim["text"] for claim in claims)
    assert result["content"][0]["text"].splitlines() == [
        "1 of 2 sentences are not in the record: check.",
        "unsupported: She had a kidney transplant.",
    ]


async def test_a_client_that_saves_what_it_was_handed_saves_the_bare_summary(
    connection: ClientConnection,
) -> None:
    made, _ = await call(connection, 1, "generate_summary", patient_id="8")
    text = made["content"][0]["text"]
    await call(connection, 2, "update_patient_summary", patient_id="8", summary=text)
    read, _ = await call(connection, 3, "get_patient_summary", patient_id="8")
    assert read["structuredContent"]["summary"] == made["structuredContent"]["summary"]
    assert read["structuredContent"]["how"] == "generated"


async def test_an_error_text_cannot_be_saved(connection: ClientConnection) -> None:
    error = await failure(connection, "get_patient", patient_id="nobody")
    refused = await failure(
        connection, "update_patient_summary", patient_id="9", summary=error["text"]
    )
    assert refused["kind"] == "invalid"


async def test_patients_are_listed_page_by_page(connection: ClientConnection) -> None:
    result, _ = await call(connection, 1, "list_patients", offset=199, limit=5)
    page = result["structuredContent"]
    assert (page["total"], page["offset"], len(page["patients"])) == (200, 199, 1)


async def test_a_record_and_a_summary_are_resources(connection: ClientConnection) -> None:
    templates, _ = await ask(connection, 1, "resources/templates/list")
    uris = {each["uriTemplate"] for each in templates["result"]["resourceTemplates"]}
    assert uris == {"patient://{patient_id}", "summary://{patient_id}"}
    read, _ = await ask(connection, 2, "resources/read", uri="patient://25")
    assert json.loads(read["result"]["contents"][0]["text"])["name"] == "Janet Lee"


@pytest.mark.parametrize(
    "uri",
    ["patient://nobody", "summary://nobody", "patient://", "file:///etc/passwd", "summary://../.."],
)
async def test_what_is_no_resource_is_refused(connection: ClientConnection, uri: str) -> None:
    answer, _ = await ask(connection, 1, "resources/read", uri=uri)
    assert answer["error"]["code"] == -32602


async def test_the_models_own_prompt_can_be_read(connection: ClientConnection) -> None:
    listed, _ = await ask(connection, 1, "prompts/list")
    assert [prompt["name"] for prompt in listed["result"]["prompts"]] == ["clinical_summary"]
    got, _ = await ask(
        connection, 2, "prompts/get", name="clinical_summary", arguments={"patient_id": "25"}
    )
    messages = got["result"]["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "user"]
    assert "Janet Lee" in messages[-1]["content"]["text"]


async def test_the_status_says_which_model_answers_and_why(connection: ClientConnection) -> None:
    result, _ = await call(connection, 1, "server_status")
    status = result["structuredContent"]
    assert status["model"]["name"] == "scripted"
    assert status["model"]["state"] == "ready"
    assert status["model"]["why"]
    assert (status["patients"], status["running"], status["waiting"]) == (200, 0, 0)
