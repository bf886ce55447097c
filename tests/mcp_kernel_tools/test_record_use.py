from mcp_kernel_tools.answers import Claim, Grounding, Verdict
from mcp_kernel_tools.record_use import RecordUse

CONDITIONS = "gout, type 2 diabetes, hypertension"


def claim(field: str, evidence: str, verdict: Verdict = "supported") -> Claim:
    return {
        "text": "x",
        "start": 0,
        "end": 1,
        "kind": "condition",
        "verdict": verdict,
        "field": field,
        "evidence": evidence,
    }


def grounding(*claims: Claim, left_out: tuple[str, ...] = ()) -> Grounding:
    checked: Verdict = "neutral"
    return {
        "patient_id": "11",
        "sentences": [
            {"text": "x", "start": 0, "end": 1, "verdict": checked, "claims": list(claims)}
        ],
        "omissions": [{"field": "conditions", "text": text} for text in left_out],
        "counts": {},
    }


def told(
    use: RecordUse, field: str = "conditions", value: str = CONDITIONS
) -> list[tuple[str, str]]:
    return [(value[part.start : part.end], part.use) for part in use.parts(field, value)]


def test_each_part_is_used_or_left_out() -> None:
    use = RecordUse(grounding(claim("conditions", "gout"), left_out=("type 2 diabetes",)))
    assert told(use) == [("gout", "used"), ("type 2 diabetes", "left out")]


def test_what_was_told_otherwise_is_more_than_used() -> None:
    use = RecordUse(
        grounding(claim("conditions", "gout"), claim("conditions", "gout", "contradicted"))
    )
    assert told(use) == [("gout", "otherwise")]


def test_parts_come_in_their_order_and_none_lies_over_another() -> None:
    claims = [claim("conditions", text) for text in ("hypertension", "diabetes", CONDITIONS)]
    assert told(RecordUse(grounding(*claims))) == [("diabetes", "used"), ("hypertension", "used")]


def test_another_field_and_another_wording_mark_nothing() -> None:
    use = RecordUse(
        grounding(claim("notes", "gout"), claim("conditions", "GOUT?"), claim("conditions", ""))
    )
    assert told(use) == []
