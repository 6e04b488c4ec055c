"""What a CKAN is wanted to show of a release, by what the portal is, and what it shows in the same shape."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pyarrow.parquet as pq
import pytest

from pipelines.contracts.metadata import Dataset
from pipelines.contracts.project import Project
from pipelines.contracts.records import Release, Tombstone
from pipelines.contracts.target import TargetFile
from pipelines.contracts.text import Words
from pipelines.line import Line
from pipelines.publish.ckan.fields import licence_id, tags
from pipelines.publish.ckan.model import DATASTORE, PLACEHOLDER, Fields, Wanted
from pipelines.publish.ckan.package import foreign, merged, resource_id, shown, to_ckan, tombstone, wanted
from pipelines.publish.ckan.schema import SchemaFields, by_name
from pipelines.publish.ckan.survey import Survey
from pipelines.publish.shown import Version
from pipelines.release.index import read_index, read_release
from tests.tiny import make_tiny, text, visits_file

# One process for all of them: the release is made once.
pytestmark = pytest.mark.xdist_group("ckan-package")

BASE = "https://www.ciudad.example/datos"
LICENCE = "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0"
COVERAGE = [
    {
        "coverage": "named-sample",
        "subject": "red",
        "declared": {"value": 500, "qualifier": "more-than", "date": "2023", "document": "estrategia"},
        "statement": text("Solo los nombrados.", "Only those named."),
    }
]
LISTS = {"validators": "ignore_missing scheming_multiple_text"}
FLUENT = {"validators": "fluent_text"}


def field(name: str, **more: Any) -> dict[str, Any]:
    return {"field_name": name, **more}


SCHEMA = by_name(
    [
        *map(field, ("title", "notes", "uri", "identifier", "frequency", "issued", "provenance", "license_id")),
        *(field(name, **LISTS) for name in ("theme", "language")),
        field("contact", repeating_subfields=[field("name"), field("email")]),
        field("temporal_coverage", repeating_subfields=[field("start"), field("end")]),
    ]
)
RESOURCES = by_name([field("url"), field("uri"), field("conforms_to", **LISTS)])


class Town:
    """One released dataset, and the portals to which it may go."""

    def __init__(self, root: Path) -> None:
        self.tiny = make_tiny(root)
        visits = visits_file()
        visits["resources"][0]["coverage"] = COVERAGE  # type: ignore[index]
        self.tiny.schema(visits | {"spatial": PLACES, "hvd_category": "c_164e0bf5"})
        write(root / "vocab" / "concept_schemes.csv", "qualifier,Calificador,Qualifier\n")
        write(root / "vocab" / "concepts.csv", "qualifier,more-than,Más de,More than\n")
        with Line(self.project(), "release") as line:
            line.release()
            assert [f for f in line.findings if f.blocks] == []

    def project(self, base_url: str = BASE) -> Project:
        return self.tiny.load(base_url=base_url, api_url="https://api.example/v1")

    def release(self) -> tuple[Release, Dataset]:
        store = self.project().store
        number = read_index(store, "visits").current or ""
        release = read_release(store, "visits", number)
        return release, Version(store.release("visits", number), release, "").metadata


def write(path: Path, more: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")


PLACES = [
    "http://datos.gob.es/recurso/sector-publico/territorio/Provincia/Madrid",
    "http://datos.gob.es/recurso/sector-publico/territorio/Autonomia/Castilla-Leon",
]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return Town(tmp_path_factory.mktemp("town") / "project")


def target(**portal: Any) -> TargetFile:
    place = {"url": "https://ckan.example", "organization": "ayuntamiento", "name_prefix": "ciudad-", **portal}
    return TargetFile.model_validate({"id": "ckan", "kind": "ckan", "title": text("CKAN", "CKAN"), "ckan": place})


def portal(
    schema: SchemaFields | None = None, resources: SchemaFields | None = None, plugins: tuple[str, ...] = (DATASTORE,)
) -> Survey:
    return Survey("2.12.0", frozenset(plugins), "org-1", True, schema, resources, ("es", "en"))


def want(town: Town, found: Survey, base_url: str = BASE, **aim: Any) -> Wanted:
    return wanted(town.project(base_url), target(**aim), found, *town.release())


def answered(one: Wanted) -> Fields:
    """What a CKAN without a schema answers when it is given what is wanted: recorded on CKAN 2.12."""
    given = to_ckan(one.fields)
    empty = {"author_email": None, "creator_user_id": "u", "isopen": False, "license_title": None, "type": "dataset"}
    resources = [
        {"cache_url": None, "hash": "", "package_id": "p", "position": n, "state": "active", "url_type": None}
        | {"mimetype_inner": None, "datastore_active": False, "created": "2026-01-01T00:00:00.1", **r, **stored(r)}
        for n, r in enumerate(one.resources.values())
    ]
    tags_ = [
        {"display_name": t["name"], "id": "t", "state": "active", "vocabulary_id": None, **t} for t in given["tags"]
    ]
    return {**empty, **given, "id": "p", "tags": tags_[::-1], "resources": resources}


def stored(resource: Fields) -> Fields:
    if resource.get("url_type") == "upload":
        address = f"https://ckan.example/dataset/p/resource/{resource['id']}/download/{resource['url']}"
        return {"url": address, "last_modified": "2026-05-05T05:05:05.5"}
    if resource.get("url_type") == DATASTORE:
        return {"url": f"https://ckan.example/datastore/dump/{resource['id']}"}
    return {}


def by_format(one: Wanted) -> dict[str, Fields]:
    return {f"{r['format']}{'!' if r.get('url_type') == DATASTORE else ''}": r for r in one.resources.values()}


def test_without_a_schema_what_ckan_has_no_field_for_is_an_extra(town: Town) -> None:
    one = want(town, portal())
    assert one.fields.keys() == {"title", "notes", "url", "version", "owner_org", "name", "tags", "extras"} | {
        "author",
        "maintainer",
        "maintainer_email",
    }
    extras = one.fields["extras"]
    assert extras["contact_name"] == "Oficina del dato"
    assert extras["publisher_uri"].endswith("/L01280796")
    assert (extras["temporal_start"], extras["temporal_end"]) == ("2022-01-01", "2022-12-31")
    assert (extras["spatial_uri"], extras["spatial_text"]) == (PLACES[0], "Madrid")
    assert json.loads(extras["hvd_category"]) == ["http://data.europa.eu/bna/c_164e0bf5"]
    assert all(isinstance(value, str) and value for value in extras.values())


def test_with_a_schema_values_stand_in_its_fields_and_the_rest_in_extras(town: Town) -> None:
    one = want(town, portal(SCHEMA, RESOURCES))
    assert one.fields["theme"][0].endswith("/data-theme/ECON")
    assert one.fields["contact"] == [{"name": "Oficina del dato", "email": "datos@ciudad.example"}]
    assert one.fields["temporal_coverage"] == [{"start": "2022-01-01", "end": "2022-12-31"}]
    assert not one.fields.keys() & {"author", "maintainer"}
    assert {"hvd_category", "publisher_uri", "spatial_uri"} <= one.fields["extras"].keys()
    assert not one.fields["extras"].keys() & (SCHEMA.keys() | {"contact_name", "temporal_start"})


def test_a_portal_of_several_languages_gets_both(town: Town) -> None:
    names = ("title_translated", "notes_translated", "tags_translated")
    fluent = by_name([field(name, **FLUENT) for name in names])
    one = want(town, portal(fluent, by_name([field("name_translated", **FLUENT)])))
    assert one.fields["title_translated"] == {"es": "Conjunto visits", "en": "Dataset visits"}
    assert one.fields["notes_translated"]["en"].startswith("**This catalogue is an example")
    assert one.fields["tags_translated"] == {"es": ["clúster"], "en": ["cluster"]}
    assert not one.fields.keys() & {"title", "notes"}
    assert all("en" in r["name_translated"] and "name" not in r for r in one.resources.values())


def test_the_notes_say_what_the_tables_do_not_hold_and_that_it_is_an_example(town: Town) -> None:
    notes = want(town, portal()).fields["notes"]
    assert notes.startswith(
        "**Este catálogo es un ejemplo y no una publicación oficial.**\n\nLo que se sabe de visits."
    )
    assert (
        "- `red`: Muestra: solo lo que se nombra. Solo los nombrados. Total declarado: más de 500 (2023, estrategia)."
        in notes
    )
    assert "**Calidad de los metadatos**: " in notes
    assert f"<{BASE}/datasets/visits/>" in notes


def test_a_value_of_the_target_file_stands_where_the_metadata_have_none(town: Town) -> None:
    assert "license_id" not in want(town, portal()).fields
    one = want(town, portal(), fields={"license_id": "otra", "title": "Otro", "ambito": "local"})
    assert (one.fields["license_id"], one.fields["title"]) == ("otra", "Conjunto visits")
    assert one.fields["extras"]["ambito"] == "local"


@pytest.mark.parametrize("base_url", [BASE, "http://127.0.0.1:8000"])
def test_no_text_holds_what_ckan_would_take_away_as_html(town: Town, base_url: str) -> None:
    one = want(town, portal(), base_url)
    texts = [one.fields["notes"], *(r["description"] for r in one.resources.values())]
    assert [t for t in texts if "<" in t.replace("<https://", "").replace("<http://", "")] == []


def test_what_looks_like_html_is_shown_as_it_was_written(town: Town) -> None:
    reason = "Decía <no consta>, </b>, 1 < 2 y <https://a.example/>."
    when = datetime(2026, 5, 1, tzinfo=UTC)
    stone = Tombstone(dataset="visits", version="1", withdrawn=when, reason=reason, data_fingerprint="")
    notes = tombstone(town.project(), target(), portal(), [stone], None).fields["notes"]
    assert "Decía &lt;no consta>, &lt;/b>, 1 < 2 y <https://a.example/>." in notes


def test_resources_come_in_order_each_with_all_that_is_known_of_its_file(town: Town) -> None:
    one = want(town, portal())
    formats = ["CSV", "CSV", "XLSX", "JSONL", "Parquet", "JSON", "JSON", "Markdown", "TXT", "Atom Feed"]
    assert [r["format"] for r in one.resources.values()] == formats
    csv = by_format(one)["CSV"]
    release, _ = town.release()
    fact = next(f for f in release.files if f.file == "visits.csv")
    address = f"{BASE}/datasets/visits/{release.version}/visits.csv"
    assert [csv[key] for key in ("url", "access_url", "download_url")] == [address] * 3
    assert (csv["size"], csv["hash"]) == (fact.size, fact.sha256)
    assert csv["uri"] == "https://datos.ciudad.example/catalogo/distribucion/visits/visits.csv"
    assert "Columnas: `visit_id`, `place_id`" in csv["description"]
    assert csv["name_translated"] == {"es": "Tabla visits (CSV)", "en": "Table visits (CSV)"}
    table = by_format(one)["CSV!"]
    assert (table["url"], table["url_type"]) == (PLACEHOLDER, DATASTORE)
    assert [t.resource for t in one.tables.values()] == [table["id"]]
    assert one.uploads == {}


def test_the_ids_of_resources_change_with_the_major_version_alone() -> None:
    ids = [resource_id("https://a.example/d", "d", "t", "csv", version) for version in ("1.0.0", "1.7.2", "2.0.0")]
    assert ids[0] == ids[1] != ids[2]
    assert ids[0] == "c83697b4-4ba1-52b0-a220-d3b6f62baaca", "a link to a resource that was published is broken"
    assert resource_id("https://a.example/d", "other-d", "t", "csv", "1.0.0") != ids[0]


def test_files_are_copied_where_readers_cannot_reach_the_embedded_portal(town: Town) -> None:
    one = want(town, portal(), base_url="http://127.0.0.1:8000")
    assert {r["format"] for i, r in one.resources.items() if i not in one.uploads} == {"CSV"}
    names = {path.name: one.resources[identity] for identity, path in one.uploads.items()}
    assert names["CHANGES.md"]["url"] == "changes.md"
    assert names["index.json"]["name"] == "Todas las versiones"
    assert "127.0.0.1" not in json.dumps([one.fields, one.resources])
    assert "url" not in one.fields


def test_a_private_column_is_in_no_text_column_or_file(town: Town) -> None:
    one = want(town, portal(), "http://127.0.0.1:8000")
    table = one.tables["visits"]
    told = json.dumps([one.fields, one.resources, table.columns, table.key, table.indexes])
    files = {path.name: unpacked(path) for path in one.uploads.values()}
    assert {"visits.csv", "visits.xlsx", "visits.parquet", "datapackage.json", "CHANGES.md"} <= files.keys()
    assert "centro" in files["visits.xlsx"] and "centro" in files["visits.parquet"]
    assert [n for n, content in {"told": told, **files}.items() if re.search(r"\bnote\b|internal:", content)] == []


def unpacked(path: Path) -> str:
    """A file as text, without its compression."""
    if path.suffix == ".parquet":
        return str(pq.read_table(path).to_pydict())
    if path.suffix == ".xlsx":
        with ZipFile(path) as packed:
            return "".join(packed.read(name).decode() for name in packed.namelist())
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("base_url", "files", "link"),
    [
        (BASE, "auto", True),
        (BASE, "upload", False),
        ("http://127.0.0.1:8000", "auto", False),
        ("http://localhost:8000", "auto", False),
        ("http://10.1.2.3", "auto", False),
        ("http://127.0.0.1:8000", "link", True),
    ],
)
def test_files_are_linked_where_the_embedded_portal_is_public(
    town: Town, base_url: str, files: str, link: bool
) -> None:
    one = want(town, portal(), base_url, files=files)
    assert (not one.uploads) is link


def test_without_a_datastore_there_are_the_files_alone(town: Town) -> None:
    for one in (want(town, portal(plugins=())), want(town, portal(), datastore=False)):
        assert one.tables == {}
        assert DATASTORE not in [r.get("url_type") for r in one.resources.values()]


@pytest.mark.parametrize("base_url", [BASE, "http://127.0.0.1:8000"])
def test_what_a_portal_answers_is_in_the_shape_of_what_was_wanted(town: Town, base_url: str) -> None:
    one = want(town, portal(), base_url)
    assert shown(answered(one), one) == (one.fields, one.resources)
    assert foreign(answered(one), one) == []


def test_the_moment_that_a_datastore_moves_is_no_difference(town: Town) -> None:
    one = want(town, portal())
    package = answered(one)
    for resource in package["resources"]:
        resource |= {"datastore_active": True, "last_modified": "2027-01-01T00:00:00.5"}
    assert shown(package, one) == (one.fields, one.resources)
    package["resources"][1]["datastore_active"] = False
    assert shown(package, one) != (one.fields, one.resources)


def test_what_others_wrote_is_named_and_kept_after_what_is_ours(town: Town) -> None:
    one = want(town, portal())
    package = answered(one)
    package["resources"].insert(0, {"id": "r", "name": "Plano"})
    package["resources"][2]["responsable"] = "Archivo"
    package["tags"].append({"name": "turismo", "vocabulary_id": None})
    package["groups"] = [{"name": "g", "title": "G"}]
    package["extras"].append({"key": "encargado", "value": "x"})
    assert foreign(package, one) == ["resource: Plano", "tag: turismo", "group: g", "extra: encargado"]
    out = merged(package, one, set())
    assert [r["id"] for r in out["resources"]] == [*one.resources, "r"]
    assert out["resources"][1]["responsable"] == "Archivo"
    assert out["tags"][-1] == {"name": "turismo"}
    assert out["groups"] == [{"name": "g"}]
    assert out["extras"][-1] == {"key": "encargado", "value": "x"}


def test_what_was_ours_goes_and_what_is_to_be_kept_stays(town: Town) -> None:
    one = want(town, portal())
    package = answered(one) | {"title": "Otro", "license_id": "cc-by"}
    package["tags"].append({"name": "antes"})
    package["extras"].append({"key": "documentation", "value": "[]"})
    out = merged(package, one, {"title"}, former=[{"tags": ["antes"]}])
    assert "title" not in out
    assert out["license_id"] == ""
    assert "antes" not in [t["name"] for t in out["tags"]]
    assert [e["key"] for e in out["extras"]].count("documentation") == 1
    assert merged(package, one, {"extras"})["extras"] == package["extras"]


def test_a_withdrawn_dataset_says_since_when_and_why_and_has_no_files(town: Town) -> None:
    stone = Tombstone(
        dataset="visits",
        version="2026-03-01.1",
        withdrawn=datetime(2026, 5, 1, 9, tzinfo=UTC),
        reason="Contenía un dato personal.",
        data_fingerprint="",
    )
    gone = tombstone(town.project(), target(), portal(), [stone], None)
    assert (gone.version, gone.resources, gone.uploads, gone.name) == (None, {}, {}, "ciudad-visits")
    assert gone.fields["title"] == "Retirado: Conjunto visits"
    assert "- Versión 2026-03-01.1, retirada el 1 de mayo de 2026: Contenía un dato personal." in gone.fields["notes"]
    assert gone.fields["extras"]["uri"] == want(town, portal()).fields["extras"]["uri"]
    assert gone.fields["extras"]["identifier"] == want(town, portal()).fields["extras"]["identifier"]


def test_tags_are_names_that_ckan_takes_each_once(town: Town) -> None:
    _, meta = town.release()
    words = Words(es=["I+D", "x", "Clúster", "clúster", "a" * 120, "s. XXI", "uno, dos"], en=["x"])
    named = tags(meta.model_copy(update={"keywords": words}))
    assert named == ["Clúster", "Economía", "Economía y finanzas", "I D", "a" * 100, "s. XXI", "uno dos"]


@pytest.mark.parametrize(
    ("licences", "found"),
    [
        ({"mine": "", "eu": LICENCE}, "eu"),
        ({"cc": "https://creativecommons.org/licenses/by/4.0/deed.es"}, "cc"),
        ({"CC-BY-4.0": "https://elsewhere.example"}, "CC-BY-4.0"),
        ({"cc-by": "http://www.opendefinition.org/licenses/cc-by", "notspecified": ""}, None),
    ],
)
def test_a_licence_is_found_by_its_address_or_its_name(licences: dict[str, str], found: str | None) -> None:
    aim = target()
    assert aim.ckan
    assert licence_id(LICENCE, aim.ckan, licences) == found
    mapped = target(licences={LICENCE: "cc-by"})
    assert mapped.ckan
    assert licence_id(LICENCE, mapped.ckan, licences) == "cc-by"
