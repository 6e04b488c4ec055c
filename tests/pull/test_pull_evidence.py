"""Evidence: each term of each row stands in the named section of the copy of its document, or is a finding."""

from pathlib import Path

import pandas as pd
import pytest
from pytest_httpserver import HTTPServer

from pipelines.contracts.findings import Finding
from pipelines.contracts.project import Project, load_project
from pipelines.contracts.tables import LINE, PART, SOURCE, STRING
from pipelines.pull import pull_source, read_feed, verify_evidence
from tests.pull.pull_builders import NOW
from tests.tiny import Tiny, facts

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


def test_a_copy_at_an_address_is_fetched_once_and_read(shelf: Shelf, httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/robots.txt").respond_with_data("", status=404)
    httpserver.expect_ordered_request("/copias/doc.txt").respond_with_data(COPY, content_type="text/plain")
    project = shelf.tiny.load(documents=httpserver.url_for("/copias/"), allow_hosts=[httpserver.host])
    frame = pd.DataFrame([("doc", "Uno", "siete clústeres"), ("doc", "Uno", "ocho clústeres")], dtype=STRING)
    frame.columns = pd.Index(["document_id", "section", "evidence"])
    rows = {"visits": frame.assign(**{SOURCE: "diario", PART: "visits.csv", LINE: [2, 3], "visit_id": ["v-1", "v-2"]})}
    for _ in range(2):
        found = verify_evidence(project, project.sources["diario"], rows)
        assert [(f.code, f.row) for f in found] == [("evidence-not-found", 3)]
    httpserver.check_assertions()


def test_an_address_without_the_copy_verifies_nothing_and_says_so(shelf: Shelf, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("", status=404)
    found = shelf.verify(("doc", "Uno", "x"), documents=httpserver.url_for("/nada"))
    assert [f.code for f in found] == ["evidence-not-verified"]
