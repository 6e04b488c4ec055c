"""Facts become metadata: what is decided once for every description."""

from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from describe_builders import (
    BASE,
    DATASET,
    PUBLISHED,
    ROOMS,
    WORKSHOPS,
    Described,
    column,
    dataset_file,
    facts,
    project,
    tables,
)

from pipelines.contracts.files import pretty_json
from pipelines.describe import describe_catalogue, describe_dataset, table_period

GOLDEN = Path(__file__).parent / "golden" / "dataset.json"


def test_the_metadata_of_the_small_release_are_the_golden_ones(described: Described) -> None:
    text = pretty_json(described.meta.model_dump(mode="json", exclude_none=True))
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_the_identifier_is_a_uuid_that_no_new_version_changes(described: Described) -> None:
    content = tables(described.dataset)
    later = describe_dataset(
        described.project, described.dataset, facts(content, described.files, version="2027-01-01.1")
    )
    assert UUID(described.meta.identifier).version == 5
    assert (later.iri, later.identifier) == (described.meta.iri, described.meta.identifier)
    assert later.version_iri != described.meta.version_iri


def test_a_table_describes_the_days_of_its_temporal_column_and_an_open_end_counts_with_its_start(
    described: Described,
) -> None:
    table = described.meta.tables[0]
    assert (table.describes_from, table.describes_until) == (date(2020, 3, 1), date(2022, 7, 4))


def test_a_table_without_a_temporal_column_describes_the_declared_period(described: Described) -> None:
    table = described.meta.tables[1]
    assert (table.describes_from, table.describes_until) == (date(2019, 1, 1), date(2021, 2, 28))


def test_the_period_of_the_dataset_spans_the_declared_one_and_the_tables(described: Described) -> None:
    period = described.meta.temporal
    assert period is not None
    assert (period.start, period.end) == (date(2019, 1, 1), date(2022, 7, 4))


def test_a_table_of_no_rows_describes_the_declared_period(described: Described) -> None:
    dataset = described.dataset
    empty = tables(dataset, {"workshops": [], "rooms": []})["workshops"]
    assert table_period(dataset, dataset.resources[0], empty) == (date(2019, 1, 1), date(2021, 2, 28))


def test_a_private_date_tells_no_period() -> None:
    hidden = {**WORKSHOPS, "schema": {**WORKSHOPS["schema"], "fields": [*WORKSHOPS["schema"]["fields"]]}}
    hidden["schema"]["fields"][3] = column("date", edtf=True, privacy="private")
    dataset = dataset_file(temporal=None, resources=[hidden, ROOMS])
    content = tables(dataset)
    assert table_period(dataset, dataset.resources[0], content["workshops"]) == (None, None)
    meta = describe_dataset(project(dataset), dataset, facts(content, []))
    assert meta.temporal is None


def test_a_column_of_days_dates_a_table_as_well_as_an_edtf_column() -> None:
    rooms = {**ROOMS, "temporal_column": "opened", "schema": {**ROOMS["schema"]}}
    rooms["schema"]["fields"] = [*ROOMS["schema"]["fields"], column("opened", type="date")]
    dataset = dataset_file(temporal=None, resources=[WORKSHOPS, rooms])
    rows = {"workshops": [], "rooms": [{"room_id": "r1", "opened": date(2001, 5, 6)}]}
    content = tables(dataset, rows)
    assert table_period(dataset, dataset.resources[1], content["rooms"]) == (date(2001, 5, 6), date(2001, 5, 6))


def test_only_table_files_become_distributions(described: Described) -> None:
    assert "delta.jsonl" in {f.file for f in described.files}
    named = [d.file for d in described.meta.distributions]
    assert named == [f"{table}.{e}" for table in ("workshops", "rooms") for e in ("csv", "xlsx", "jsonl", "parquet")]


def test_each_distribution_has_the_size_and_hashes_of_its_file(described: Described) -> None:
    files = {f.file: f for f in described.files}
    for file in described.meta.distributions:
        known = files[file.file]
        assert (file.byte_size, file.checksum.sha256, file.checksum.sha1) == (known.size, known.sha256, known.sha1)


def test_keywords_and_legislation_of_the_catalogue_are_added_once(described: Described) -> None:
    assert described.meta.keywords.en == ["workshop", "town"]
    assert described.meta.keywords.es == ["taller", "pueblo"]
    assert described.meta.legislation == ["https://www.boe.es/eli/es/l/2007/11/16/37"]


def test_what_the_dataset_declares_goes_before_the_catalogue() -> None:
    own = {"licence": "https://example.org/licence", "spatial": ["http://example.org/place"]}
    dataset = dataset_file(**own)
    meta = describe_dataset(project(dataset), dataset, facts(tables(dataset), []))
    assert (meta.licence, [p.iri for p in meta.spatial]) == (own["licence"], own["spatial"])


def test_the_provenance_names_the_sources_in_both_languages(described: Described) -> None:
    assert described.meta.provenance.es == "Elaborado a partir de: «Cuaderno de talleres» (Biblioteca)."
    assert described.meta.provenance.en == "Made from: 'Workshop notebook' (Library)."


def test_a_private_column_leaves_no_trace_in_the_metadata(described: Described) -> None:
    whole = described.meta.model_dump_json()
    assert "remark" not in whole
    assert "room_ref" not in whole
    assert described.meta.tables[0].columns == 8  # six that are declared and two derived


def test_a_source_that_the_project_has_not_is_not_passed_over() -> None:
    dataset = dataset_file()
    with pytest.raises(KeyError):
        describe_dataset(project(dataset), dataset, facts(tables(dataset), [], sources=["nobody"]))


def test_an_example_says_so_first_in_both_languages(described: Described) -> None:
    shown = describe_catalogue(project(stage="example"), [described.meta], "e", PUBLISHED)
    assert shown.descriptions.es.startswith("Este catálogo es un ejemplo")
    assert shown.descriptions.en.startswith("This catalogue is an example")
    assert described.catalogue.descriptions.es == "Lo que el pueblo publica."


def test_everything_is_named_under_the_uri_base(described: Described) -> None:
    meta = described.meta
    assert meta.series is not None and meta.temporal is not None
    iris = [meta.iri, meta.version_iri, meta.series.iri, meta.temporal.iri, meta.contact.iri, described.catalogue.iri]
    assert all(iri.startswith(f"{BASE}/catalogo") for iri in [*iris, *(d.iri for d in meta.distributions)])


def test_a_period_that_is_no_date_is_refused_when_the_file_is_read() -> None:
    for wrong in ("2020-13", "hacia 2020", "2020/2021"):
        with pytest.raises(ValueError, match=r"temporal\.start"):
            dataset_file(**{**DATASET, "temporal": {"start": wrong}})
