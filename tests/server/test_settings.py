from pathlib import Path

import pytest

from server.settings import BadSetting, Settings, data_folder


def test_the_environment_sets_what_a_flag_sets() -> None:
    environ = {
        "MCP_KERNEL_TOOLS_PORT": "9000",
        "MCP_KERNEL_TOOLS_MODEL": "ollama:phi",
        "MCP_KERNEL_TOOLS_PATIENTS": "mine.csv",
        "MCP_KERNEL_TOOLS_NO_TOKEN": "1",
        "MCP_KERNEL_TOOLS_COLUMNS": '{"patient_id": "MRN"}',
        "MCP_KERNEL_TOOLS_ALLOW_ORIGIN": "http://a.example, http://b.example",
    }
    settings = Settings.from_env(environ)
    assert (settings.port, settings.model, settings.patients) == (
        9000,
        "ollama:phi",
        Path("mine.csv"),
    )
    assert settings.no_token
    assert settings.columns == {"patient_id": "MRN"}
    assert settings.allow_origin == ("http://a.example", "http://b.example")


def test_an_empty_environment_gives_the_defaults() -> None:
    assert Settings.from_env({}) == Settings()
    assert Settings().patients == data_folder() / "patients.csv"


@pytest.mark.parametrize(
    ("name", "value", "takes"),
    [
        ("PORT", "eight", "a port from 0"),
        ("NO_TOKEN", "maybe", "1 or 0"),
        ("COLUMNS", "[1]", "a JSON object"),
        ("MODEL_SECONDS", "-1", "a number of seconds above 0"),
    ],
)
def test_a_value_that_cannot_be_read_is_named_with_what_it_takes(
    name: str, value: str, takes: str
) -> None:
    with pytest.raises(BadSetting, match=f"MCP_KERNEL_TOOLS_{name}=.*{takes}"):
        Settings.from_env({f"MCP_KERNEL_TOOLS_{name}": value})


def test_each_start_has_a_token_of_its_own_unless_one_is_given() -> None:
    assert Settings().secret() != Settings().secret()
    assert Settings(token="mine").secret() == "mine"


def test_no_token_is_for_loopback_only() -> None:
    assert Settings(no_token=True).secret() is None
    with pytest.raises(BadSetting, match="loopback"):
        Settings(no_token=True, host="0.0.0.0").secret()


@pytest.mark.parametrize(
    ("model", "models"),
    [
        ("auto", ("auto",)),
        ("ollama:phi,embedded", ("ollama:phi", "embedded")),
        (
            "openai:a@http://h:1/v1, openai:b@http://h:2",
            ("openai:a@http://h:1/v1", "openai:b@http://h:2"),
        ),
        ("replay:a,b.jsonl?speed=max", ("replay:a,b.jsonl?speed=max",)),
        ("replay:a,auto.jsonl", ("replay:a,auto.jsonl",)),
    ],
)
def test_a_comma_parts_models_where_a_kind_of_model_follows(
    model: str, models: tuple[str, ...]
) -> None:
    assert Settings(model=model).models == models
