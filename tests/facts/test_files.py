"""The files: all of them against their schemas and the standard, the shipped ones against the facts they came from.

What speaks of all files (`whole`, `FILES`) asks no more of them than `opendata check` does.
"""

import csv
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pytest
import yaml

from pipelines.contracts import profile
from pipelines.contracts.dataset import Coverage
from pipelines.contracts.findings import blocking
from pipelines.contracts.project import Project
from pipelines.contracts.settings import Settings
from tests.tiny import places_file

from .conftest import ROOT, row
from .shipped import DATASETS as SHIPPED_DATASETS
from .shipped import SOURCES as SHIPPED_SOURCES

Tables = dict[str, pd.DataFrame]
DATASETS = sorted(p for p in (ROOT / "schemas").glob("*.yaml") if p.stem != "catalogue")
KINDS = {"dataset": DATASETS, "source": sorted((ROOT / "sources").glob("*.yaml"))}
KINDS |= {"catalogue": [ROOT / "schemas" / "catalogue.yaml"], "target": sorted((ROOT / "targets").glob("*.yaml"))}
FILES = [(kind, path) for kind, paths in KINDS.items() for path in paths]
NEVER_COMMITTED = {"personal_data_hashes.csv", "seed_ledger.csv", "verify.py", "coverage.csv"}
TERRITORY_FREE = {"documents", "venues", "indicators", "concept_schemes", "concepts", "territories"}


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_every_file_loads_and_fits_the_others(whole: Project) -> None:
    assert [f.what("en") for f in blocking(whole.findings)] == []
    assert set(whole.datasets) == {p.stem for p in DATASETS}
    assert set(whole.sources) == {p.stem for p in KINDS["source"]}


def test_every_coded_column_has_a_vocabulary(whole: Project) -> None:
    tables = [r for dataset in whole.datasets.values() for r in dataset.resources]
    named = {f"{r.name}.{f.name}": f.vocabulary for r in tables for f in r.fields if f.vocabulary}
    assert {column: v for column, v in named.items() if not whole.vocabularies.labels.get(v)} == {}


def test_every_key_leads_to_columns_that_are_declared(whole: Project) -> None:
    for dataset in whole.datasets.values():
        for resource in dataset.resources:
            ends = [end for k in resource.keys for end in (k.reference, *k.references.values()) if end]
            ends += [k.reference for k in resource.table_schema.foreign_keys]
            for end in ends:
                target = whole.datasets[end.dataset or dataset.name].resource(end.resource or resource.name)
                assert set(end.fields) <= {f.name for f in target.fields}, resource.name


def test_nothing_is_wrong_with_the_shipped_files(project: Project) -> None:
    assert [f.what("en") for f in project.findings] == []
    assert set(project.datasets) == set(SHIPPED_DATASETS)
    assert set(project.sources) == set(SHIPPED_SOURCES)
    assert {s.kind for s in project.sources.values()} == {"facts"}


@pytest.mark.parametrize("kind", list(profile.MODELS))
def test_the_schemas_for_editors_are_those_of_the_models(kind: str) -> None:
    shipped = (ROOT / profile.FOLDER / f"{kind}.schema.json").read_text(encoding="utf-8")
    assert shipped == profile.profile_text(kind), "run python -m pipelines.contracts.profile"


def test_the_schemas_for_editors_are_written_where_the_files_look_for_them(tmp_path: Path) -> None:
    written = profile.write_profiles(tmp_path)
    assert [p.relative_to(tmp_path).as_posix() for p in written] == [
        f"schemas/profile/{kind}.schema.json" for kind in ("dataset", "source", "catalogue", "target")
    ]


@pytest.mark.parametrize(("kind", "path"), FILES, ids=lambda v: v if isinstance(v, str) else v.stem)
def test_each_file_passes_the_schema_of_its_kind(kind: str, path: Path) -> None:
    schema = ROOT / profile.FOLDER / f"{kind}.schema.json"
    jsonschema.Draft202012Validator(json.loads(schema.read_text(encoding="utf-8"))).validate(load(path))


@pytest.mark.parametrize(("kind", "path"), FILES, ids=lambda v: v if isinstance(v, str) else v.stem)
def test_a_first_line_that_names_a_schema_names_that_of_its_kind(kind: str, path: Path) -> None:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    if not named:
        assert path.stem not in {*SHIPPED_DATASETS, *SHIPPED_SOURCES}, first
        pytest.skip("the file names no schema for editors, which it need not")
    assert (path.parent / named[1]).resolve() == (ROOT / profile.FOLDER / f"{kind}.schema.json").resolve()


def test_a_typing_error_in_a_key_fails_the_schema() -> None:
    wrong = places_file() | {"titels": {"es": "a", "en": "b"}}
    with pytest.raises(jsonschema.ValidationError, match="titels"):
        jsonschema.Draft202012Validator(json.loads(profile.profile_text("dataset"))).validate(wrong)


@pytest.mark.parametrize("path", DATASETS, ids=lambda p: p.stem)
def test_each_dataset_file_is_a_data_package(path: Path) -> None:
    from frictionless import Package

    report = Package.validate_descriptor(load(path))
    assert report.valid, report.flatten(["type", "note"])


def test_each_table_has_the_columns_that_its_schema_declares(project: Project, tables: Tables) -> None:
    for dataset in project.datasets.values():
        for resource in dataset.resources:
            assert list(tables[resource.name].columns) == [f.name for f in resource.table_schema.fields], resource.name


def test_internal_columns_reach_no_table(project: Project, tables: Tables) -> None:
    for name, table in tables.items():
        assert not {"note", "publish"} & set(table.columns), name
        assert not table.apply(lambda column: column.str.contains("internal:")).to_numpy().any(), name
    for dataset in project.datasets.values():
        for resource in dataset.resources:
            assert {f.privacy for f in resource.table_schema.fields} == {"public"}


def test_every_id_is_minted_and_unique(project: Project, tables: Tables) -> None:
    composite = {"concepts", "different_from", "organisation_identifiers"}
    for dataset in project.datasets.values():
        for resource in dataset.resources:
            assert not tables[resource.name].duplicated(resource.primary_key).any(), resource.name
            assert resource.minted == (resource.name not in composite), resource.name
            assert resource.minted == (len(resource.primary_key) == 1), resource.name


def test_ids_have_the_form_that_their_column_promises(project: Project, tables: Tables) -> None:
    checked = 0
    for dataset in project.datasets.values():
        for resource in dataset.resources:
            for field in resource.table_schema.fields:
                if not field.constraints.pattern:
                    continue
                given = tables[resource.name][field.name]
                given = given[given != ""]
                assert given.str.fullmatch(field.constraints.pattern).all(), f"{resource.name}.{field.name}"
                checked += 1
    assert checked > 40


def test_every_coded_value_is_a_code_of_its_vocabulary(project: Project, tables: Tables) -> None:
    used = set()
    for dataset in project.datasets.values():
        for resource in dataset.resources:
            for field in resource.table_schema.fields:
                if field.vocabulary:
                    used.add(field.vocabulary)
                    given = set(tables[resource.name][field.name]) - {""}
                    assert given <= set(project.vocabularies.codes(field.vocabulary)), f"{resource.name}.{field.name}"
    # Other schemes serve metadata (themes, sectors) and coverage, or the columns that an operator added.
    assert {"eu-data-theme", "nti-sector", "coverage"} <= set(project.vocabularies.labels) - used


def test_themes_and_sectors_are_codes_of_the_official_lists(project: Project, tables: Tables) -> None:
    concepts = tables["concepts"]
    themes = set(concepts[concepts.scheme_id == "eu-data-theme"].notation)
    sectors = set(concepts[concepts.scheme_id == "nti-sector"].concept_id)
    for dataset in project.datasets.values():
        assert set(dataset.themes) <= themes
        assert set(dataset.sectors) <= sectors
        assert dataset.frequency == "IRREG"


def test_every_key_is_held_by_the_shipped_rows(project: Project, tables: Tables) -> None:
    held = 0
    for dataset in project.datasets.values():
        for resource in dataset.resources:
            ends = [(k.fields, k.reference, k.references) for k in resource.keys]
            ends += [(k.fields, k.reference, {}) for k in resource.table_schema.foreign_keys]
            for columns, reference, by_kind in ends:
                for kind, end in {**({"": reference} if reference else {}), **by_kind}.items():
                    found = tables[resource.name]
                    found = found[found.subject_kind == kind] if kind else found
                    filled = found[(found[columns] != "").all(axis=1)]
                    target = tables[end.resource or resource.name]
                    known = set(map(tuple, target[end.fields].to_numpy()))
                    missing = [k for k in map(tuple, filled[columns].to_numpy()) if k not in known]
                    assert missing == [], f"{resource.name}{columns}"
                    held += len(filled)
    assert held > 1500


def test_columns_that_name_a_thing_of_another_table_are_keys(project: Project) -> None:
    """What a reader would call a reference is declared as one; `subject_id` by kind."""
    coded_or_own = {"concept_id", "org_type_id", "legal_form_id", "sector_id", "ecosystem_id"}
    for dataset in project.datasets.values():
        for resource in dataset.resources:
            joined = {c for k in [*resource.keys, *resource.table_schema.foreign_keys] for c in k.fields}
            for field in resource.table_schema.fields:
                if field.name.endswith("_id") and not field.vocabulary and field.name not in coded_or_own:
                    assert field.name in {*joined, *resource.primary_key}, f"{resource.name}.{field.name}"


def test_every_text_of_a_column_is_more_than_its_name(project: Project) -> None:
    for dataset in project.datasets.values():
        for resource in dataset.resources:
            for field in resource.table_schema.fields:
                for lang in ("es", "en"):
                    title, description = field.titles.get(lang), field.descriptions.get(lang)
                    where = f"{resource.name}.{field.name}.{lang}"
                    assert "_" not in title, where
                    assert len(description.split()) >= 3, where
                    assert description.endswith((".", "...", "…")), where
                    assert description.rstrip(".").casefold() != title.casefold(), where
                assert field.descriptions.es != field.descriptions.en


def test_the_facts_are_those_that_were_handed_over(shared: Path, project: Project) -> None:
    facts = shared / "facts" / "tables"
    handed = {p.relative_to(facts).as_posix(): p for p in facts.glob("*/*.csv") if p.name not in NEVER_COMMITTED}
    ours = {
        p.relative_to(ROOT / "sources").as_posix(): p
        for name in project.sources
        for p in (ROOT / "sources" / name).glob("*.csv")
    }
    ours |= {f"register/{p.name}": p for p in (ROOT / "vocab").glob("*.csv")}
    assert set(ours) == set(handed)
    for name, path in ours.items():
        assert path.read_bytes() == handed[name].read_bytes(), name


def test_what_must_not_be_committed_is_not_there() -> None:
    for folder in (*(f"sources/{name}" for name in SHIPPED_SOURCES), "vocab", "schemas", "targets", "tests/facts"):
        assert not NEVER_COMMITTED & {p.name for p in (ROOT / folder).rglob("*")}


def test_every_table_declares_its_coverage_as_the_register_has_it(shared: Path, project: Project) -> None:
    with (shared / "facts" / "tables" / "register" / "coverage.csv").open(encoding="utf-8", newline="") as stream:
        wanted = {(r["table"], r["subject_id"]): r for r in csv.DictReader(stream)}
    declared: dict[tuple[str, str], Coverage] = {}
    for dataset in project.datasets.values():
        for resource in dataset.resources:
            for entry in resource.coverage:
                declared[resource.name, entry.subject or ""] = entry
    assert set(declared) - set(wanted) == {(table, "") for table in TERRITORY_FREE}
    for key, wish in wanted.items():
        entry = declared[key]
        assert entry.coverage == wish["coverage"], key
        assert (entry.statement.es, entry.statement.en) == (wish["statement_es"], wish["statement_en"]), key
        assert (entry.declared.observation if entry.declared else "") == wish["declared"], key


def test_every_table_says_first_what_it_covers_in_general(project: Project) -> None:
    for dataset in project.datasets.values():
        for resource in dataset.resources:
            assert [c.subject for c in resource.coverage].count(None) == 1, resource.name
            assert resource.coverage[0].subject is None, resource.name


def test_every_table_says_up_to_when_it_describes(project: Project) -> None:
    for dataset in project.datasets.values():
        for resource in dataset.resources:
            declared = dataset.temporal
            assert resource.temporal_column or (declared and declared.start and declared.end), resource.name


def test_the_term_of_a_plan_is_not_taken_for_the_date_of_a_statement(project: Project) -> None:
    assert project.owner_of("policy_frameworks")[1].temporal_column is None


def test_each_declared_total_equals_its_observation(project: Project, tables: Tables) -> None:
    checked = 0
    for dataset in project.datasets.values():
        for resource in dataset.resources:
            for entry in resource.coverage:
                if not entry.declared:
                    continue
                found = row(tables["observations"], observation_id=str(entry.declared.observation))
                assert entry.declared.value == float(found["value"])
                assert entry.declared.qualifier == found["qualifier"]
                assert (entry.declared.date or "") == found["period"]
                assert entry.declared.document == found["document_id"]
                assert found["derived"] == "no"
                checked += 1
    assert checked == 15


def test_a_statement_has_a_section_of_a_document_or_the_address_of_a_page(tables: Tables) -> None:
    for name, table in tables.items():
        if "section" not in table:
            continue
        page = table.document_id == "public-pages"
        assert ((table.url != "") == page).all(), name
        assert ((table.section != "") == ~page).all(), name
        assert ((table.evidence != "") == ~page).all(), name
        assert (table[page].caveat_en != "").all(), name


def test_the_copy_of_a_document_is_the_one_of_the_register(project: Project, tables: Tables) -> None:
    files = dict(zip(tables["documents"].document_id, tables["documents"].file, strict=True))
    named: dict[str, str] = {}
    for source in project.sources.values():
        named |= source.evidence.copies if source.evidence else {}
    assert named == {document: file for document, file in files.items() if file}


def test_caveats_come_in_both_languages(tables: Tables) -> None:
    for name, table in tables.items():
        if "caveat_es" in table:
            assert ((table.caveat_es == "") == (table.caveat_en == "")).all(), name
            both = table[table.caveat_es != ""]
            assert (both.caveat_es != both.caveat_en).all(), name


def test_every_setting_stands_in_the_toml_file_with_its_default() -> None:
    text = (ROOT / "opendata.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text) == {}
    shown = tomllib.loads("\n".join(re.findall(r"^# ([a-z_]+ = .+)$", text, flags=re.MULTILINE)))
    assert set(shown) == set(Settings.model_fields)
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if default is not None:
            assert shown[name] == (str(default) if isinstance(default, Path) else default), name
    Settings(**shown)


def test_every_setting_is_described_with_its_unit() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    described = re.findall(r"^\| `([a-z_]+)` \| [^|]+ \| [^|]+ \| [^|]+ \|$", text, flags=re.MULTILINE)
    assert sorted(described) == sorted(Settings.model_fields)
