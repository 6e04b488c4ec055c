"""Change against the last release: what is lost is seen, and what is declared is not lost."""

from typing import Any

import pytest
from check_builders import codes, dataset, field, published, resource, tables
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.check.change import check_change
from pipelines.check.places import Places
from pipelines.contracts.findings import Finding

FIELDS = [field("id"), field("text"), field("n", "number"), field("inner", public=False)]
REASON = {"es": "Se unió", "en": "Merged"}


def found(
    before: list[dict[str, Any]] | None,
    now: list[dict[str, Any]],
    *,
    retired: list[dict[str, Any]] | None = None,
    **more: Any,
) -> list[Finding]:
    declared = [{"table": "t", "reason": REASON, **one} for one in retired or []]
    file = dataset(resource("t", FIELDS, **more), retired=declared)
    former = None if before is None else published(file, t=before)["t"]
    return list(check_change(Places("things", file.resource("t"), tables(file, t=now)["t"]), file.retired, former))


def rows(*ids: str, **more: Any) -> list[dict[str, Any]]:
    return [{"id": i, **more} for i in ids]


def test_the_first_release_has_lost_nothing() -> None:
    assert found(None, rows("a")) == []


def test_the_same_and_more_rows_are_no_loss() -> None:
    assert found(rows("a"), rows("a", "b")) == []


def test_a_third_of_the_rows_gone_is_an_error() -> None:
    (one,) = found(rows("a", "b", "c"), rows("a", "b"))
    assert (one.code, one.severity) == ("rows-lost", "error")
    assert one.params == {"count": "1", "former": "3", "rate": "33.3 %", "limit": "10.0 %"}


def test_a_few_rows_gone_are_a_warning() -> None:
    ids = [str(n) for n in range(20)]
    (one,) = found(rows(*ids), rows(*ids[1:]))
    assert (one.code, one.severity) == ("rows-lost", "warning")


def test_the_dataset_file_says_how_much_may_be_lost() -> None:
    assert found(rows("a", "b"), rows("a"), change={"rows_lost_warning": 0.5, "rows_lost_error": 0.9}) == []


def test_rows_replaced_by_others_are_lost_though_there_are_as_many() -> None:
    assert codes(found(rows("a", "b"), rows("c", "d"))) == ["rows-lost"]


def test_all_rows_gone_cannot_be_approved() -> None:
    (one,) = found(rows("a"), [], change={"rows_lost_warning": 1, "rows_lost_error": 1})
    assert (one.code, one.blocks, one.message.approvable) == ("table-emptied", True, False)


def test_all_rows_gone_and_declared_are_no_loss() -> None:
    assert found(rows("a"), [], retired=[{"id": "a"}]) == []


def test_rows_are_counted_where_the_key_was_never_public() -> None:
    private = [field("id", public=False), field("text")]
    file = dataset(resource("t", private))
    former = published(file, t=rows("a", "b", text="x"))["t"]
    one = file.resource("t")
    now = tables(file, t=rows("z", text="x"))["t"]
    assert codes(list(check_change(Places("things", one, now), [], former))) == ["rows-lost"]


def test_a_minted_id_that_is_gone_undeclared_is_named() -> None:
    some = {"rows_lost_warning": 1, "rows_lost_error": 1}
    (one,) = found(rows("a", "b"), rows("a"), minted=True, change=some)
    assert (one.code, one.value, one.key, one.row, one.message.approvable) == ("id-gone", "b", "b", None, True)


def test_a_declared_id_may_go() -> None:
    assert found(rows("a", "b"), rows("a"), minted=True, retired=[{"id": "b", "into": "a"}]) == []


def test_an_id_declared_for_another_table_is_still_gone() -> None:
    gone = found(rows("a", "b"), rows("a"), minted=True, retired=[{"table": "other", "id": "b"}])
    assert "id-gone" in codes(gone)


def test_a_retired_id_that_is_used_again_is_an_error_for_good() -> None:
    (one,) = found(None, rows("a", "b"), retired=[{"id": "b"}])
    assert (one.code, one.value, one.row, one.message.approvable) == ("id-reused", "b", 3, False)


def test_an_id_must_be_merged_into_one_that_is_there() -> None:
    (one,) = found(None, rows("a"), retired=[{"id": "x", "into": "y"}])
    assert (one.code, one.key, one.params["into"]) == ("retired-target-missing", "x", "y")


def test_a_retired_id_is_no_target_either() -> None:
    chain = [{"id": "x", "into": "y"}, {"id": "y", "into": "a"}]
    assert [(f.code, f.key) for f in found(None, rows("a"), retired=chain)] == [("retired-target-missing", "x")]


def test_a_column_that_is_no_longer_published_is_named() -> None:
    file = dataset(resource("t", FIELDS))
    former = published(file, t=rows("a"))["t"].assign(old="x")
    (one,) = check_change(Places("things", file.resource("t"), tables(file, t=rows("a"))["t"]), [], former)
    assert (one.code, one.field, one.severity) == ("column-gone", "old", "warning")


def test_a_column_that_empties_is_an_error() -> None:
    (one,) = found(rows("a", "b", text="x"), [{"id": "a", "text": "x"}, {"id": "b"}])
    assert (one.code, one.field) == ("null-rate-risen", "text")
    assert one.params == {"rate": "50.0 %", "former": "0.0 %", "limit": "20.0 %"}


def test_a_rise_up_to_the_threshold_is_accepted() -> None:
    assert (
        found(rows("a", "b", text="x"), [{"id": "a", "text": "x"}, {"id": "b"}], change={"null_rate_rise": 0.5}) == []
    )


def test_private_columns_are_not_compared() -> None:
    assert found(rows("a", inner="x"), rows("a")) == []


@given(st.sets(st.sampled_from("abcdefgh")), st.sets(st.sampled_from("abcdefgh")), st.sets(st.sampled_from("abcdefgh")))
@settings(deadline=None)
def test_every_id_is_there_declared_or_a_finding(before: set[str], now: set[str], retired: set[str]) -> None:
    gone = found(rows(*sorted(before)), rows(*sorted(now)), minted=True, retired=[{"id": i} for i in sorted(retired)])
    assert {f.value for f in gone if f.code == "id-gone"} == before - now - retired
    assert {f.value for f in gone if f.code == "id-reused"} == now & retired


@pytest.mark.parametrize("minted", [True, False])
def test_only_minted_ids_are_followed_one_by_one(minted: bool) -> None:
    assert ("id-gone" in codes(found(rows("a", "b"), rows("a"), minted=minted))) is minted
