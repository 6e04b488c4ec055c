"""The quality score: which metric costs how much, which distribution counts, and what nobody asked."""

from pathlib import Path

import pytest

from pipelines.check.catalogue.codes import load_codes
from pipelines.check.catalogue.mqa import TOTAL, Score, band, probed, score_lower, scores
from tests.check.catalogues import WHOLE, A, X, graph, swapped

CODES = load_codes(Path(__file__).parents[2] / "vocab")


def score(
    text: str = WHOLE, *more: str, failing: tuple[str, ...] = (), addresses: dict[str, bool | None] | None = None
) -> Score:
    (only,) = scores(graph(text, *more), CODES, failing, addresses)
    return only


def lost(one: Score) -> dict[str, int]:
    return {x.metric: x.points for x in one.lost}


def test_a_whole_description_has_all_that_can_be_had_without_asking() -> None:
    whole = score()
    assert (whole.points, whole.unknown, whole.of, whole.lost) == (325, 80, TOTAL, [])
    assert whole.points + whole.unknown == TOTAL == 405


METRICS = {
    "keyword": ('dcat:keyword "taller"@es ;', "", 30),
    "theme": ("dcat:theme <http://datos.gob.es/kos/sector-publico/sector/economia> ;", "", 30),
    "spatial": ("dct:spatial <http://datos.gob.es/recurso/sector-publico/territorio/Provincia/Madrid> ;", "", 20),
    "temporal": ("dct:temporal x:period ;", "", 20),
    "download_url": ("dcat:downloadURL x:talleres.csv ;", "", 20 + 30),
    "media_type": ("dcat:mediaType <http://www.iana.org/assignments/media-types/text/csv> ;", "", 10),
    "format_vocabulary": ("media-types/text/csv", "media-types/text/invented", 10),
    "licence_vocabulary": (f"dct:license <{A}/licence/CC_BY_4_0> ;\n  dct:rights", "dct:license x:terms ;\n  dct:rights", 10),
    "rights": (f"dct:rights <{A}/access-right/PUBLIC> ;", "", 5),
    "byte_size": ('dcat:byteSize "99"^^xsd:nonNegativeInteger ;', "", 5),
    "access_rights_vocabulary": (f"dct:accessRights <{A}/access-right/PUBLIC>", "dct:accessRights x:all", 5),
    "access_rights": (f"dct:accessRights <{A}/access-right/PUBLIC> ;", "", 10 + 5),
    "contact_point": ("dcat:contactPoint x:contact ;", "", 20),
    "machine_readable": ("file-type/CSV", "file-type/TXT", 20),
    "non_proprietary": ("file-type/CSV", "file-type/XLSX", 20),
    "format": (f"dct:format <{A}/file-type/CSV> ;", "", 20 + 20 + 20),
}  # fmt: skip


@pytest.mark.parametrize("metric", METRICS)
def test_each_metric_costs_what_it_weighs_and_tells_the_fix_in_both_languages(metric: str) -> None:
    before, after, points = METRICS[metric]
    one = score(swapped(before, after))
    assert sum(lost(one).values()) == points
    assert metric in lost(one)
    assert all(x.fix.es.strip() and x.fix.en.strip() and x.fix.es != x.fix.en for x in one.lost)


def test_formats_score_as_the_european_lists_have_them() -> None:
    def of(code: str) -> int:
        gone = lost(score(swapped("file-type/CSV", f"file-type/{code}")))
        return 40 - gone.get("machine_readable", 0) - gone.get("non_proprietary", 0)

    assert {code: of(code) for code in ("JSON", "XLSX", "ZIP", "GPKG", "PARQUET", "PDF")} == {
        "JSON": 40,
        "XLSX": 20,
        "ZIP": 20,
        "GPKG": 20,
        "PARQUET": 0,
        "PDF": 0,
    }


def test_a_format_in_words_is_a_format_and_no_code() -> None:
    gone = lost(score(swapped(f"<{A}/file-type/CSV>", '"CSV"')))
    assert gone == {"format_vocabulary": 10, "non_proprietary": 20, "machine_readable": 20}


def test_violations_of_the_dataset_or_of_a_distribution_cost_the_conformity() -> None:
    for node in ("d", "f"):
        assert lost(score(failing=(X + node,))) == {"conformity": 30}


def test_one_single_distribution_counts_and_metrics_are_not_mixed() -> None:
    other = f"x:d dcat:distribution x:g . x:g a dcat:Distribution ; dct:format <{A}/file-type/CSV> ."
    without_format = swapped(f"dct:format <{A}/file-type/CSV> ;", "")
    one = score(without_format, other)
    assert one.best == X + "f"
    assert "format" in lost(one)


def test_dates_fall_back_to_the_dataset() -> None:
    assert "issued" not in lost(score())
    assert lost(
        score(
            swapped('dct:issued "2026-01-15"^^xsd:date ;\n  dct:modified "2026-11-20T05', 'dct:modified "2026-11-20T05')
        )
    ) == {"issued": 5}


def test_an_answer_counts_an_error_is_lost_and_what_nobody_asked_is_neither() -> None:
    page, file = X + "page", X + "talleres.csv"
    assert score(addresses={page: True, file: True}).points == TOTAL
    broken = score(addresses={page: False, file: True})
    assert (broken.points, broken.unknown, lost(broken)) == (355, 0, {"access_url_status": 50})
    silent = score(addresses={page: None, file: True})
    assert (silent.points, silent.unknown, silent.lost) == (355, 50, [])


def test_of_two_access_addresses_one_that_answers_is_enough() -> None:
    more = "x:f dcat:accessURL x:other ."
    assert score(WHOLE, more, addresses={X + "page": False, X + "other": True}).unknown == 30
    assert lost(score(WHOLE, more, addresses={X + "page": False, X + "other": False})) == {"access_url_status": 50}
    assert score(WHOLE, more, addresses={X + "page": False}).unknown == 80


def test_a_dataset_without_distributions_has_only_its_own_points() -> None:
    bare = score(swapped("dcat:distribution x:f .", "dcat:keyword 'x'@es ."))
    assert (bare.points, bare.unknown, bare.best) == (30 + 30 + 20 + 20 + 30 + 10 + 5 + 20 + 10 + 5 + 5, 0, None)


def test_the_addresses_that_are_asked_are_those_of_the_best_distribution() -> None:
    read = graph(WHOLE, "x:d dcat:distribution x:g . x:g a dcat:Distribution ; dcat:accessURL x:never .")
    (one,) = scores(read, CODES)
    assert probed(read, one) == [X + "page", X + "talleres.csv"]


@pytest.mark.parametrize(
    ("points", "name"),
    [
        (405, "excellent"),
        (351, "excellent"),
        (350, "good"),
        (221, "good"),
        (220, "sufficient"),
        (121, "sufficient"),
        (120, "bad"),
        (0, "bad"),
    ],
)
def test_bands_begin_where_the_portal_says(points: int, name: str) -> None:
    assert band(points) == name


def test_a_release_that_scores_less_is_held_and_told_how_to_mend_it() -> None:
    less = score(swapped('dcat:keyword "taller"@es ;', ""))
    assert score_lower(295, less, "talleres") is None
    held = score_lower(325, less, "talleres")
    assert held and held.blocks and held.message.approvable
    assert "palabras clave" in held.what("es") and "keywords" in held.what("en")
