"""A whole filter as a file holds every row of it, in its order, and nothing that a spreadsheet would run."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from portal_things import OneTable, cells, make_things, things
from starlette.testclient import TestClient

from portal.answer import FilePart, Problem
from portal.export import MOST_BOOKS, export
from portal.mapped import PIECE

VERSION = "2026-03-01.1"
LONG = "ñ" * 40_000


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    made = things()
    made.loc[1, "name"] = "=cmd|' /C calc'!A0"
    made.loc[2, "name"] = LONG
    return made


@pytest.fixture(scope="module")
def site(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> OneTable:
    return OneTable({VERSION: make_things(tmp_path_factory.mktemp("export"), frame)})


def body(site: OneTable, extension: str, query: str) -> bytes:
    answer = export(site, "stuff", "things", extension, query)  # type: ignore[arg-type]
    assert isinstance(answer.body, Iterator)
    pieces = list(answer.body)
    assert all(len(p) <= PIECE for p in pieces)
    return b"".join(pieces)


@pytest.mark.parametrize("extension", ["csv", "jsonl", "xlsx", "parquet"])
def test_a_table_without_a_filter_is_the_released_file(site: OneTable, extension: str) -> None:
    answer = export(site, "stuff", "things", extension, f"version={VERSION}&lang=en")  # type: ignore[arg-type]
    assert isinstance(answer.body, FilePart)
    assert answer.body.path == site.tables[VERSION].file(extension)
    assert answer.body.file is not None
    answer.body.file.close()
    assert (answer.filename, answer.cache) == (f"stuff-{VERSION}-things.{extension}", "version")


def meant(frame: pd.DataFrame) -> list[int]:
    kinds, districts = cells(frame, "kind"), cells(frame, "district")
    rows = [n for n, k in enumerate(kinds) if k == "lab"]
    return sorted(rows, key=lambda n: (districts[n] is None, int(districts[n] or 0), n))


QUERY = "kind=lab&order=district"


def test_text_files_are_the_lines_of_the_release(site: OneTable, frame: pd.DataFrame) -> None:
    table = site.tables[VERSION]
    rows = meant(frame)
    assert body(site, "jsonl", QUERY) == b"".join(table.jsonl.row(n) for n in rows)
    assert body(site, "csv", QUERY) == table.csv.head + b"".join(table.csv.row(n) for n in rows)
    assert body(site, "csv", "order=-id").splitlines(keepends=True)[1] == table.csv.row(int(table.order[0][-1]))


def test_chosen_columns_are_written_as_the_release_would(site: OneTable, frame: pd.DataFrame) -> None:
    names = ["amount", "name", "seen", "active"]
    given = list(csv.reader(io.StringIO(body(site, "csv", f"{QUERY}&select={','.join(names)}").decode(), newline="")))
    columns = [cells(frame, n) for n in names]
    assert given == [names, *([c[n] or "" for c in columns] for n in meant(frame))]
    every = body(site, "csv", f"select={','.join(frame.columns)}")
    assert every == site.tables[VERSION].file("csv").read_bytes()
    assert body(site, "jsonl", f"select={','.join(frame.columns)}") == site.tables[VERSION].file("jsonl").read_bytes()


def test_parquet_has_the_types_of_the_release(site: OneTable, frame: pd.DataFrame) -> None:
    given = pq.read_table(io.BytesIO(body(site, "parquet", QUERY)))
    whole = pq.read_table(site.tables[VERSION].file("parquet"))
    assert given.equals(whole.take(meant(frame)))
    assert given.schema.types == whole.schema.types
    some = pq.read_table(io.BytesIO(body(site, "parquet", "select=seen,id&name=nowhere")))
    assert (some.column_names, some.num_rows) == (["seen", "id"], 0)


def test_a_workbook_holds_texts_as_texts(site: OneTable, frame: pd.DataFrame) -> None:
    raw = body(site, "xlsx", "order=id&select=name,amount,active,as_of_from,id")
    book = openpyxl.load_workbook(io.BytesIO(raw))
    sheet = book["things"]
    rows = list(sheet.iter_rows())
    assert [c.value for c in rows[0]] == ["name", "amount", "active", "as_of_from", "id"]
    assert len(rows) == len(frame) + 1
    assert {c.data_type for line in rows for c in line} <= {"s", "n", "b", "d"}
    by_id = {line[4].value: line for line in rows[1:]}
    assert (by_id["t-0001"][0].value, by_id["t-0001"][0].data_type) == ("=cmd|' /C calc'!A0", "s")
    assert by_id["t-0002"][0].value.endswith("[…] (CSV)")
    large = next(i for i, a in zip(frame["id"], frame["amount"], strict=True) if a == 1e17)
    assert by_id[large][1].value == "1e+17"
    assert raw == body(site, "xlsx", "order=id&select=name,amount,active,as_of_from,id")


def test_other_formats_and_pages_are_refused(site: OneTable) -> None:
    for extension, query, status in (
        ("exe", "", 404),
        ("csv", "limit=5", 400),
        ("csv", "by=kind", 400),
        ("csv", "x=1", 400),
    ):
        with pytest.raises(Problem) as caught:
            export(site, "stuff", "things", extension, query)  # type: ignore[arg-type]
        assert caught.value.status == status


def test_no_temporary_file_is_left_when_a_reader_goes_away(
    site: OneTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    answer = export(site, "stuff", "things", "xlsx", "kind=lab")  # type: ignore[arg-type]
    next(answer.body)  # type: ignore[arg-type]
    assert len(list(tmp_path.iterdir())) == 1
    answer.body.close()  # type: ignore[union-attr]
    assert list(tmp_path.iterdir()) == []


def test_the_addresses_offer_a_download(client: TestClient) -> None:
    place = "/v1/datasets/visits/tables/visits"
    whole = client.get(f"{place}.csv")
    assert whole.content == client.get("/datasets/visits/latest/visits.csv").content
    assert "attachment" in whole.headers["content-disposition"]
    some = client.get(f"{place}.jsonl?people__gte=10")
    assert [json.loads(x)["visit_id"] for x in some.text.splitlines()] == ["v-1"]
    assert client.get(f"{place}.csv", headers={"if-none-match": whole.headers["etag"]}).status_code == 304
    assert client.head(f"{place}.parquet?people=12").status_code == 200
    assert client.get(f"{place}.exe").status_code in (400, 404)


def test_a_cache_is_told_that_one_address_has_several_formats(client: TestClient) -> None:
    version = client.get("/v1/datasets/visits/versions").json()["versions"][0]["version"]
    place = f"/v1/datasets/visits/tables/visits?version={version}"
    for accept in ("text/csv", "application/json", "application/json, text/csv;q=0.1"):
        answer = client.get(place, headers={"Accept": accept})
        assert answer.status_code == 200
        assert "Accept" in answer.headers["vary"].split(", "), accept


def test_only_so_many_large_workbooks_are_made_at_a_time(site: OneTable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.export._LARGE_BOOK", 10)

    def asked() -> Any:
        return export(site, "stuff", "things", "xlsx", "order=id&select=id").body  # type: ignore[arg-type]

    first, *others = (asked() for _ in range(MOST_BOOKS))
    with pytest.raises(Problem) as refused:
        asked()
    assert (refused.value.status, refused.value.code) == (503, "busy")
    assert "Retry-After" in refused.value.headers
    # Others have their turn once the first is made, though it is not yet sent, or not wanted.
    assert next(first)
    others.append(asked())
    others.pop(0).close()
    others.append(asked())
    del others
    assert [len(b"".join(asked())) > 1000 for _ in range(2 * MOST_BOOKS)] == [True] * 2 * MOST_BOOKS
