"""An edition as one archive: what a repository, a researcher and a program find in it."""

import csv
import io
import json
import shutil
import sqlite3
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from frictionless import Package, system
from starlette.testclient import TestClient

from pipelines.contracts.records import Edition
from pipelines.contracts.store import Store
from pipelines.describe.citation import licence_name
from pipelines.operate.undo import show
from pipelines.publish import take_down
from pipelines.release import withdraw, writing
from portal import bundle as bundled
from portal.answer import Answer
from portal.app import make_app
from portal.bundle_texts import Told
from portal.catalogue import record
from portal.site import Site, Sites
from tests.portal.conftest import BASE_URL, publish
from tests.tiny import VISITS, Tiny

MIB = 1 << 20


@pytest.fixture(scope="module")
def site(portal_store: Store) -> Site:
    """What the tiny project shows."""
    return Sites(portal_store, BASE_URL).current()


@pytest.fixture(scope="module")
def unpacked(client: TestClient, site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of the edition that is shown, unpacked."""
    folder = tmp_path_factory.mktemp("bundle")
    with zipfile.ZipFile(io.BytesIO(client.get(_address(site.edition)).content)) as packed:
        packed.extractall(folder)
    return folder


def _address(edition: Edition) -> str:
    return f"/v1/editions/{edition.edition}.zip"


def _former(site: Site) -> Edition:
    return record(site, site.editions[0].edition)


def _body(answer: Answer) -> Iterator[bytes]:
    assert isinstance(answer.body, Iterator)
    return answer.body


def test_the_archive_holds_what_a_repository_needs(unpacked: Path) -> None:
    names = {str(p.relative_to(unpacked)) for p in unpacked.rglob("*") if p.is_file()}
    of_dataset = {"datapackage.json", "CHANGES.md", *(f"citation.{e}" for e in ("txt", "bib", "ris", "json"))}
    assert names == {
        *("README.es.md", "README.en.md", "codebook.es.md", "codebook.en.md", "codebook.csv", "codes.csv"),
        *("CITATION.cff", "datacite.json", "edition.json", "edition.sqlite", "SHA256SUMS"),
        *(f"{d}/{n}" for d in ("places", "visits") for n in {*of_dataset, f"{d}.csv", f"{d}.schema.json"}),
    }


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="the tool is not here")
def test_sha256sum_finds_every_file_as_it_was_published(unpacked: Path) -> None:
    told = subprocess.run(
        ["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=unpacked, capture_output=True, text=True, check=True
    )
    files = [p for p in unpacked.rglob("*") if p.is_file() and p.name != "SHA256SUMS"]
    assert told.stdout.count(": OK") == len(files)


def test_the_data_package_of_each_dataset_is_valid_by_itself(unpacked: Path) -> None:
    for dataset in ("places", "visits"):
        with system.use_context(trusted=True):
            report = Package(str(unpacked / dataset / "datapackage.json")).validate()
        assert report.valid, report.flatten(["code", "message"])


def test_the_database_opens_and_has_the_rows(unpacked: Path) -> None:
    base = sqlite3.connect(f"file:{unpacked / 'edition.sqlite'}?mode=ro", uri=True)
    try:
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert base.execute("SELECT count(*) FROM visits").fetchone() == (4,)
    finally:
        base.close()


def test_the_codebook_says_what_columns_codes_and_coverage_are_in_both_languages(unpacked: Path) -> None:
    es, en = ((unpacked / f"codebook.{lang}.md").read_text() for lang in ("es", "en"))
    assert "| `kind` | Título kind | string |  | Qué es kind. |" in es
    assert "| `kind` | Title kind | string |  | What kind is. |" in en
    assert "| `date` | Title date | EDTF |" in en
    assert "- `estate`: Polígono" in es
    assert "- `estate`: Estate" in en
    assert "- Cobertura: muestra nombrada. Solo los nombrados." in es
    assert "- Coverage: named sample. Only those named." in en
    assert "note" not in es
    with (unpacked / "codes.csv").open(newline="") as file:
        assert ["places", "places", "kind", "estate", "Polígono", "Estate"] in list(csv.reader(file))


def test_the_citation_file_has_what_its_format_asks_for(unpacked: Path, site: Site) -> None:
    told = yaml.safe_load((unpacked / "CITATION.cff").read_text())
    assert {"cff-version", "message", "title", "authors"} <= set(told)
    assert (told["cff-version"], told["type"], told["license"]) == ("1.2.0", "dataset", "CC-BY-4.0")
    assert told["authors"] == [{"name": "Ayuntamiento", "website": "https://ciudad.example"}]
    assert told["version"] == site.edition.edition
    # As text: another reader of YAML makes a date of it, which the format does not take.
    assert told["date-released"] == site.edition.edition[:10]
    assert "doi" not in told


def test_the_datacite_metadata_has_what_is_mandatory_and_no_doi(unpacked: Path, site: Site) -> None:
    told = json.loads((unpacked / "datacite.json").read_text())
    assert told["schemaVersion"] == "http://datacite.org/schema/kernel-4"
    assert told["types"]["resourceTypeGeneral"] == "Dataset"
    assert told["creators"][0]["name"] == told["publisher"]["name"] == "Ayuntamiento"
    assert told["publicationYear"] == site.edition.edition[:4]
    assert (told["version"], told["language"]) == (site.edition.edition, "es")
    assert told["rightsList"][0]["rightsIdentifier"] == "CC-BY-4.0"
    assert {"subject": "cluster", "lang": "en"} in told["subjects"]
    assert {i["alternateIdentifierType"] for i in told["alternateIdentifiers"]} == {"URL"}
    assert "doi" not in json.dumps(told).lower()


def test_two_downloads_are_the_same_bytes_and_known_by_their_tag(client: TestClient, site: Site) -> None:
    first, second = (client.get(_address(site.edition)) for _ in range(2))
    assert first.content == second.content
    assert first.headers["content-disposition"] == f'attachment; filename="{site.edition.edition}.zip"'
    tag = first.headers["etag"]
    assert not tag.startswith("W/")
    assert client.get(_address(site.edition), headers={"If-None-Match": tag}).status_code == 304
    with zipfile.ZipFile(io.BytesIO(first.content)) as packed:
        moment = site.edition.created.timetuple()
        assert {i.date_time[:5] for i in packed.infolist()} == {moment[:5]}


def test_a_former_edition_is_made_of_its_releases_and_says_that_it_has_no_database(
    client: TestClient, site: Site
) -> None:
    former = _former(site)
    answer = client.get(_address(former))
    assert "immutable" in answer.headers["cache-control"]
    assert "immutable" not in client.head(_address(site.edition)).headers["cache-control"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert packed.testzip() is None
        assert "edition.sqlite" not in packed.namelist()
        assert packed.read("visits/visits.csv").count(b"\r\n") == 4
        assert "No lleva `edition.sqlite`" in packed.read("README.es.md").decode()
        assert "There is no `edition.sqlite`" in packed.read("README.en.md").decode()
        assert json.loads(packed.read("edition.json"))["pins"] == former.pins


def test_head_answers_without_making_the_archive(
    client: TestClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    monkeypatch.setattr(bundled, "written", lambda told: made.append(told.address) or {})
    answer = client.head(_address(site.edition))
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "application/zip", b"")
    assert answer.headers["etag"]
    assert made == []
    client.get(_address(site.edition))
    assert made == [f"{BASE_URL}/v1/editions/{site.edition.edition}"]


def test_it_is_sent_in_pieces_and_never_held_whole(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert 3 * bundled.CHUNK < MIB
    monkeypatch.setattr(bundled, "CHUNK", 4096)
    pieces = list(_body(bundled.bundle(site, site.edition)))
    assert len(pieces) > 3
    assert max(map(len, pieces)) < 3 * 4096


def test_files_beyond_four_gigabytes_would_be_written_as_zip64(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = b"".join(_body(bundled.bundle(site, site.edition)))
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1000)
    large = b"".join(_body(bundled.bundle(site, site.edition)))
    assert len(large) > len(plain)
    with zipfile.ZipFile(io.BytesIO(large)) as packed:
        assert packed.testzip() is None
        assert min(i.extract_version for i in packed.infolist() if i.file_size > 1000) == 45


def test_a_release_that_is_damaged_never_becomes_an_archive(own_project: Tiny) -> None:
    store = own_project.load().store
    site = Sites(store, BASE_URL).current()
    path = site.folder("visits", site.edition.pins["visits"]) / "visits.csv"
    content = path.read_bytes().replace(b"retiro", b"centro")
    path.chmod(0o644)
    path.write_bytes(content)
    with pytest.raises(OSError, match=r"visits/visits\.csv"):
        list(_body(bundled.bundle(site, site.edition)))


@pytest.mark.parametrize("name", ["../a", "a/../b", "/a", "a//b", "a\\b", "a/.b", ""])
def test_no_entry_leaves_the_folder_it_is_unpacked_in(site: Site, name: str) -> None:
    with pytest.raises(ValueError, match="must not stand"):
        bundled._info(bundled.Entry(name, b"", 0), (2026, 1, 1, 0, 0, 0))


@pytest.mark.parametrize("name", ["2020-01-01.1", "..%2F..%2Fstore", "index"])
def test_an_edition_that_there_is_not_is_said_to_be_unknown(client: TestClient, name: str) -> None:
    assert client.get(f"/v1/editions/{name}.zip").status_code == 404


def test_the_tag_changes_with_what_the_bytes_depend_on(site: Site) -> None:
    other = site.edition.model_copy(update={"predecessor": None})
    tags = {bundled._tag(site, e, d) for e in (site.edition, other) for d in (True, False)}
    assert len(tags) == 4


def test_an_edition_with_a_withdrawn_version_answers_410_with_the_reason(own_project: Tiny) -> None:
    own_project.rows("visits", VISITS + "v-4,sur,2023-01-09,3,internal: d\n")
    publish(own_project)
    project = own_project.load()
    site = Sites(project.store, BASE_URL).current()
    former = _former(site)
    with TestClient(make_app(project.store, BASE_URL), base_url=BASE_URL) as client:
        assert client.get(_address(former)).status_code == 200
        with writing(project, "withdraw"):
            take_down(project.store, "visits", [former.pins["visits"]])
            withdraw(project, "visits", former.pins["visits"], "Contenía datos personales.", datetime.now(UTC))
            # The tree is still the one before, without its database.
            _expect_gone(client, former)
            assert client.get(_address(site.edition)).status_code == 503
            show(project)
        _expect_gone(client, former)
        assert client.get(_address(site.edition)).status_code == 200


def test_an_edition_of_no_dataset_is_an_archive_all_the_same(site: Site) -> None:
    empty = site.edition.model_copy(update={"pins": {}})
    with zipfile.ZipFile(io.BytesIO(b"".join(_body(bundled.bundle(site, empty))))) as packed:
        told = yaml.safe_load(packed.read("CITATION.cff"))
    assert "identifiers" not in told
    assert told["license-url"] == site.catalogue.licence


def test_a_licence_has_the_name_that_its_list_gives_it(site: Site) -> None:
    names = {code: licence_name(f"https://x/{code}") for code in ("CC_BY_4_0", "ODC_BY", "ODC_PDDL", "COM_REUSE")}
    licences = [{"path": code} if name is None else {"path": code, "name": name} for code, name in names.items()]
    about = Told(site.edition, site.catalogue, BASE_URL, [], {"d": {"licenses": licences}}, database=False)
    assert names["ODC_BY"] == "ODC-BY-1.0"
    assert about.licences == {
        "CC_BY_4_0": "CC-BY-4.0",
        "ODC_BY": "ODC-By-1.0",
        "ODC_PDDL": "PDDL-1.0",
        "COM_REUSE": None,
    }


def _expect_gone(client: TestClient, edition: Edition) -> None:
    refused = client.get(_address(edition))
    told = refused.json()
    assert (refused.status_code, told["code"]) == (410, "edition-withdrawn")
    assert (told["dataset"], told["version"]) == ("visits", edition.pins["visits"])
    assert told["reason"] == "Contenía datos personales."
