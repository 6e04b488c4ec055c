"""The programs that people use read what the portal gives, on a real line: each gets what was released."""

import json
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from shutil import which
from typing import Any

import duckdb
import feedparser
import frictionless
import httpx
import pandas as pd
import pytest
import rdflib
from rdflib.compare import isomorphic

from pipelines.contracts.store import Store
from tests.portal.conftest import BASE_URL, publish, served
from tests.publish.edition_city import make_city
from tests.tiny import make_tiny

pytestmark = pytest.mark.slow

ROWS = 400
TABLE = "/v1/datasets/visits/tables/visits"
curl_is_there = pytest.mark.skipif(which("curl") is None, reason="curl is not there")


def visits(number: int, people: int = 0) -> str:
    """Rows of the table `visits`; every fifth says nothing of how many came."""
    rows = (f"v-{n:04},centro,2022-03-{n % 28 + 1:02},{'' if n % 5 == 0 else n + people},note" for n in range(number))
    return "visit_id,place_id,date,people,note\n" + "\n".join(rows) + "\n"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a portal with one larger table."""
    tiny = make_tiny(tmp_path_factory.mktemp("clients") / "project")
    tiny.rows("visits", visits(ROWS))
    publish(tiny)
    with served(tiny.load().store) as address:
        yield address


@pytest.fixture(scope="module")
def folder(base: str) -> str:
    """The permanent address of the files of `visits`."""
    return f"{base}/datasets/visits/{httpx.get(f'{base}/v1/datasets/visits/versions/latest').json()['version']}"


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a portal with a graph."""
    with served(make_city(tmp_path_factory.mktemp("linked") / "city").store) as address:
        yield address


def released(folder: str) -> list[dict[str, Any]]:
    """The rows of the JSON Lines file of the release."""
    return [json.loads(line) for line in httpx.get(f"{folder}/visits.jsonl").text.splitlines()]


def curl(*arguments: str) -> str:
    """What curl prints."""
    return subprocess.run(["curl", "-sS", *arguments], capture_output=True, text=True, check=True, timeout=30).stdout


def test_pandas_reads_a_filter_and_a_permanent_file_as_csv(base: str, folder: str) -> None:
    some = pd.read_csv(f"{base}{TABLE}.csv?people__gte=390")
    assert list(some["people"]) == [n for n in range(390, ROWS) if n % 5]
    assert some["people"].dtype == "int64"
    whole = pd.read_csv(f"{folder}/visits.csv", dtype={"people": "Int64"})
    assert (len(whole), whole["people"].isna().sum()) == (ROWS, ROWS // 5)
    assert list(whole.columns) == list(released(folder)[0])


def test_pandas_reads_parquet_with_the_types_of_the_release(base: str, folder: str) -> None:
    types = {
        "visit_id": "string",
        "place_id": "string",
        "date": "string",
        "date_from": "date32[day]",
        "date_to": "date32[day]",
        "people": "int64",
    }
    for address, rows in ((f"{base}{TABLE}.parquet?people__gte=390", 8), (f"{folder}/visits.parquet", ROWS)):
        found = pd.read_parquet(address, dtype_backend="pyarrow")
        assert {name: str(kind.pyarrow_dtype) for name, kind in found.dtypes.items()} == types
        assert len(found) == rows


def test_duckdb_reads_the_parquet_of_a_filter_and_of_a_release(base: str, folder: str, tmp_path: Path) -> None:
    for name, address in (("some", f"{base}{TABLE}.parquet?people__gte=390"), ("whole", f"{folder}/visits.parquet")):
        (tmp_path / f"{name}.parquet").write_bytes(httpx.get(address).raise_for_status().content)
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as line:
        some, whole = (line.read_parquet(f"{tmp_path}/{name}.parquet") for name in ("some", "whole"))
        types = ["VARCHAR", "VARCHAR", "VARCHAR", "DATE", "DATE", "BIGINT"]
        assert [str(t) for t in some.types] == [str(t) for t in whole.types] == types
        counted = "count(*), count(people), min(people), max(date_from)"
        assert some.aggregate(counted).fetchall() == [(8, 8, 391, date(2022, 3, 28))]
        assert whole.aggregate(counted).fetchall() == [(ROWS, ROWS * 4 // 5, 1, date(2022, 3, 28))]


@curl_is_there
@pytest.mark.parametrize("kind", ["page", "export", "file"])
def test_curl_unpacks_what_came_packed(base: str, folder: str, tmp_path: Path, kind: str) -> None:
    address = {
        "page": f"{base}{TABLE}?limit=300",
        "export": f"{base}{TABLE}.csv?people__gte=3",
        "file": f"{folder}/visits.csv",
    }[kind]
    head, body = tmp_path / "head", tmp_path / "body"
    size = curl("--compressed", "-D", str(head), "-o", str(body), "-w", "%{size_download}", address)
    plain = httpx.get(address, headers={"Accept-Encoding": "identity"}).raise_for_status().content
    assert "content-encoding: gzip" in head.read_text().lower()
    assert body.read_bytes() == plain
    assert int(size) < len(plain)


@curl_is_there
def test_curl_resumes_a_file_where_it_was_cut(folder: str, tmp_path: Path) -> None:
    address, part = f"{folder}/visits.parquet", tmp_path / "part"
    whole = httpx.get(address).content
    part.write_bytes(whole[:1000])
    said = curl("-C", "-", "-o", str(part), "-w", "%{http_code} %{size_download}", address)
    assert said == f"206 {len(whole) - 1000}"
    assert part.read_bytes() == whole


@curl_is_there
@pytest.mark.parametrize("packed", [[], ["--compressed"]])
def test_curl_gets_nothing_again_of_what_it_has(base: str, folder: str, tmp_path: Path, packed: list[str]) -> None:
    for number, address in enumerate((f"{base}{TABLE}?limit=300", f"{folder}/visits.csv", f"{base}/v1/catalogue")):
        tag, body = str(tmp_path / f"tag{number}"), str(tmp_path / f"body{number}")
        ask = [*packed, "-o", body, "-w", "%{http_code} %{size_download}", address]
        assert curl("--etag-save", tag, *ask).startswith("200 ")
        assert curl("--etag-compare", tag, *ask) == "304 0"


@pytest.mark.parametrize(
    "path", ["/recurso/ciudad/place/centro", "/recurso/ciudad/visit/v-2", "/v1/catalogue", "/v1/datasets/visits"]
)
def test_rdflib_reads_the_same_graph_in_each_format_that_it_asks_for(linked: str, path: str) -> None:
    turtle = rdflib.Graph().parse(f"{linked}{path}", format="turtle")
    assert len(turtle) > 3
    assert isomorphic(turtle, rdflib.Graph().parse(f"{linked}{path}", format="json-ld"))
    # Without a format it names all that it can read, and believes the answer.
    assert isomorphic(turtle, rdflib.Graph().parse(f"{linked}{path}"))


@pytest.mark.parametrize("place", ["datasets/visits/", ""])
def test_feedparser_finds_each_version_and_what_can_be_read_of_it(portal_store: Store, place: str) -> None:
    with served(portal_store) as address:

        def follow(link: str) -> httpx.Response:
            # A browser would be there already; the tests serve what was published for another port.
            return httpx.get(link.replace(BASE_URL, address), follow_redirects=True).raise_for_status()

        read = feedparser.parse(f"{address}/{place}feed.atom")
        assert (read.status, read.bozo, read.version) == (200, False, "atom10")
        assert read.headers["content-type"].startswith("application/atom+xml")
        assert read.feed.title
        assert read.feed.author_detail.name
        assert read.feed.updated_parsed == max(e.updated_parsed for e in read.entries)
        told = {(link.rel, link.type): link.href for link in read.feed.links}
        assert told["self", "application/atom+xml"] == f"{BASE_URL}/{place}feed.atom"
        assert "<html" in follow(told["alternate", "text/html"]).text
        other = follow(told["alternate", "application/feed+json"])
        assert other.headers["content-type"].startswith("application/feed+json")
        assert [(i["id"], i["url"]) for i in other.json()["items"]] == [(e.id, e.link) for e in read.entries]
        versions = [e for e in read.entries if e.tags[0].term == "visits"]
        assert len(versions) == 2
        for entry in versions:
            version = entry.id.rpartition("/")[2]
            assert f"/datasets/visits/{version}/visits.csv" in follow(entry.link).text
            [package] = [link.href for link in entry.links if link.rel == "related"]
            assert follow(package).json()["version"] == version


def test_who_reads_on_has_each_row_of_its_version_once_though_another_is_published(tmp_path: Path) -> None:
    tiny = make_tiny(tmp_path / "project")
    tiny.rows("visits", visits(40))
    publish(tiny)
    with served(tiny.load().store) as address, httpx.Client() as line:
        whole = line.get(f"{address}{TABLE}").json()
        page = line.get(f"{address}{TABLE}?limit=7").json()
        seen, versions = list(page["rows"]), {page["version"]}
        # The new rows come before those that were read, and the old ones say something else.
        header, _, rows = visits(40, people=1000).partition("\n")
        more = "".join(f"a-{n},sur,2021,1,note\n" for n in range(10))
        tiny.rows("visits", f"{header}\n{more}{rows}")
        publish(tiny)
        while page["next"]:
            page = line.get(page["next"]).raise_for_status().json()
            seen += page["rows"]
            versions.add(page["version"])
        assert (versions, page["total"]) == ({whole["version"]}, 40)
        assert seen == whole["rows"]
        now = line.get(f"{address}{TABLE}").json()
        assert (now["version"] != whole["version"], now["total"]) == (True, 50)


def test_frictionless_reads_a_package_and_its_tables_at_their_permanent_address(folder: str) -> None:
    package = frictionless.Package(f"{folder}/datapackage.json")
    assert frictionless.validate(f"{folder}/datapackage.json").valid
    [table] = [r for r in package.resources if r.tabular]
    rows = [{name: str(c) if isinstance(c, date) else c for name, c in r.items()} for r in table.read_rows()]
    assert rows == released(folder)
