"""A release tells in whose copies the terms of its rows were looked for, also where all of them were found."""

from pathlib import Path

import pytest

from pipelines.contracts.files import read_json
from pipelines.contracts.store import QUALITY_FILE
from pipelines.line import Line
from pipelines.release.index import current_release
from tests.tiny import Tiny, column, dataset, facts, make_tiny, table

ROWS = (
    "visit_id,place_id,document_id,section,evidence\n"
    "v-1,centro,acta,Uno,siete\nv-2,centro,acta,Uno,clústeres\nv-3,sur,otra,Dos,ocho\nv-4,sur,nadie,Dos,ocho\n"
)


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    out = make_tiny(tmp_path / "city")
    fields = [column(name) for name in ("visit_id", "place_id", "document_id", "section", "evidence")]
    out.schema(dataset("visits", table("visits", ["visit_id"], fields)))
    copies = {"acta": "acta.md", "otra": "otra.md", "ninguna": "acta.md"}
    out.source({**facts("diario", "visits"), "evidence": {"copies": copies}})
    out.rows("visits", ROWS)
    (out.root / "copies").mkdir()
    (out.root / "copies" / "acta.md").write_text("# Uno\n\nsiete clústeres\n", encoding="utf-8")
    return out


def looked_at(tiny: Tiny, **settings: object) -> object:
    project = tiny.load(**settings)
    with Line(project, "release") as line:
        line.release()
    release = current_release(project.store, "visits")
    assert release is not None
    return read_json(project.store.release("visits", release.version) / QUALITY_FILE)["evidence"]


def test_only_documents_that_rows_name_and_that_have_a_copy_were_looked_at(tiny: Tiny) -> None:
    assert looked_at(tiny, documents="copies") == {"documents": ["acta"]}


def test_without_a_place_for_copies_nothing_was_looked_at(tiny: Tiny) -> None:
    assert looked_at(tiny) == {"documents": []}


def test_a_document_that_only_a_private_column_names_is_not_told(tiny: Tiny) -> None:
    fields = [column(name) for name in ("visit_id", "place_id", "section", "evidence")]
    hidden = column("document_id", privacy="private")
    tiny.schema(dataset("visits", table("visits", ["visit_id"], [*fields, hidden])))
    assert looked_at(tiny, documents="copies") == {"documents": []}
