import pytest
from pydantic import BaseModel, ValidationError

from server import schemas


@pytest.mark.parametrize(
    ("sent", "id"), [(25, "25"), ("25", "25"), (" 25 ", "25"), (25.0, "25"), ("MRN-7", "MRN-7")]
)
def test_an_id_is_compared_as_stripped_text(sent: object, id: str) -> None:
    assert schemas.OnePatient.model_validate({"patient_id": sent}).patient_id == id


@pytest.mark.parametrize(
    "sent", [True, None, 2.5, float("nan"), float("inf"), [], {}, "", "  ", "x" * 201]
)
def test_what_is_no_id_is_refused(sent: object) -> None:
    with pytest.raises(ValidationError):
        schemas.OnePatient.model_validate({"patient_id": sent})


@pytest.mark.parametrize(
    "model",
    [
        item
        for item in vars(schemas).values()
        if isinstance(item, type) and issubclass(item, schemas.Arguments)
    ],
)
def test_every_argument_is_bounded(model: type[BaseModel]) -> None:
    for name, rule in model.model_json_schema().get("properties", {}).items():
        kinds = rule.get("anyOf", [rule])
        for kind in kinds:
            if kind["type"] == "string":
                assert "maxLength" in kind, name
            elif kind["type"] == "integer" and name != "patient_id":
                assert {"minimum", "maximum"} <= kind.keys(), name
