"""Evidence: each term of each row stands in the named section of the copy of its document, or is a finding."""

import socket
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pipelines.check import conceal
from pipelines.contracts.findings import Finding
from pipelines.contracts.project import Project, load_project
from pipelines.contracts.tables import LINE, PART, SOURCE, STRING
from pipelines.pull import pull_source, read_feed, verify_evidence
from pipelines.pull.web import Answer, Web
from tests.pull.pull_builders import NOW
from tests.tiny import Tiny, column, facts, table
from tests.tiny import dataset as dataset_file

ROOT = Path(__file__).parents[2]
COPY = (
    "Portada de *Madrid*\n\n## Uno\nLa **Red** de\u00a0Clústeres   tiene\nsiete clústeres.\n### Detalle\nmás de 500 entidades\n"
    "## Otro\ndos mil\n\nDescripción\ntexto llano\n**Impacto**\nbuen impacto\n"
)


class Shelf:
    """A source whose rows name sections of one document."""

    def __init__(self, tiny: Tiny) -> None:
        self.tiny = tiny
        self.tiny.source({**facts("diario", "visits"), "evidence": {"copies": {"doc": "doc.txt"}}})
        self.folder = tiny.root / "copias"
        self.folder.mkdir()
        self.write(COPY)

    def write(self, text: str) -> None:
        (self.folder / "doc.txt").write_text(text, encoding="utf-8")

    def verify(
        self, *rows: tuple[str | None, str | None, str | None], documents: str | None = "copias"
    ) -> list[Finding]:
        project = self.tiny.load(documents=documents)
        frame = pd.DataFrame(rows, columns=["document_id", "section", "evidence"], dtype=STRING)
        origin = {SOURCE: "diario", PART: "visits.csv", LINE: range(2, 2 + len(rows)), "visit_id": "v-1"}
        return verify_evidence(project, project.sources["diario"], {"visits": frame.assign(**origin)})


@pytest.fixture
def shelf(tiny: Tiny) -> Shelf:
    return Shelf(tiny)


@pytest.mark.parametrize(
    ("section", "terms"),
    [
        ("Uno", "Red de Clústeres tiene siete"),
        ("Uno", "siete clústeres | más de 500"),
        ("(cover)", "Portada de Madrid"),
        ("Descripción", "texto llano"),
        ("Impacto", "buen impacto"),
        ("Otro", "dos  mil"),
    ],
)
def test_a_term_in_its_section_is_no_finding(shelf: Shelf, section: str, terms: str) -> None:
    assert shelf.verify(("doc", section, terms), ("doc", "Descripción", "texto"), ("doc", "Impacto", "impacto")) == []


@pytest.mark.parametrize(
    ("section", "term"),
    [("Uno", "dos mil"), ("Otro", "siete"), ("(cover)", "siete"), ("Uno", "Siete"), ("Descripción", "buen impacto")],
)
def test_a_term_of_another_section_is_a_finding(shelf: Shelf, section: str, term: str) -> None:
    found = shelf.verify(("doc", "Impacto", "impacto"), ("doc", section, term))
    assert [f.code for f in found] == ["evidence-not-found"]


def test_the_finding_names_row_and_term(shelf: Shelf) -> None:
    found = shelf.verify(("doc", "Uno", "siete"), ("doc", "Uno", "siete | ocho clústeres"))
    assert [(f.code, f.row, f.part, f.table, f.key, f.value) for f in found] == [
        ("evidence-not-found", 3, "visits.csv", "visits", "v-1", "ocho clústeres")
    ]
    assert "«Uno»" in found[0].what("es")


def test_a_section_that_is_not_there_is_a_finding(shelf: Shelf) -> None:
    assert [f.code for f in shelf.verify(("doc", "Tres", "siete"))] == ["evidence-section-missing"]


@pytest.mark.parametrize("term", ["", "siete | ", "*"])
def test_a_term_that_is_empty_proves_nothing(shelf: Shelf, term: str) -> None:
    assert [f.code for f in shelf.verify(("doc", "Uno", term))] == ["evidence-not-found"]


@pytest.mark.parametrize("row", [("doc", "", ""), ("doc", None, None), (None, None, None)])
def test_a_row_with_neither_section_nor_terms_is_passed_over(shelf: Shelf, row: tuple[str | None, ...]) -> None:
    assert shelf.verify(row) == []  # type: ignore[arg-type]


def test_without_a_folder_of_documents_nothing_is_looked_for(shelf: Shelf) -> None:
    assert shelf.verify(("doc", "Uno", "ocho"), documents=None) == []


def test_a_document_without_a_copy_is_one_warning(shelf: Shelf) -> None:
    (shelf.folder / "doc.txt").unlink()
    found = shelf.verify(("doc", "Uno", "ocho"), ("doc", "Uno", "nueve"), ("otro", "Uno", "diez"))
    assert [(f.code, f.severity, f.params["kind"]) for f in found] == [
        ("evidence-not-verified", "warning", "doc"),
        ("evidence-not-verified", "warning", "otro"),
    ]


def test_a_copy_is_never_read_outside_the_folder(shelf: Shelf) -> None:
    (shelf.tiny.root / "secreto.txt").write_text(COPY, encoding="utf-8")
    shelf.tiny.source({**facts("diario", "visits"), "evidence": {"copies": {"doc": "../secreto.txt"}}})
    assert [f.code for f in shelf.verify(("doc", "Uno", "siete"))] == ["evidence-not-verified"]


def test_a_copy_that_is_no_text_is_a_warning(shelf: Shelf) -> None:
    (shelf.folder / "doc.txt").write_bytes(b"%PDF \xff\xfe\x80")
    assert [f.code for f in shelf.verify(("doc", "Uno", "siete"))] == ["evidence-not-verified"]


def everything(shared: Path, store: Path) -> tuple[Project, dict[str, dict[str, pd.DataFrame]]]:
    project = load_project(ROOT, store=store, documents=str(shared / "documents"))
    tables: dict[str, dict[str, pd.DataFrame]] = {}
    for source in project.sources.values():
        if source.evidence:
            snapshot = pull_source(project, source, NOW).snapshot
            assert snapshot is not None
            tables[source.id] = {feed.table: read_feed(project, source, feed, snapshot) for feed in source.feeds}
    return project, tables


@pytest.mark.slow
def test_every_term_of_the_shipped_facts_is_found_and_a_false_one_is_not(shared: Path, tmp_path: Path) -> None:
    project, tables = everything(shared, tmp_path / "store")
    terms = 0
    for name, own in tables.items():
        assert verify_evidence(project, project.sources[name], own) == []
        terms += sum(len(t.split(" | ")) for frame in own.values() for t in frame["evidence"] if t)
    assert terms == 479
    spoilt = tables["mia-2020"]["memberships"]
    spoilt.loc[3, "evidence"] = "ninguna entidad con este nombre"
    found = verify_evidence(project, project.sources["mia-2020"], tables["mia-2020"])
    assert [(f.code, f.table, f.row, f.key) for f in found] == [
        ("evidence-not-found", "memberships", 5, spoilt.loc[3, "membership_id"])
    ]


def far(shelf: Shelf, place: str, host: str, *rows: tuple[str, str, str], runs: int = 1) -> list[list[Finding]]:
    """What is found in each of some runs, each with a project of its own and asking twice, as two feeds do."""
    out = []
    for _ in range(runs):
        project = shelf.tiny.load(documents=place, allow_hosts=[host], http_retries=0, http_interval_seconds=0)
        frame = pd.DataFrame(rows, columns=["document_id", "section", "evidence"], dtype=STRING)
        origin: dict[str, Any] = {
            SOURCE: "diario",
            PART: "visits.csv",
            LINE: range(2, 2 + len(rows)),
            "visit_id": "v-1",
        }
        tables = {"visits": frame.assign(**origin)}
        found = [verify_evidence(project, project.sources["diario"], tables) for _ in range(2)]
        assert found[0] == found[1]
        out.append(found[0])
    return out


@pytest.fixture
def served(httpserver: HTTPServer) -> HTTPServer:
    httpserver.expect_request("/robots.txt").respond_with_data("", status=404)
    return httpserver


def says(server: HTTPServer, *answers: Response) -> list[str | None]:
    """Answer `/doc.txt` with each in turn; gives what was asked to be newer than."""
    left, newer = list(answers), []

    def one(request: Request) -> Response:
        newer.append(request.headers.get("If-None-Match"))
        return left.pop(0)

    server.expect_request("/doc.txt").respond_with_handler(one)
    return newer


def asked(server: HTTPServer) -> list[str]:
    return [request.path for request, _ in server.log if request.path != "/robots.txt"]


def test_a_copy_at_an_address_is_asked_for_once_a_run_and_read(shelf: Shelf, served: HTTPServer) -> None:
    served.expect_request("/copias/doc.txt").respond_with_data(COPY, content_type="text/plain")
    rows = ("doc", "Uno", "siete clústeres"), ("doc", "Uno", "ocho clústeres")
    [found] = far(shelf, served.url_for("/copias/"), served.host, *rows)
    assert [(f.code, f.row) for f in found] == [("evidence-not-found", 3)]
    assert asked(served) == ["/copias/doc.txt"]


def test_a_document_that_is_not_there_is_asked_for_once_a_run(shelf: Shelf, served: HTTPServer) -> None:
    [found] = far(shelf, served.url_for("/nada"), served.host, ("doc", "Uno", "x"))
    assert [f.code for f in found] == ["evidence-not-verified"]
    assert asked(served) == ["/nada/doc.txt"]


def test_the_next_run_sees_a_copy_that_has_changed_and_fetches_no_other(shelf: Shelf, served: HTTPServer) -> None:
    newer = says(served, Response("Uno\nocho", headers={"ETag": '"1"'}), Response(status=304), Response("Uno\nsiete"))
    found = far(shelf, served.url_for("/"), served.host, ("doc", "Uno", "ocho"), runs=3)
    assert [[f.code for f in one] for one in found] == [[], [], ["evidence-not-found"]]
    assert newer == [None, '"1"', '"1"']


def test_a_server_that_is_back_is_asked_again(shelf: Shelf, served: HTTPServer) -> None:
    says(served, Response(status=503), Response("Uno\nocho"), Response(status=503))
    found = far(shelf, served.url_for("/"), served.host, ("doc", "Uno", "ocho"), runs=3)
    assert [[f.code for f in one] for one in found] == [["evidence-not-verified"], [], []]


def test_a_copy_that_the_server_no_longer_has_verifies_nothing(shelf: Shelf, served: HTTPServer) -> None:
    says(served, Response("Uno\nocho"), Response(status=410))
    found = far(shelf, served.url_for("/"), served.host, ("doc", "Uno", "ocho"), runs=2)
    assert [[f.code for f in one] for one in found] == [[], ["evidence-not-verified"]]


def test_a_server_that_cannot_be_reached_is_tried_once_for_all_documents(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"d-{n}" for n in range(6)]
    shelf.tiny.source({**facts("diario", "visits"), "evidence": {"copies": {n: f"{n}.txt" for n in names}}})
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    tried: list[str] = []
    download = Web.download

    def counted(self: Web, url: str, *more: Any) -> Answer:
        tried.append(url)
        return download(self, url, *more)

    monkeypatch.setattr(Web, "download", counted)
    [found] = far(shelf, f"http://127.0.0.1:{port}/", "127.0.0.1", *((n, "Uno", "x") for n in names))
    assert [f.code for f in found] == ["evidence-not-verified"] * 6
    assert len(tried) == 1


def test_a_section_that_is_missing_is_shown_where_its_column_is_public(shelf: Shelf) -> None:
    public = [column(name) for name in ("visit_id", "document_id", "evidence", "section")]
    for fields, shown in ((public, True), ([*public[:3], column("section", privacy="private")], False)):
        shelf.tiny.schema(dataset_file("visits", table("visits", ["visit_id"], fields)))
        project = shelf.tiny.load()
        [found] = conceal(project, project.datasets["visits"], shelf.verify(("doc", "Capítulo Tres", "siete")))
        assert ("Capítulo Tres" in found.what("es"), "documento doc" in found.what("es")) == (shown, shown)
