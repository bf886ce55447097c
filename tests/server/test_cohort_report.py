from server.cohort_report import Marks, Report, Reports, Row, mark
from server.grounding import check
from server.patients import Patient

JANET = Patient("25", name="Janet Lee", conditions="hypertension", medications="lisinopril 20 mg")


def test_a_report_counts_its_rows() -> None:
    report = Report(2_000, ["phi"])
    assert report.sentence == "0 of 2,000 patients: none yet"
    for number in range(3):
        report.add(Row(patient_id=str(number), status="done"))
    report.add(Row(patient_id="3", status="failed", kind="model_failed", reason="It broke."))
    assert report.sentence == "4 of 2,000 patients: 3 done, 1 failed"


def test_the_last_reports_are_remembered() -> None:
    reports = Reports(limit=2)
    assert reports.get(None) is None
    first, second, third = (Report(1, []) for _ in range(3))
    for report in (first, second, third):
        reports.add(report)
    assert reports.get(None) is third
    assert reports.get(second.id) is second
    assert reports.get(first.id) is None


def test_marks_count_the_sentences_by_what_the_record_says() -> None:
    marks = mark(check("Janet Lee has hypertension. She has leprosy.", JANET))
    assert (marks.supported, marks.unsupported, marks.contradicted) == (1, 1, 0)
    assert marks.omissions == 1


def test_saved_marks_of_another_shape_are_none() -> None:
    assert Marks.read({"supported": 1, "omissions": 2}) == Marks(supported=1, omissions=2)
    assert Marks.read({"liked": 1}) is None
    assert Marks.read(None) is None
