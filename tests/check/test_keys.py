"""Keys across datasets and by kind, against the tables of one edition."""

from collections.abc import Callable
from typing import Any

import pandas as pd
from check_builders import codes, dataset, field, published, resource, tables

from pipelines.check import check_keys_across
from pipelines.contracts.findings import Finding

ORGS = published(dataset(resource("orgs", [field("id"), field("n", public=False)]), name="members"), orgs=[{"id": "o"}])
TO_ORGS = {"fields": ["org"], "reference": {"dataset": "members", "resource": "orgs", "fields": ["id"]}}
BY_KIND = {
    "fields": ["subject"],
    "kind": "kind",
    "references": {
        "organisation": {"dataset": "members", "resource": "orgs", "fields": ["id"]},
        "thing": {"resource": "t", "fields": ["id"]},
    },
}


def edition(**datasets: dict[str, pd.DataFrame]) -> Callable[[str, str], pd.DataFrame | None]:
    return lambda dataset, table: datasets.get(dataset, {}).get(table)


def found(key: dict[str, Any], rows: list[dict[str, Any]], **datasets: dict[str, pd.DataFrame]) -> list[Finding]:
    columns = [field(n) for n in ("id", "org", "kind", "subject")]
    file = dataset(resource("t", columns, keys=[key]))
    return check_keys_across(file, tables(file, t=rows), edition(**datasets))


def test_a_key_that_is_there_is_no_finding() -> None:
    assert found(TO_ORGS, [{"id": "a", "org": "o"}], members=ORGS) == []


def test_an_empty_key_names_nothing() -> None:
    assert found(TO_ORGS, [{"id": "a"}, {"id": "b", "org": ""}]) == []


def test_a_missing_row_names_the_dataset_that_lacks_it() -> None:
    (one,) = found(TO_ORGS, [{"id": "a", "org": "o"}, {"id": "b", "org": "x"}], members=ORGS)
    assert (one.code, one.value, one.row, one.key) == ("key-missing", "x", 3, "b")
    assert one.params == {"reference": "members/orgs", "datasets": "members"}


def test_a_dataset_outside_the_edition_is_said_once() -> None:
    (one,) = found(TO_ORGS, [{"id": "a", "org": "o"}, {"id": "b", "org": "x"}])
    assert (one.code, one.table, one.params["datasets"]) == ("key-dataset-absent", "t", "members")


def test_a_key_to_a_private_column_is_told_apart_from_a_missing_row() -> None:
    key = {"fields": ["org"], "reference": {"dataset": "members", "resource": "orgs", "fields": ["n"]}}
    (one,) = found(key, [{"id": "a", "org": "o"}], members=ORGS)
    assert (one.code, one.params["column"]) == ("key-column-absent", "n")


def test_the_kind_says_which_table_is_named() -> None:
    rows = [{"id": "a", "kind": "organisation", "subject": "o"}, {"id": "b", "kind": "thing", "subject": "a"}]
    assert found(BY_KIND, rows, members=ORGS) == []


def test_a_key_of_one_kind_is_not_looked_for_among_another() -> None:
    (one,) = found(BY_KIND, [{"id": "o", "kind": "organisation", "subject": "a"}, {"id": "a"}], members=ORGS)
    assert (one.code, one.value) == ("key-missing", "a")


def test_an_unknown_kind_is_a_finding_of_its_own() -> None:
    (one,) = found(BY_KIND, [{"id": "a", "kind": "person", "subject": "x"}], members=ORGS)
    assert (one.code, one.field, one.value, one.params["expected"]) == (
        "key-kind-unknown",
        "kind",
        "person",
        "organisation, thing",
    )


def test_a_key_without_its_kind_is_a_finding() -> None:
    (one,) = found(BY_KIND, [{"id": "a", "subject": "x"}], members=ORGS)
    assert (one.code, one.params["column"]) == ("key-kind-missing", "kind")


def test_a_dataset_that_no_row_names_may_be_absent() -> None:
    assert found(BY_KIND, [{"id": "a", "kind": "thing", "subject": "a"}]) == []


def test_a_key_of_two_columns_is_found_only_as_a_whole() -> None:
    other = dataset(resource("codes", [field("scheme"), field("code")], key=["scheme", "code"]), name="vocab")
    there = published(other, codes=[{"scheme": "a", "code": "1"}, {"scheme": "b", "code": "2"}])
    key = {
        "fields": ["org", "subject"],
        "reference": {"dataset": "vocab", "resource": "codes", "fields": ["scheme", "code"]},
    }
    rows = [{"id": "x", "org": "a", "subject": "1"}, {"id": "y", "org": "a", "subject": "2"}]
    (one,) = found(key, rows, vocab=there)
    assert (one.code, one.key, one.params["columns"]) == ("key-missing", "y", "org, subject")


def test_a_number_finds_the_same_number_in_another_type() -> None:
    other = published(dataset(resource("years", [field("y", "integer")], key=["y"]), name="time"), years=[{"y": 2020}])
    file = dataset(
        resource(
            "t",
            [field("id"), field("y", "year")],
            keys=[{"fields": ["y"], "reference": {"dataset": "time", "resource": "years", "fields": ["y"]}}],
        )
    )
    assert check_keys_across(file, tables(file, t=[{"id": "a", "y": 2020}]), edition(time=other)) == []


def test_released_tables_without_private_columns_can_be_checked_again() -> None:
    file = dataset(
        resource(
            "t", [field("id"), field("org"), field("x", public=False)], keys=[TO_ORGS, {**TO_ORGS, "fields": ["x"]}]
        )
    )
    broken = check_keys_across(file, published(file, t=[{"id": "a", "org": "z"}]), edition(members=ORGS))
    assert codes(broken) == ["key-missing"]
    assert broken[0].row is None
