"""What a table does not cover is said where its rows are: of whom, and with the total that a source declares."""

import pytest

from pipelines.contracts.dataset import Coverage, Declared
from pipelines.contracts.text import Text
from portal.pages.coverage import covered, said_of_coverage
from portal.site import Site, Sites
from tests.portal.conftest import BASE_URL
from tests.publish.edition_city import make_city

SAID = Text(es="Una muestra.", en="A sample.")
TOTAL = Declared(value=500, qualifier="exact", date="2023-02", document="centro")
STATED = [
    Coverage(coverage="named-sample", statement=SAID),
    Coverage(subject="centro", coverage="named-sample", statement=SAID, declared=TOTAL),
    Coverage(subject="ñu/1", coverage="unknown", statement=SAID),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Sites(make_city(tmp_path_factory.mktemp("covered") / "city").store, BASE_URL).current()


@pytest.mark.parametrize(
    ("given", "subjects"),
    [
        ([], [None]),
        ([("limit", "1"), ("order", "centro")], [None]),
        ([("place_id__eq", "centro")], [None, "centro"]),
        ([("place_id__contains", "ñu")], [None, "ñu/1"]),
    ],
)
def test_filtered_rows_bear_the_statements_of_the_whole_and_of_what_is_filtered(
    site: Site, given: list[tuple[str, str]], subjects: list[str | None]
) -> None:
    facts = site.metadata("visits", site.version("visits", None)).tables[0].model_copy(update={"coverage": STATED})
    assert [c.subject for c in covered(facts, given)] == subjects


def test_a_declared_total_reads_with_the_label_of_its_document_and_its_date_in_words(site: Site) -> None:
    meta = site.metadata("visits", site.version("visits", None))
    meta = meta.model_copy(update={"tables": [meta.tables[0].model_copy(update={"coverage": STATED})]})
    said = said_of_coverage(site, "es", meta)
    path, label = said["subjects"]["centro"]
    assert path == "/recurso/ciudad/place/centro"
    assert said["declared"](TOTAL) == f"500 (febrero de 2023, {label.es})"
    assert said["declared"](TOTAL.model_copy(update={"document": "other"})).endswith("(febrero de 2023, other)")
