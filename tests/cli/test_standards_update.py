"""`opendata standards update`: the official files come, are held against their pins, and change by decision."""

import json
import shutil
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner, Result

from pipelines.check.catalogue.standards import load_standards
from pipelines.cli import app
from pipelines.contracts import exits
from pipelines.contracts.files import sha256_bytes
from pipelines.contracts.standards import OfficialFile, official_files, write_official_files
from tests.tiny import VOCAB, Tiny

SHAPES = b"""@prefix sh: <http://www.w3.org/ns/shacl#> .
<urn:s> a sh:NodeShape ; sh:targetClass <urn:C> ; sh:property [ sh:path <urn:p> ; sh:minCount 1 ] .
"""
CHANGED = SHAPES.replace(b"sh:minCount 1", b"sh:minCount 1 ; sh:maxCount 1")


@pytest.fixture
def official(tiny: Tiny) -> Path:
    """A folder with one official file, pinned in the tiny project."""
    # A copy of its own: the tiny project only points at the tables of the real one.
    tables = tiny.root / "vocab" / "shapes"
    if tables.is_symlink():
        tables.unlink()
    shutil.copytree(VOCAB / "shapes", tables, dirs_exist_ok=True)
    folder = tiny.root / "standards"
    (folder / "shapes").mkdir(parents=True)
    (folder / "shapes" / "eu.ttl").write_bytes(SHAPES)
    write_official_files(tiny.root / "vocab", [OfficialFile("shapes/eu.ttl", "eu", sha256_bytes(SHAPES))])
    return folder


def update(tiny: Tiny, *words: str) -> Result:
    return CliRunner().invoke(app, ["standards", "update", *words, "--project", str(tiny.root)], catch_exceptions=False)


def kept(tiny: Tiny) -> bytes:
    return (tiny.load().kept_standards / "shapes" / "eu.ttl").read_bytes()


def test_pinned_files_are_kept_in_the_store_and_used_from_there(tiny: Tiny, official: Path) -> None:
    assert tiny.load().standards is None
    assert update(tiny, "--from", str(official)).exit_code == exits.OK
    assert kept(tiny) == SHAPES
    project = tiny.load()
    assert project.standards == project.kept_standards


def test_a_changed_file_is_shown_and_waits(tiny: Tiny, official: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENDATA_LANG", "es")
    update(tiny, "--from", str(official))
    (official / "shapes" / "eu.ttl").write_bytes(CHANGED)
    done = update(tiny, "--from", str(official))
    assert done.exit_code == exits.HELD
    assert f"shapes/eu.ttl\t{sha256_bytes(SHAPES)[:12]}\t{sha256_bytes(CHANGED)[:12]}\t+1 -0" in done.stdout
    assert "--accept" in done.stdout
    assert kept(tiny) == SHAPES
    assert official_files(tiny.root / "vocab")[0].sha256 == sha256_bytes(SHAPES)


def test_an_accepted_change_is_used_and_pinned(tiny: Tiny, official: Path) -> None:
    (official / "shapes" / "eu.ttl").write_bytes(CHANGED)
    done = update(tiny, "--from", str(official), "--accept", "--json")
    assert done.exit_code == exits.OK
    assert json.loads(done.stdout)[0]["new"] == sha256_bytes(CHANGED)
    assert kept(tiny) == CHANGED
    assert official_files(tiny.root / "vocab")[0].sha256 == sha256_bytes(CHANGED)
    assert update(tiny, "--from", str(official)).exit_code == exits.OK


def test_the_setting_says_where_they_are(tiny: Tiny, official: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENDATA_STANDARDS", "standards")
    assert tiny.load().standards == official.resolve()
    assert update(tiny).exit_code == exits.OK


def test_an_address_is_fetched_and_its_copy_is_used(
    tiny: Tiny, official: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data(status=404)
    httpserver.expect_request("/at/shapes/eu.ttl").respond_with_data(SHAPES)
    monkeypatch.setenv("OPENDATA_STANDARDS", httpserver.url_for("/at/"))
    monkeypatch.setenv("OPENDATA_ALLOW_HOSTS", json.dumps([httpserver.host]))
    monkeypatch.setenv("OPENDATA_HTTP_INTERVAL_SECONDS", "0")
    assert tiny.load().standards is None
    assert update(tiny).exit_code == exits.OK
    project = tiny.load()
    assert project.standards == project.kept_standards
    assert "shapes-missing" not in {f.code for f in load_standards(tiny.root / "vocab", project.standards).findings}


def test_what_cannot_be_had_leaves_everything_as_it_was(tiny: Tiny, official: Path, httpserver: HTTPServer) -> None:
    nowhere = update(tiny)
    assert nowhere.exit_code == exits.CONFIG and "--from" in nowhere.stderr
    (official / "shapes" / "eu.ttl").unlink()
    missing = update(tiny, "--from", str(official))
    assert missing.exit_code == exits.CONFIG and missing.stderr.count("standards-file-missing") == 1
    refused = update(tiny, "--from", httpserver.url_for("/at"))
    assert refused.exit_code == exits.CONFIG and "http-address-refused" in refused.stderr
    assert not tiny.load().kept_standards.exists()


def test_what_is_no_turtle_is_never_accepted(tiny: Tiny, official: Path) -> None:
    (official / "shapes" / "eu.ttl").write_bytes(b"<a")
    done = update(tiny, "--from", str(official), "--accept")
    assert done.exit_code == exits.CONFIG and "shapes-unreadable" in done.stderr
    assert official_files(tiny.root / "vocab")[0].sha256 == sha256_bytes(SHAPES)


def test_a_folder_that_is_typed_is_looked_for_from_here(
    tiny: Tiny, official: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(official.parent)
    assert update(tiny, "--from", official.name).exit_code == exits.OK
    monkeypatch.chdir(official)
    assert update(tiny, "--from", ".").exit_code == exits.OK
