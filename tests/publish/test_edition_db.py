"""The database of an edition holds its tables, its entities, and every row that speaks of one."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pipelines.contracts.dataset import Retired
from pipelines.contracts.project import Project
from pipelines.publish.edition_db import edition_database
from pipelines.publish.edition_entities import _removes
from pipelines.publish.shown import current_edition, read_content
from tests.publish.edition_city import make_city

RHEA = "/recurso/ciudad/place/%C3%B1u%2F1"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return make_city(tmp_path_factory.mktemp("edition") / "city")


def make(project: Project) -> Path:
    edition = current_edition(project.store)
    assert edition is not None
    return edition_database(project, read_content(project, edition), project.store.work)


@pytest.fixture(scope="module")
def base(city: Project) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"{make(city).as_uri()}?mode=ro&immutable=1", uri=True)) as base:
        yield base


def rows(base: sqlite3.Connection, query: str, *values: Any) -> list[Any]:
    return [r[0] if len(r) == 1 else tuple(r) for r in base.execute(query, values)]


def test_same_edition_gives_same_bytes_read_only(city: Project) -> None:
    path = make(city)
    first = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o444
    assert make(city).read_bytes() == first
    assert [p.name for p in city.store.work.iterdir()] == ["edition.sqlite"]


def test_published_table_has_its_columns_typed_with_key_and_index(base: sqlite3.Connection) -> None:
    columns = {r[1]: (r[2], r[5]) for r in base.execute("PRAGMA table_info(visits)")}
    assert columns["visit_id"] == ("TEXT", 1)
    assert columns["people"] == ("INTEGER", 0)
    assert columns["date_from"] == ("TEXT", 0)
    assert rows(base, "SELECT people, date_to FROM visits WHERE rowid = 2") == [(7, "2022-12-31")]
    indexes = {r[1] for r in base.execute("PRAGMA index_list(visits)")}
    assert {"visits.place_id", "visits.status", "visits.basis"} <= indexes


def test_entity_has_labels_and_scope_of_its_defining_row(base: sqlite3.Connection) -> None:
    found = rows(
        base, "SELECT class, id, dataset, table_name, label_es, label_en, scope FROM entity WHERE path = ?", RHEA
    )
    assert found == [("place", "%C3%B1u%2F1", "places", "places", "Distrito Ñandú", "Rhea District", "network")]


def test_row_that_is_only_a_statement_is_an_entity_named_by_its_key(base: sqlite3.Connection) -> None:
    found = rows(base, "SELECT class, label_es, label_en FROM entity WHERE path = '/recurso/ciudad/visit/v-1'")
    assert found == [("visit", "v-1", "v-1")]


def test_statements_are_all_rows_that_name_an_entity_and_its_own(base: sqlite3.Connection) -> None:
    found = rows(
        base,
        "SELECT dataset, key, via, date_from, date_to, date FROM statement WHERE entity = ? ORDER BY date_from, dataset",
        RHEA,
    )
    assert found == [
        ("places", "ñu/1", "place_id", None, None, None),
        ("visits", "v-3", "place_id", "2021-01-01", "2021-12-31", "2021"),
        ("visits", "v-2", "place_id", "2022-01-01", "2022-12-31", "2022"),
    ]


def test_code_without_a_published_vocabulary_is_an_entity_of_which_rows_speak(base: sqlite3.Connection) -> None:
    path = "/kos/status/planned"
    assert rows(base, "SELECT class, label_en, dataset FROM entity WHERE path = ?", path) == [
        ("status", "Planned", None)
    ]
    assert rows(base, "SELECT key FROM statement WHERE entity = ? ORDER BY key", path) == ["v-2", "v-3", "v-4"]
    assert rows(base, "SELECT label_es, path, place FROM concept WHERE scheme = 'status' AND code = 'planned'") == [
        ("Prevista", path, 1)
    ]


def test_merged_id_names_its_survivor_and_removed_one_its_version(base: sqlite3.Connection, city: Project) -> None:
    gone = "SELECT survivor, removed, reason_es, dataset FROM entity WHERE path = ?"
    assert rows(base, gone, "/recurso/ciudad/place/viejo") == [
        ("/recurso/ciudad/place/sur", None, "Eran el mismo.", None)
    ]
    edition = current_edition(city.store)
    assert edition is not None
    assert rows(base, gone, "/recurso/ciudad/place/gone") == [(None, edition.pins["places"], "No existía.", None)]


@pytest.mark.parametrize("key", [{"n": "7", "b": "true"}, {"n": 7, "b": True}])
def test_a_removed_id_is_known_in_the_deltas_of_all_formats(key: dict[str, object]) -> None:
    gone = Retired.model_validate({"table": "places", "id": "7/true", "reason": {"es": "No.", "en": "No."}})
    assert _removes({"table": "places", "change": "removed", "key": key}, gone)


def test_search_finds_datasets_tables_and_things_but_no_statement(base: sqlite3.Connection) -> None:
    find = "SELECT path FROM found WHERE found MATCH ? ORDER BY path"
    assert rows(base, find, '"nandu"') == [RHEA]
    assert rows(base, find, '"rhea"') == [RHEA]
    assert rows(base, find, '"almendra"') == ["/recurso/ciudad/place/centro"]
    assert {"/datasets/visits", "/datasets/visits/tables/visits"} <= set(rows(base, find, '"visits"'))
    assert rows(base, "SELECT count(*) FROM found WHERE kind = 'visit'") == [0]
    assert rows(base, "SELECT scope FROM found WHERE path = ?", RHEA) == ["network"]


def test_roles_tell_passage_basis_status_caveats_and_codes(base: sqlite3.Connection) -> None:
    found = set(rows(base, "SELECT column, role, value FROM role WHERE table_name = 'visits'"))
    assert found == {
        ("place_id", "about", None),
        ("date", "date", None),
        ("status", "status", None),
        ("status", "code", "status"),
        ("document_id", "document", None),
        ("section", "section", None),
        ("evidence", "evidence", " | "),
        ("basis", "basis", None),
        ("basis", "code", "basis"),
        ("caveat_es", "caveat_es", None),
        ("caveat_en", "caveat_en", None),
    }


def test_versions_are_named_with_licence_and_citation(base: sqlite3.Connection, city: Project) -> None:
    edition = current_edition(city.store)
    assert edition is not None
    found = rows(base, "SELECT dataset, version, licence, citation_es FROM about")
    assert {(d, v) for d, v, *_ in found} == set(edition.pins.items())
    assert all(licence and version in citation for _, version, licence, citation in found)
