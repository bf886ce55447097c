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


def test_whoever_gave_the_table_is_told_what_was_left_out_and_not_recognised() -> None:
    report = LoadReport("CSV file", patients=198)
    assert report.asides() == []
    report.left_out("rows without a patient id", 2)
    report.unrecognised = ["Dx", "Active Meds"]
    assert report.asides() == [
        "2 rows without a patient id were left out",
        "not recognised, kept as they are: Dx, Active Meds",
    ]


def test_only_the_first_names_are_told_each_up_to_a_bound_and_made_visible() -> None:
    report = LoadReport(unrecognised=["long " * 20, "\x1b[31m", *"abcdefgh"])
    (said,) = report.asides()
    assert said.endswith("a, b, c, d and 4 more")
    assert "\x1b" not in said
    assert len(said) < 120
