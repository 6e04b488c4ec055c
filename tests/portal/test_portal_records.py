"""Pages, rows, groups and differences say what stands in the releases, and stay what they were under new ones."""

import json
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import pandas as pd
import pytest
from portal_things import LABELS, OneTable, make_things, things
from starlette.testclient import TestClient

from pipelines.contracts.store import Store
from portal.answer import Answer, Problem
from portal.changes import diff
from portal.cursor import Cursor, read_cursor
from portal.groups import groups, groups_at_once
from portal.records import page, row

ROOT = Path(__file__).parents[2]
OLD, NEW = "2026-03-01.1", "2026-03-02.1"


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return things()


@pytest.fixture(scope="module")
def site(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> OneTable:
    now = frame.copy()
    now.loc[3, "name"] = "Otro nombre"
    now.loc[3, "amount"] = 7.0
    now.loc[4, "district"] = None
    now = now.drop(index=[10, 11]).reset_index(drop=True)
    more = {**now.iloc[0].to_dict(), "id": "t-9999"}
    now = pd.concat([now, pd.DataFrame([more], dtype=object)], ignore_index=True)
    root = tmp_path_factory.mktemp("versions")
    return OneTable({OLD: make_things(root / "old", frame), NEW: make_things(root / "new", now)})


def told(answer: Answer) -> dict:  # type: ignore[type-arg]
    assert isinstance(answer.body, bytes)
    return json.loads(answer.body)


def lines(site: OneTable, version: str) -> list[str]:
    return site.tables[version].file("jsonl").read_text(encoding="utf-8").splitlines()


def test_a_page_holds_the_very_bytes_of_the_release(site: OneTable) -> None:
    for query in ("limit=5", "order=-amount&limit=5", "kind=lab&limit=5", "q=nandu&limit=5"):
        answer = page(site, "stuff", "things", query)
        given = told(answer)
        rows = [json.loads(line) for line in lines(site, NEW)]
        assert [given["dataset"], given["version"], given["table"], len(given["rows"])] == ["stuff", NEW, "things", 5]
        assert all(r in rows for r in given["rows"])
        written = answer.body.decode()
        assert sum(line in written for line in lines(site, NEW)) >= 5
    assert told(page(site, "stuff", "things", "kind=lab"))["total"] == sum(r["kind"] == "lab" for r in rows)


def walk(site: OneTable, query: str) -> list[dict]:  # type: ignore[type-arg]
    rows = []
    while True:
        given = told(page(site, "stuff", "things", query))
        rows += given["rows"]
        if given["next"] is None:
            return rows
        parts = urlsplit(given["next"])
        assert (parts.scheme, parts.netloc, parts.path) == (
            "https",
            "datos.example",
            "/v1/datasets/stuff/tables/things",
        )
        query = parts.query


@pytest.mark.parametrize("query", ["limit=37", "limit=10&order=name,-id&kind__null=false", "limit=50&order=-district"])
def test_following_next_gives_every_row_once(site: OneTable, query: str) -> None:
    rows = walk(site, query)
    meant = [r for r in map(json.loads, lines(site, NEW)) if "kind__null" not in query or r["kind"] is not None]
    assert len(rows) == len(meant)
    assert Counter((r["part"], r["id"]) for r in rows) == Counter((r["part"], r["id"]) for r in meant)


def test_a_cursor_stays_in_its_version_and_in_its_query(site: OneTable, frame: pd.DataFrame, tmp_path: Path) -> None:
    before = OneTable({OLD: site.tables[OLD]})
    first = told(page(before, "stuff", "things", "limit=10"))
    rest = page(site, "stuff", "things", urlsplit(first["next"]).query)
    assert (told(rest)["version"], rest.cache) == (OLD, "version")
    assert [json.dumps(r, ensure_ascii=False) for r in told(rest)["rows"]] == lines(site, OLD)[10:20]
    after = dict(parse_qsl(urlsplit(first["next"]).query))["after"]
    for wrong in (
        f"after={after}&kind=lab",
        f"after={after}&version={NEW}",
        "after=x",
        "after=" + "A" * 500,
        "after=%00",
        f"after={after}é",
    ):
        with pytest.raises(Problem) as caught:
            page(site, "stuff", "things", wrong)
        assert caught.value.status == 400, wrong
    far = Cursor(OLD, read_cursor(after).asked, 10**9).text()
    with pytest.raises(Problem, match="after"):
        page(site, "stuff", "things", f"after={far}")
    assert told(page(site, "stuff", "things", f"after={after}&limit=3&select=id"))["rows"][0] == {"id": "t-0010"}


def test_the_version_is_the_named_one_or_the_newest_of_its_time(site: OneTable) -> None:
    def version(query: str) -> str:
        return str(told(page(site, "stuff", "things", query + "&limit=1"))["version"])

    assert version(f"version={OLD}") == OLD
    assert version("version=latest") == NEW
    assert version("published_by=2026-03-01") == OLD
    assert version("published_by=2026-03-02T08:59:59Z") == OLD
    assert version("published_by=2026-03-02T10:00:00%2B01:00") == NEW
    assert version("published_by=2030-01-01") == NEW
    assert version(f"version={OLD}&published_by=2030-01-01") == OLD
    for query, status in (
        ("published_by=2020-01-01", 404),
        ("published_by=9999-12-31", 400),
        ("published_by=soon", 400),
        ("version=2020-01-01.1", 404),
        (f"version={NEW}&published_by=2026-03-01", 404),
        ("lang=fr", 400),
    ):
        with pytest.raises(Problem) as caught:
            page(site, "stuff", "things", query)
        assert caught.value.status == status, query


def test_only_what_never_changes_may_be_kept_for_good(site: OneTable) -> None:
    kept = {
        q: page(site, "stuff", "things", q).cache
        for q in (f"version={OLD}", "", "version=latest", "published_by=2026-03-01")
    }
    assert list(kept.values()) == ["version", "edition", "edition", "edition"]
    tags = [page(site, "stuff", "things", q).etag for q in ("", "limit=3", "kind=lab", "order=id", f"version={OLD}")]
    assert len(set(tags)) == 5
    assert page(site, "stuff", "things", "kind=lab").etag == tags[2]


def test_chosen_columns_are_written_as_the_release_writes_them(site: OneTable) -> None:
    given = told(page(site, "stuff", "things", "select=amount,name,active,seen,as_of_from&limit=1000"))["rows"]
    rows = [json.loads(line) for line in lines(site, NEW)]
    assert given == [{c: r[c] for c in ("amount", "name", "active", "seen", "as_of_from")} for r in rows]
    assert list(given[0]) == ["amount", "name", "active", "seen", "as_of_from"]


def test_a_row_is_found_by_its_key(site: OneTable) -> None:
    for version in (OLD, NEW):
        for line in lines(site, version)[:50]:
            given = json.loads(line)
            key = given["part"].replace("\\", "\\\\").replace("/", "\\/") + "/" + given["id"]
            answer = row(site, "stuff", "things", key, f"version={version}")
            assert (told(answer)["row"], answer.cache) == (given, "version")
    for asked, query, status in (
        ("a/nothing", "", 404),
        (key, "limit=1", 400),
        (key, "name=a", 400),
        (key, "x=a", 400),
    ):
        with pytest.raises(Problem) as caught:
            row(site, "stuff", "things", asked, query)
        assert caught.value.status == status, query


def test_groups_count_and_calculate(site: OneTable) -> None:
    rows = [json.loads(line) for line in lines(site, NEW)]
    given = told(groups(site, "stuff", "things", "by=kind&sum=amount&avg=amount&min=amount,order&max=district&part=a"))
    chosen = [r for r in rows if r["part"] == "a"]
    by: dict[str | None, list] = defaultdict(list)  # type: ignore[type-arg]
    for r in chosen:
        by[r["kind"]].append(r)
    assert (given["total"], given["total_groups"]) == (len(chosen), len(by))
    assert [g["count"] for g in given["groups"]] == sorted((len(v) for v in by.values()), reverse=True)
    for group in given["groups"]:
        mine = by[group["group"]["kind"]]
        amounts = [r["amount"] for r in mine if r["amount"] is not None]
        assert group["count"] == len(mine)
        assert group["sum"]["amount"] == pytest.approx(sum(amounts))
        assert group["avg"]["amount"] == pytest.approx(sum(amounts) / len(amounts))
        assert group["min"] == {c: min(r[c] for r in mine if r[c] is not None) for c in ("amount", "order")}
        assert group["max"]["district"] == max(r["district"] for r in mine if r["district"] is not None)
        kind = group["group"]["kind"]
        assert group.get("labels") == (None if kind is None else {"kind": LABELS[kind].model_dump()})


@pytest.mark.parametrize("by", ["kind", "part", "active", "order"])
def test_figures_that_were_made_are_those_that_are_counted(
    site: OneTable, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    numeric = "amount,district,order"
    query = f"by={by}&sum={numeric}&avg={numeric}&min={numeric}&max={numeric}"
    at_once = groups_at_once(site, "stuff", "things", query)
    assert at_once is not None
    for more in ("&district__gt=3", "&valid_on=2019-06-01", "&q=canon", "&name__null=true"):
        assert groups_at_once(site, "stuff", "things", query + more) is None
    monkeypatch.setattr("portal.table.Table.groups", lambda *_: None)
    assert groups_at_once(site, "stuff", "things", query) is None
    counted = groups(site, "stuff", "things", query)
    assert (at_once.body, at_once.etag) == (counted.body, counted.etag)


def test_the_empty_cells_of_numbers_are_no_numbers_of_a_group(site: OneTable) -> None:
    rows = [json.loads(line) for line in lines(site, NEW)]
    for group in told(groups(site, "stuff", "things", "by=order&sum=amount&avg=amount&min=amount&max=order"))["groups"]:
        order = group["group"]["order"]
        amounts = [r["amount"] for r in rows if r["order"] == order and r["amount"] is not None]
        assert group["count"] == sum(r["order"] == order for r in rows)
        assert group["sum"]["amount"] == pytest.approx(sum(amounts))
        assert group["avg"]["amount"] == pytest.approx(sum(amounts) / len(amounts))
        assert (group["min"]["amount"], group["max"]["order"]) == (min(amounts), order)


@pytest.mark.parametrize("by", ["district,kind", "part,id", "name", "seen,name"])
def test_groups_of_pairs_are_all_there(site: OneTable, by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    names = by.split(",")
    counts = Counter(tuple(json.loads(line)[n] for n in names) for line in lines(site, NEW))
    for dense in (1_000_000, 0):
        monkeypatch.setattr("portal.groups._DENSE", dense)
        found: list[tuple[tuple[object, ...], int]] = []
        query = f"by={by}&limit=60"
        while True:
            given = told(groups(site, "stuff", "things", query))
            found += [(tuple(g["group"].values()), g["count"]) for g in given["groups"]]
            if given["next"] is None:
                break
            query = urlsplit(given["next"]).query
        assert [c for _, c in found] == sorted(counts.values(), reverse=True)
        assert dict(found) == dict(counts)
        assert given["total_groups"] == len(counts)


def test_groups_want_columns(site: OneTable) -> None:
    for query in (
        "",
        "by=",
        "by=name,kind,part",
        "by=nothing",
        "by=kind&sum=name",
        "by=kind&select=name",
        "by=kind&order=id",
    ):
        with pytest.raises(Problem) as caught:
            groups(site, "stuff", "things", query)
        assert caught.value.status == 400, query


def test_groups_of_no_rows_are_none(site: OneTable) -> None:
    given = told(groups(site, "stuff", "things", "by=kind,name&sum=amount&name=nowhere"))
    assert (given["total"], given["total_groups"], given["groups"], given["next"]) == (0, 0, [], None)


def test_a_diff_tells_each_row_that_is_not_the_same(site: OneTable) -> None:
    def changes(first: str, second: str) -> list[dict]:  # type: ignore[type-arg]
        answer = diff(site, "stuff", first, second, "")
        assert answer.cache == "version"
        return [json.loads(line) for line in b"".join(answer.body).splitlines()]  # type: ignore[arg-type]

    old, new = ([json.loads(x) for x in lines(site, v)] for v in (OLD, NEW))
    found = changes(OLD, NEW)
    assert Counter(c["change"] for c in found) == {
        "changed": sum(old[n] != new[n] for n in (3, 4)),
        "added": 1,
        "removed": 2,
    }
    changed = {c["key"]["id"]: c for c in found if c["change"] == "changed"}
    assert (changed["t-0003"]["before"], changed["t-0003"]["row"]) == (old[3], new[3])
    assert set(changed["t-0003"]["columns"]) == {c for c in old[3] if old[3][c] != new[3][c]}
    assert [c["row"] for c in found if c["change"] == "added"] == [r for r in new if r["id"] == "t-9999"]
    assert sorted(c["key"]["id"] for c in found if c["change"] == "removed") == ["t-0010", "t-0011"]
    back = changes(NEW, OLD)
    assert Counter(c["change"] for c in back)["added"] == 2
    assert changes(NEW, NEW) == []
    assert list(found[0]["key"]) == ["part", "id"]
    for query, status in (("table=other", 404), ("x=1", 400)):
        with pytest.raises(Problem) as caught:
            diff(site, "stuff", OLD, NEW, query)
        assert caught.value.status == status


def test_the_addresses_answer(client: TestClient) -> None:
    place = "/v1/datasets/visits/tables/visits"
    whole = client.get(place).json()
    assert (whole["total"], [r["visit_id"] for r in whole["rows"]]) == (4, ["v-1", "v-2", "v-3", "v-4"])
    assert client.get(f"{place}/rows/v-2").json()["row"] == whole["rows"][1]
    assert client.get(f"{place}/rows/{quote('no/ñ', safe='')}").status_code == 404
    assert client.get(f"{place}/groups?by=place_id").json()["groups"][0]["count"] == 2
    assert [f["name"] for f in client.get(f"{place}/schema").json()["fields"]][:2] == ["visit_id", "place_id"]
    first = client.get("/v1/datasets/visits/versions").json()["versions"][-1]["version"]
    added = client.get(f"/v1/datasets/visits/versions/{first}/diff/latest?table=visits")
    assert [json.loads(x)["key"] for x in added.text.splitlines()] == [{"visit_id": "v-4"}]
    assert client.get(f"{place}?version={first}").json()["total"] == 3
    day = client.get(f"{place}?valid_on=2022-12-24").json()
    assert ([r["visit_id"] for r in day["rows"]], day["unknown"]) == (["v-2", "v-3"], 0)
    assert client.get(f"{place}?people=x").json()["parameter"] == "people"
    assert client.get(place, headers={"accept": "text/csv"}).text.startswith("visit_id,place_id")
    assert client.get(place, headers={"accept": "text/html"}).json() == whole
    assert client.get(place, headers={"accept": "image/png"}).status_code == 406


def test_answers_are_made_without_pandas(portal_store: Store) -> None:
    asked = """
import sys
from pathlib import Path
from pipelines.contracts.store import Store
from portal.export import export
from portal.groups import groups
from portal.records import page, row
from portal.site import Sites
site = Sites(Store(Path(sys.argv[1])), "http://127.0.0.1").current()
table = (site, "visits", "visits")
for query in ("people__gte=1&order=date_from&place_id__contains=r&q=ret", "select=date_from,people", "valid_on=2022-03-02"):
    page(*table, query)
row(*table, "v-1", "")
groups(*table, "by=place_id&sum=people&min=people")
for ending in ("csv", "jsonl", "parquet", "xlsx"):
    b"".join(export(*table, ending, "select=visit_id,people,date_to").body)
sys.exit("pandas" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", asked, str(portal_store.root)], cwd=ROOT, check=False)
    assert done.returncode == 0


def test_a_cursor_of_another_table_is_refused(client: TestClient) -> None:
    # A version of this name is there in both datasets, and no filter is set.
    first = client.get("/v1/datasets/places/versions").json()["versions"][-1]["version"]
    follows = client.get(f"/v1/datasets/visits/tables/visits?limit=1&version={first}").json()["next"]
    assert client.get(follows).json()["rows"][0]["visit_id"] == "v-2"
    after = dict(parse_qsl(urlsplit(follows).query))["after"]
    for path in ("places/tables/places?", "visits/tables/visits/groups?by=place_id&"):
        answer = client.get(f"/v1/datasets/{path}after={after}")
        assert (answer.status_code, answer.json()["code"], answer.json()["parameter"]) == (400, "cursor", "after")
