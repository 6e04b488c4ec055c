"""`opendata check --catalogue` and `opendata standards codes`: anybody's catalogue, and newer lists of codes."""

import gzip
import json
import shutil
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner, Result
from werkzeug import Request, Response

from pipelines.check.catalogue.codes import load_codes
from pipelines.check.catalogue.federator import DryRun
from pipelines.check.catalogue.judge import Judgement
from pipelines.cli import app
from pipelines.contracts.findings import finding
from pipelines.operate.judge import Report, syntax_of
from pipelines.operate.report import report_lines
from tests.check.catalogues import PREFIXES, WHOLE, A, X, swapped
from tests.tiny import VOCAB, Tiny


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENDATA_LANG", "es")
    monkeypatch.setenv("OPENDATA_HTTP_INTERVAL_SECONDS", "0")
    monkeypatch.setenv("OPENDATA_HTTP_RETRIES", "0")
    monkeypatch.setenv("OPENDATA_ALLOW_HOSTS", '["127.0.0.1"]')


def call(tiny: Tiny, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--project", str(tiny.root)], catch_exceptions=False)


def check(tiny: Tiny, place: object, *more: str) -> Result:
    return call(tiny, "check", "--catalogue", str(place), *more)


@pytest.fixture
def server(httpserver: HTTPServer) -> HTTPServer:
    """A server that wants no robots: whoever types an address is none."""
    httpserver.expect_request("/robots.txt").respond_with_data("User-agent: *\nDisallow: /\n")
    return httpserver


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "catalogue.ttl"
    path.write_text(WHOLE, encoding="utf-8")
    return path


def test_a_sound_catalogue_is_reported_in_plain_words_and_leaves_no_store(tiny: Tiny, file: Path) -> None:
    done = check(tiny, file)
    assert done.exit_code == 0
    assert "Conjuntos que tomaría datos.gob.es: 1 de 1." in done.stdout
    assert f"325 de 405 puntos (bueno), 80 por saber con --urls: {X}d" in done.stdout
    assert not (tiny.root / "store").exists()


def test_english_readers_get_english(tiny: Tiny, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENDATA_LANG", "en")
    assert "Datasets that datos.gob.es would take: 1 of 1." in check(tiny, file).stdout


def test_a_dataset_that_would_be_dropped_is_told_with_the_reason_and_code_3(tiny: Tiny, file: Path) -> None:
    file.write_text(swapped("file-type/CSV", "file-type/CSVV"), encoding="utf-8")
    done = check(tiny, file)
    assert done.exit_code == 3
    assert "1 de 1" not in done.stdout and f"  - {X}d" in done.stdout
    assert "file-type/CSVV" in done.stdout and "los más parecidos son: CSV" in done.stdout


def test_json_has_everything(tiny: Tiny, file: Path) -> None:
    file.write_text(swapped('dcat:keyword "taller"@es ;', ""), encoding="utf-8")
    told = json.loads(check(tiny, file, "--json").stdout)
    assert (told["datasets"], told["pages"], told["profile"]) == (1, 1, "es")
    assert told["federator"]["accepted"] == [X + "d"] and told["shapes"]["es"]["violations"] == 0
    (score,) = told["mqa"]
    assert (score["points"], score["unknown"], score["of"]) == (295, 80, 405)
    assert score["lost"][0]["metric"] == "keyword" and score["lost"][0]["es"] != score["lost"][0]["en"]
    assert "shapes-property-missing" in {row["code"] for row in told["findings"]}


def test_the_european_profile_has_its_own_rules_and_no_federator(tiny: Tiny, file: Path) -> None:
    told = json.loads(check(tiny, file, "--profile", "eu", "--json").stdout)
    assert told["federator"] is None and list(told["shapes"]) == ["eu"]


@pytest.mark.parametrize(
    "words", [("check", "places", "--catalogue", "x"), ("check", "--urls"), ("check", "--profile", "eu")]
)
def test_what_does_not_go_together_is_refused(tiny: Tiny, words: tuple[str, ...]) -> None:
    done = call(tiny, *words)
    assert done.exit_code == 5 and "--catalogue" in done.stderr


def test_what_cannot_be_read_is_said_and_not_a_fault(tiny: Tiny, tmp_path: Path) -> None:
    done = check(tiny, tmp_path / "nowhere.ttl")
    assert done.exit_code == 5 and "catalogue-unreadable" in done.stderr
    page = tmp_path / "page.html"
    page.write_text("<!DOCTYPE html><html></html>")
    assert "HTML" in check(tiny, page).stderr
    broken = tmp_path / "broken.ttl"
    broken.write_text("\n<http://a b> a <http://c> .")
    done = check(tiny, broken)
    assert done.exit_code == 3 and "línea 2" in done.stdout


@pytest.mark.parametrize(
    ("name", "data", "syntax"),
    [
        ("c.ttl", b"", "ttl"),
        ("c.RDF", b"", "rdf"),
        ("c.jsonld", b"", "jsonld"),
        ("c.nt", b"", "nt"),
        ("c", b'<?xml version="1.0"?><rdf:RDF/>', "rdf"),
        ("c", b'\xef\xbb\xbf  {"@id": "x"}', "jsonld"),
        ("c", b"<!-- made by hand --><rdf:RDF/>", "rdf"),
        ("c", b"[] a <http://a.example/T> .", "ttl"),
        ("c", b"@prefix a: <http://a.example/> .", "ttl"),
    ],
)
def test_the_syntax_is_known_by_the_name_or_by_the_beginning(name: str, data: bytes, syntax: str) -> None:
    assert syntax_of(name, data, name) == syntax


def paged(server: HTTPServer) -> str:
    """A catalogue on two pages; the second has the dataset."""
    split = WHOLE.index("\nx:d a dcat:Dataset")
    first, second = WHOLE[:split], PREFIXES + WHOLE[split:]
    leads = f"<{server.url_for('/c?page=1')}> a hydra:PagedCollection ; hydra:next <{server.url_for('/c?page=2')}> ."
    server.expect_request("/c", query_string="page=2").respond_with_data(
        second, content_type="text/turtle; charset=utf-8"
    )
    server.expect_request("/c").respond_with_data(first + leads, content_type="text/turtle")
    return server.url_for("/c?page=1")


def test_the_pages_of_an_address_are_one_catalogue(tiny: Tiny, server: HTTPServer) -> None:
    told = json.loads(check(tiny, paged(server), "--json").stdout)
    assert (told["pages"], told["datasets"], told["federator"]["accepted"]) == (2, 1, [X + "d"])
    assert "page=1" not in told["catalogue"]


def test_pages_in_a_circle_reject_the_load(tiny: Tiny, tmp_path: Path) -> None:
    for name, following in (("a", "b"), ("b", "c"), ("c", "b")):
        leads = f"x:{name} a hydra:PagedCollection ; hydra:next x:{following}.ttl ."
        (tmp_path / f"{name}.ttl").write_text(PREFIXES + leads + (WHOLE if name == "a" else ""), encoding="utf-8")
    done = check(tiny, tmp_path / "a.ttl")
    assert done.exit_code == 3 and "páginas: 3" in done.stdout and "otra vez a una que ya se leyó" in done.stdout


def test_a_load_that_is_rejected_is_never_without_problems() -> None:
    found = [finding("federator-root", params={"count": 0})]
    told = report_lines(Report("c.ttl", 1, 0, 0, Judgement("es", found, run=DryRun(found))), "es")
    assert "Sin problemas." not in told and any("rechazaría la carga entera" in line for line in told)
    assert "Sin problemas." in report_lines(Report("c.ttl", 1, 0, 0, Judgement("es", run=DryRun())), "es")


def test_a_page_that_cannot_be_read_is_named(tiny: Tiny, tmp_path: Path) -> None:
    first, second = tmp_path / "a.ttl", tmp_path / "b.ttl"
    first.write_text(WHOLE + "x:a a hydra:PagedCollection ; hydra:next x:b.ttl .", encoding="utf-8")
    second.write_text("none", encoding="utf-8")
    done = check(tiny, first)
    assert done.exit_code == 3 and str(second) in done.stdout
    first.write_text(WHOLE + 'x:a a hydra:PagedCollection ; hydra:next "http://[a" .', encoding="utf-8")
    done = check(tiny, first)
    assert done.exit_code == 5 and "hydra:next http://[a" in done.stderr


def test_a_file_that_is_packed_or_too_large_is_said(
    tiny: Tiny, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = tmp_path / "catalogue.ttl.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    done = check(tiny, packed)
    assert done.exit_code == 5 and "gzip" in done.stderr
    monkeypatch.setenv("OPENDATA_MAX_FILE_BYTES", "100")
    done = check(tiny, file)
    assert done.exit_code == 5 and "max_file_bytes" in done.stderr


def test_a_server_that_gives_the_first_page_again_is_found_out(tiny: Tiny, server: HTTPServer) -> None:
    leads = f"<{server.url_for('/c')}> a hydra:PagedCollection ; hydra:next <{server.url_for('/c?page=2')}> ."
    server.expect_request("/c").respond_with_data(WHOLE + leads, content_type="text/turtle")
    done = check(tiny, server.url_for("/c"))
    assert done.exit_code == 3 and "otra vez a una que ya se leyó" in done.stdout


def test_pages_that_lie_beside_a_file_are_followed(tiny: Tiny, file: Path) -> None:
    split = WHOLE.index("\nx:d a dcat:Dataset")
    leads = "x:p a hydra:PagedCollection ; hydra:next <https://datos.example/catalogue-2.ttl> ."
    file.write_text(WHOLE[:split] + leads, encoding="utf-8")
    (file.parent / "catalogue-2.ttl").write_text(PREFIXES + WHOLE[split:], encoding="utf-8")
    assert json.loads(check(tiny, file, "--json").stdout)["federator"]["accepted"] == [X + "d"]


def test_an_address_that_does_not_answer_ends_without_a_report(tiny: Tiny, server: HTTPServer) -> None:
    server.expect_request("/gone").respond_with_data("", status=404)
    done = check(tiny, server.url_for("/gone"))
    assert done.exit_code == 5 and "http-status" in done.stderr


def test_addresses_are_asked_by_head_then_get_and_silence_is_unknown(
    tiny: Tiny, file: Path, server: HTTPServer
) -> None:
    asked = []

    def no_head(request: Request) -> Response:
        asked.append(request.method)
        return Response(status=405 if request.method == "HEAD" else 200)

    server.expect_request("/page").respond_with_handler(no_head)
    server.expect_request("/moved").respond_with_data("", status=302, headers={"Location": server.url_for("/gone")})
    server.expect_request("/gone").respond_with_data("", status=404)
    text = swapped("dcat:accessURL x:page", f"dcat:accessURL <{server.url_for('/page')}>")
    file.write_text(
        swapped("dcat:downloadURL x:talleres.csv", f"dcat:downloadURL <{server.url_for('/moved')}>", text),
        encoding="utf-8",
    )
    (score,) = json.loads(check(tiny, file, "--urls", "--json").stdout)["mqa"]
    assert asked == ["HEAD", "GET"]
    assert (score["points"], score["unknown"], [x["metric"] for x in score["lost"]]) == (
        375,
        0,
        ["download_url_status"],
    )
    silent = swapped("dcat:downloadURL x:talleres.csv", "dcat:downloadURL <http://127.0.0.1:9/x>", text)
    file.write_text(silent, encoding="utf-8")
    (score,) = json.loads(check(tiny, file, "--urls", "--json").stdout)["mqa"]
    assert (score["points"], score["unknown"], score["lost"]) == (375, 30, [])


@pytest.fixture
def own_codes(tiny: Tiny) -> Path:
    """The lists of codes as files of the tiny project itself, so that they may change."""
    folder = tiny.root / "vocab" / "codes"
    if folder.is_symlink():
        folder.unlink()
    shutil.copytree(VOCAB / "codes", folder, dirs_exist_ok=True)
    return folder


SKOS = f"""
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix at: <http://publications.europa.eu/ontology/authority/> .
@prefix t: <{A}/planned-availability/> .
<{A}/planned-availability> a skos:ConceptScheme ; owl:versionInfo "20260930-0" .
t:STABLE a skos:Concept ; skos:inScheme <{A}/planned-availability> .
t:AVAILABLE a skos:Concept ; skos:inScheme <{A}/planned-availability> ; at:deprecated "true" .
t:FOR_EVER a skos:Concept ; skos:inScheme <{A}/planned-availability> .
"""


def test_a_list_is_replaced_by_the_table_and_what_changes_is_told(tiny: Tiny, own_codes: Path, tmp_path: Path) -> None:
    table = tmp_path / "planned-availability.ttl"
    table.write_text(SKOS, encoding="utf-8")
    done = call(tiny, "standards", "codes", "planned-availability", str(table))
    assert done.exit_code == 0
    assert "3 códigos, de 2026-09-30" in done.stdout
    assert "Nuevos: FOR_EVER" in done.stdout and "Anticuados desde ahora: AVAILABLE" in done.stdout
    assert "EXPERIMENTAL" in done.stdout
    now = load_codes(tiny.root / "vocab").tables["planned-availability"]
    assert now.codes == {"AVAILABLE": "deprecated", "FOR_EVER": "", "STABLE": ""} and now.complete
    untouched = (VOCAB / "codes" / "licence.csv").read_bytes()
    assert (own_codes / "licence.csv").read_bytes() == untouched


def test_a_partial_list_in_csv_says_so_and_has_the_day_it_was_read(tiny: Tiny, own_codes: Path, tmp_path: Path) -> None:
    table = tmp_path / "languages.csv"
    table.write_text(f"code\nSPA\n{A}/language/XYZ\n", encoding="utf-8")
    told = json.loads(call(tiny, "standards", "codes", "language", str(table), "--partial", "--json").stdout)
    assert told["added"] == ["XYZ"] and told["codes"] == 2
    now = load_codes(tiny.root / "vocab").tables["language"]
    assert not now.complete and now.date.isoformat() == told["date"]


def test_a_list_from_an_address_comes_through_the_guard(
    tiny: Tiny, own_codes: Path, server: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.expect_request("/t.ttl").respond_with_data(SKOS, content_type="text/turtle")
    assert call(tiny, "standards", "codes", "planned-availability", server.url_for("/t.ttl")).exit_code == 0
    monkeypatch.setenv("OPENDATA_ALLOW_HOSTS", "[]")
    refused = call(tiny, "standards", "codes", "planned-availability", server.url_for("/t.ttl"))
    assert refused.exit_code == 5 and "http-address-refused" in refused.stderr


@pytest.mark.parametrize(
    "text",
    [
        "nothing here",
        "code\n",
        "code;status\nCC0;\n",
        "code,status\n,\n",
        "code\na b\n",
        "code\n../x\n",
        "code,status\nCC0,gone\n",
        "@prefix a: <http://a.example/> .",
    ],
)
def test_a_file_without_codes_changes_nothing(tiny: Tiny, own_codes: Path, tmp_path: Path, text: str) -> None:
    table = tmp_path / ("codes.csv" if text.startswith("code") else "codes.ttl")
    table.write_text(text, encoding="utf-8")
    before = (own_codes / "licence.csv").read_bytes()
    done = call(tiny, "standards", "codes", "licence", str(table))
    assert done.exit_code == 5 and "codes-unreadable" in done.stderr
    assert (own_codes / "licence.csv").read_bytes() == before


def test_a_version_that_is_no_day_is_passed_over(tiny: Tiny, own_codes: Path, tmp_path: Path) -> None:
    table = tmp_path / "planned-availability.ttl"
    assert "20260930" in SKOS
    table.write_text(SKOS.replace("20260930", "20261345"), encoding="utf-8")
    done = call(tiny, "standards", "codes", "planned-availability", str(table))
    today = load_codes(tiny.root / "vocab").tables["planned-availability"].date.isoformat()
    assert done.exit_code == 0 and today in done.stdout and today != "2026-09-30"


def test_a_list_that_does_not_exist_is_refused_with_those_that_do(tiny: Tiny, own_codes: Path) -> None:
    done = call(tiny, "standards", "codes", "colours", "x.ttl")
    assert done.exit_code == 5 and "file-type" in done.stderr
