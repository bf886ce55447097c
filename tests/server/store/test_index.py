"""Which text holds, by the history and by the CSV file."""

from server.store.csv_format import Rows
from server.store.history import Brief
from server.store.index import Index


def written(at: int, patient_id: str, crc: int = 1, name: str = "Ann") -> Brief:
    return Brief(at, patient_id, name, crc, removed=False, found_in_file=False)


def removed(at: int, patient_id: str) -> Brief:
    return Brief(at, patient_id, "Ann", 0, removed=True, found_in_file=False)


def found(at: int, patient_id: str, crc: int) -> Brief:
    return Brief(at, patient_id, "Ann", crc, removed=False, found_in_file=True)


def rows(*texts: tuple[str, int]) -> Rows:
    """A file, by the patient and the checksum of each row."""
    return Rows(
        starts=list(range(len(texts) + 1)),
        ids=[id for id, _ in texts],
        names=["Ann" if id else "" for id, _ in texts],
        crcs=[crc for _, crc in texts],
    )


def known(patient_id: str, row: int) -> bool:
    return True


def unknown(patient_id: str, row: int) -> bool:
    return False


def listed(index: Index) -> list[str]:
    ids = list(index.newest_first())
    assert len(ids) == len(index)
    assert all(id in index for id in ids)
    return ids


def test_the_last_entry_of_a_patient_is_the_newest() -> None:
    index = Index()
    for news in (written(0, "1"), written(10, "2"), written(20, "1")):
        index.take(news)
    assert listed(index) == ["1", "2"]
    assert (index.last("1"), index.last("2"), index.last("3")) == (20, 10, None)
    assert list(index.behind) == ["1", "2"]


def test_loading_is_taking() -> None:
    news = [written(0, "1"), written(10, "2"), removed(20, "1"), written(30, "3"), removed(40, "3")]
    news += [written(50, "3"), written(60, "2", 7)]
    taken, loaded = Index(), Index()
    for each in news:
        taken.take(each)
    loaded.load(news)
    assert loaded.removed == taken.removed
    assert listed(loaded) == listed(taken) == ["2", "3"]
    assert [loaded.last(id) for id in "123"] == [taken.last(id) for id in "123"] == [20, 60, 50]


def test_who_was_removed_is_not_listed_but_remembered() -> None:
    index = Index()
    index.take(written(0, "1"))
    index.take(removed(10, "1"))
    assert listed(index) == []
    assert index.last("1") == 10
    index.take(written(20, "1"))
    assert listed(index) == ["1"]


def test_a_file_that_has_everything_leaves_nothing_behind() -> None:
    index = Index()
    index.load([written(0, "1", 11), written(10, "2", 22)])
    index.merge(rows(("2", 22), ("", 0), ("1", 11)), unknown)
    assert (len(index.behind), len(index.edited), len(index.foreign)) == (0, 0, 0)


def test_a_file_that_lacks_a_row_or_has_an_old_one_is_behind() -> None:
    index = Index()
    index.load([written(0, "1"), written(10, "2"), removed(20, "3"), written(30, "4")])
    index.merge(rows(("2", 99), ("3", 5), ("4", 1)), known)
    assert set(index.behind) == {"1", "2", "3"}
    assert listed(index) == ["4", "2", "1"]


def test_a_text_that_the_history_does_not_know_holds() -> None:
    index = Index()
    index.load([written(0, "1"), written(10, "2"), removed(20, "3")])
    index.merge(rows(("1", 99), ("2", 1), ("3", 5), ("4", 6)), unknown)
    assert set(index.edited) == {"1", "3"}
    assert set(index.foreign) == {"4"}
    assert index.behind == {}
    assert listed(index) == ["3", "1", "2", "4"]
    assert index.matching("ann") == ["3", "1", "2", "4"]
    assert index.last("1") == 0


def test_a_row_holds_until_it_is_recorded() -> None:
    index = Index()
    index.load([written(0, "1")])
    index.merge(rows(("1", 99), ("2", 5)), unknown)
    index.take(written(10, "1"))
    index.take(written(20, "2"))
    assert set(index.edited) == {"1", "2"}
    assert len(index.foreign) == 0
    index.take(found(30, "1", 99))
    index.take(found(40, "2", 5))
    assert len(index.edited) == 0
    assert index.behind == {}
    assert listed(index) == ["2", "1"]


def test_of_two_rows_of_a_patient_the_last_counts() -> None:
    index = Index()
    index.load([written(0, "1", 7)])
    index.merge(rows(("1", 7), ("2", 5), ("1", 7), ("2", 6)), known)
    assert index.superseded == {0: "1", 1: "2"}
    assert index.row("1") == 2
    assert index.row("2") == 3


def test_rows_that_moved_are_found_again() -> None:
    index = Index()
    index.load([written(0, "1", 7)])
    index.merge(rows(("1", 7), ("2", 5), ("3", 6)), known)
    index.locate(["2", "4", "3"])
    assert (index.row("2"), index.row("3"), index.row("1")) == (0, 2, None)


def test_what_was_written_is_behind_only_where_more_came_since() -> None:
    index = Index()
    index.take(written(0, "1"))
    index.take(written(10, "2"))
    plan = {id: index.last(id) for id in index.behind}
    index.take(written(20, "2"))
    index.caught_up(plan)
    assert list(index.behind) == ["2"]


def test_a_version_covers_the_history_up_to_a_byte() -> None:
    index = Index()
    index.load([written(0, "1"), removed(10, "2"), written(20, "3"), removed(30, "4")])
    index.covered(20)
    assert set(index.behind) == {"3", "4"}
    index.covered(40)
    assert index.behind == {}


def test_a_query_knows_no_case() -> None:
    index = Index()
    index.load([written(0, "X1", name="Jürgen STRASSE"), written(10, "x2", name="Ann")])
    assert index.matching("JÜRGEN straße") == ["X1"]
    assert index.matching("x") == ["x2", "X1"]
