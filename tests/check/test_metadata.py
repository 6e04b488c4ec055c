"""The metadata gate: what is missing or cannot be true is found, and nothing else."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.check.catalogue.codes import load_codes
from pipelines.check.metadata import check_metadata
from pipelines.contracts.findings import Finding
from pipelines.contracts.metadata import Dataset, Distribution, Location, TableFacts
from pipelines.contracts.text import Text, Words

GOLDEN = Path(__file__).parents[1] / "describe" / "golden" / "dataset.json"
CODES = load_codes(Path(__file__).parents[2] / "vocab")
LATER = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def meta() -> Dataset:
    return Dataset.model_validate_json(GOLDEN.read_bytes())


def found(meta: Dataset, **changes: Any) -> list[Finding]:
    return check_metadata(meta.model_copy(update=changes), CODES)


def codes(meta: Dataset, **changes: Any) -> set[tuple[str, str | None]]:
    return {(f.code, f.field) for f in found(meta, **changes)}


def first_file(meta: Dataset, **changes: Any) -> list[Distribution]:
    return [meta.distributions[0].model_copy(update=changes), *meta.distributions[1:]]


def first_table(meta: Dataset, **changes: Any) -> list[TableFacts]:
    return [meta.tables[0].model_copy(update=changes), *meta.tables[1:]]


def test_a_complete_description_has_no_findings(meta: Dataset) -> None:
    assert check_metadata(meta, CODES) == []


SAME = Text(es="Un texto que nadie tradujo.", en="Un texto que nadie tradujo.")
WRONG: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "a title of two letters": ({"titles": Text(es="Un", en="Workshops")}, ("meta-text-short", "titles")),
    "a description of a word": (
        {"descriptions": Text(es="Talleres.", en="x" * 20)},
        ("meta-text-short", "descriptions"),
    ),
    "a description of spaces": ({"descriptions": Text(es=" " * 20, en="x" * 20)}, ("meta-text-short", "descriptions")),
    "a description not translated": ({"descriptions": SAME}, ("meta-text-same", "descriptions")),
    "an empty keyword": ({"keywords": Words(es=["taller", " "], en=["workshop"])}, ("meta-keyword-empty", "keywords")),
    "a licence in words": ({"licence": "libre"}, ("meta-licence", "licence")),
    "a licence of another list": ({"licence": "https://example.org/l"}, ("meta-licence-unlisted", "licence")),
    "no theme": ({"themes": []}, ("meta-theme-unknown", "themes")),
    "an invented theme": ({"themes": ["EDUC", "SOC"]}, ("meta-theme-unknown", "themes")),
    "no sector": ({"sectors": []}, ("meta-theme-unknown", "sectors")),
    "an invented sector": ({"sectors": ["clusteres"]}, ("meta-theme-unknown", "sectors")),
    "a frequency in words": ({"frequency": "cada mes"}, ("meta-code-form", "frequency")),
    "access in words": ({"access_rights": "public"}, ("meta-code-form", "access_rights")),
    "no Spanish": ({"languages": ["ENG"]}, ("meta-language", "languages")),
    "a language in lower case": ({"languages": ["SPA", "en"]}, ("meta-code-form", "languages")),
    "no place": ({"spatial": []}, ("meta-spatial-missing", "spatial")),
    "no period": ({"temporal": None}, ("meta-period-missing", "temporal")),
    "a version of another form": ({"version": "1.0"}, ("meta-version", "version")),
    "a schema version of another form": ({"schema_version": "1"}, ("meta-version", "schema_version")),
    "a version that is its own predecessor": (
        {"previous_version": "2026-11-22.1"},
        ("meta-version", "previous_version"),
    ),
    "another dataset IRI": ({"iri": "https://other.example/datos/workshops"}, ("meta-identity", "iri")),
    "another version IRI": ({"version_iri": "https://datos.pueblo.example/x"}, ("meta-identity", "version_iri")),
    "another identifier": ({"identifier": "550e8400-e29b-41d4-a716-446655440000"}, ("meta-identity", "identifier")),
    "first published after its change": ({"issued": date(2026, 11, 22)}, ("meta-date-order", "issued")),
    "rows changed in the future": ({"data_changed": LATER}, ("meta-date-order", "data_changed")),
    "description changed in the future": ({"metadata_changed": LATER}, ("meta-date-order", "metadata_changed")),
    "a time without a zone": ({"data_changed": datetime(2026, 11, 21)}, ("meta-date-zone", "data_changed")),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_missing_or_wrong_is_found(meta: Dataset, case: str) -> None:
    changes, expected = WRONG[case]
    assert expected in codes(meta, **changes)


def test_each_part_that_can_be_wrong_is_found_in_its_place(meta: Dataset) -> None:
    assert meta.series is not None and meta.temporal is not None
    agent, contact = meta.publisher, meta.contact
    assert codes(meta, publisher=agent.model_copy(update={"iri": "https://pueblo.example"})) == {
        ("meta-publisher", "publisher")
    }
    assert codes(meta, contact=contact.model_copy(update={"email": "pregunte en la puerta"})) == {
        ("meta-contact", "contact")
    }
    assert codes(meta, contact=contact.model_copy(update={"iri": "https://a.example/b"})) == {
        ("meta-identity", "contact")
    }
    assert codes(meta, series=meta.series.model_copy(update={"iri": "https://a.example"})) == {
        ("meta-identity", "series")
    }
    assert codes(meta, temporal=meta.temporal.model_copy(update={"iri": "https://a.example"})) == {
        ("meta-identity", "temporal")
    }
    assert codes(meta, spatial=[Location(iri="http://example.org/p")]) == set()


def test_a_title_that_reads_the_same_in_both_languages_only_warns(meta: Dataset) -> None:
    (only,) = found(meta, titles=Text(es="Fintech", en="Fintech"))
    assert (only.code, only.severity) == ("meta-text-same", "warning")


def test_a_description_that_repeats_the_title_says_nothing(meta: Dataset) -> None:
    title = Text(es="Talleres del pueblo entero", en="Workshops of the whole town")
    assert codes(meta, titles=title, descriptions=title) == {("meta-text-short", "descriptions")}


def test_the_texts_of_tables_and_columns_are_held_to_the_same(meta: Dataset) -> None:
    column = meta.tables[0].fields[1].model_copy(update={"descriptions": SAME})
    (table,) = found(meta, tables=first_table(meta, descriptions=SAME))
    (field,) = found(meta, tables=first_table(meta, fields=[column]))
    assert (table.table, table.field) == ("workshops", "descriptions")
    assert (field.table, field.field) == ("workshops", "name.descriptions")
    assert "workshops/workshops" in field.what("es")


def test_a_table_that_does_not_say_what_it_lacks_is_found(meta: Dataset) -> None:
    (only,) = found(meta, tables=first_table(meta, coverage=[]))
    assert (only.code, only.table) == ("meta-coverage-missing", "workshops")


def test_a_table_that_does_not_say_up_to_when_it_describes_warns(meta: Dataset) -> None:
    (only,) = found(meta, tables=first_table(meta, describes_from=None, describes_until=None))
    assert (only.code, only.severity, only.table) == ("meta-until-missing", "warning", "workshops")


def test_a_dataset_without_any_period_is_told_once(meta: Dataset) -> None:
    tables = [t.model_copy(update={"describes_from": None, "describes_until": None}) for t in meta.tables]
    assert [f.code for f in found(meta, temporal=None, tables=tables)] == ["meta-period-missing"]


def test_a_period_that_ends_before_it_starts_is_found_for_the_dataset_and_for_a_table(meta: Dataset) -> None:
    assert meta.temporal is not None
    backwards = meta.temporal.model_copy(update={"end": date(2000, 1, 1)})
    (whole,) = found(meta, temporal=backwards)
    (table,) = found(meta, tables=first_table(meta, describes_until=date(2000, 1, 1)))
    assert (whole.code, whole.table) == ("meta-period-order", None)
    assert (table.code, table.table) == ("meta-period-order", "workshops")
    assert "2000-01-01" in whole.what("en")


def test_an_open_period_is_sane(meta: Dataset) -> None:
    assert meta.temporal is not None
    assert found(meta, temporal=meta.temporal.model_copy(update={"start": None})) == []


def test_a_period_in_the_future_is_sane_because_plans_are_data(meta: Dataset) -> None:
    assert meta.temporal is not None
    assert found(meta, temporal=meta.temporal.model_copy(update={"end": date(2040, 1, 1)})) == []


def test_every_table_needs_a_file_in_every_format(meta: Dataset) -> None:
    (only,) = found(meta, distributions=meta.distributions[1:])
    assert (only.code, only.table, only.value) == ("meta-file-missing", "workshops", "workshops.csv")
    assert len(found(meta, distributions=[])) == 8


def test_a_file_of_no_bytes_is_found(meta: Dataset) -> None:
    (only,) = found(meta, distributions=first_file(meta, byte_size=0))
    assert (only.code, only.value) == ("meta-file-empty", "workshops.csv")


def test_a_format_that_is_not_published_is_found(meta: Dataset) -> None:
    for change in ({"format": "XYZZY"}, {"media_type": "text/plain"}):
        (only,) = found(meta, distributions=first_file(meta, **change))
        assert (only.code, only.value) == ("meta-format-unknown", "workshops.csv")


def test_the_licence_identity_and_dates_of_a_file_are_held_to_the_same(meta: Dataset) -> None:
    (licence,) = found(meta, distributions=first_file(meta, licence=""))
    (identity,) = found(meta, distributions=first_file(meta, iri="https://a.example/f"))
    (late,) = found(meta, distributions=first_file(meta, modified=meta.published + timedelta(seconds=1)))
    assert licence.code == "meta-licence"
    assert (identity.code, identity.field) == ("meta-identity", "workshops.csv")
    assert (late.code, late.field) == ("meta-date-order", "workshops.csv.modified")


def test_a_day_is_held_against_the_day_in_madrid(meta: Dataset) -> None:
    just_after_midnight = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)  # 00:30 of the 22nd in Madrid
    assert found(meta, issued=date(2026, 11, 22), data_changed=just_after_midnight) == []


def test_every_finding_names_the_dataset_and_reads_in_both_languages(meta: Dataset) -> None:
    for changes, _ in WRONG.values():
        for one in found(meta, **changes):
            assert one.dataset == "workshops"
            for lang in ("es", "en"):
                assert "(no se muestra)" not in one.what(lang) + one.do(lang)
                assert "(not shown)" not in one.what(lang) + one.do(lang)
