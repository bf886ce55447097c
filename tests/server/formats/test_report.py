"""The account of a load."""

from server.formats.report import LoadReport


def test_a_report_tells_what_was_read_and_what_was_left_out() -> None:
    report = LoadReport("FHIR file", patients=1200)
    report.took("Patient", 1200)
    report.took("Condition", 5000)
    report.left_out("Claim resources", 3)
    assert str(report) == (
        "1,200 patients, FHIR file (5,000 Condition, 1,200 Patient). Left out: 3 Claim resources."
    )


def test_nothing_left_out_is_not_told() -> None:
    report = LoadReport("CSV file", patients=1)
    report.took("rows")
    report.left_out("empty rows", 0)
    assert str(report) == "1 patients, CSV file (1 rows)."
