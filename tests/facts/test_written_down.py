"""The pages on dataset and source files: every key is explained, and the examples are right."""

import re
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

from pipelines.contracts.dataset import (
    Change,
    Constraints,
    Coverage,
    DataField,
    DatasetFile,
    Declared,
    Key,
    Resource,
    Retired,
    Rule,
    TableSchema,
)
from pipelines.contracts.project import Project
from pipelines.contracts.source import Dialect, Evidence, Feed, Politeness, SourceFile, SourceKind

from .conftest import ROOT

DATASET_PAGE = (ROOT / "docs" / "datasets.md").read_text(encoding="utf-8")
SOURCE_PAGE = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
DATASET_MODELS = (
    DatasetFile,
    Resource,
    DataField,
    Constraints,
    TableSchema,
    Key,
    Coverage,
    Declared,
    Rule,
    Change,
    Retired,
)


def keys(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def examples(page: str, marker: str) -> list[Any]:
    blocks = re.findall(r"^```yaml\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    return [yaml.safe_load(block) for block in blocks if re.search(marker, block, flags=re.MULTILINE)]


@pytest.mark.parametrize("model", DATASET_MODELS, ids=lambda m: m.__name__)
def test_every_key_of_a_dataset_file_is_explained(model: type[BaseModel]) -> None:
    assert {key for key in keys(model) if f"`{key}`" not in DATASET_PAGE} == set()


@pytest.mark.parametrize("model", [SourceFile, Feed, Dialect, Politeness], ids=lambda m: m.__name__)
def test_every_key_of_a_source_file_is_explained(model: type[BaseModel]) -> None:
    assert {key for key in keys(model) if f"`{key}`" not in SOURCE_PAGE} == set()


def test_every_word_of_evidence_is_shown() -> None:
    assert all(f"{key}: " in SOURCE_PAGE for key in keys(Evidence))


def test_every_kind_of_rule_is_explained() -> None:
    kinds = get_args(Rule.model_fields["rule"].annotation)
    assert re.findall(r"^\| `([a-z_]+)` \| `[^|]+ \| [^|]+ \|$", DATASET_PAGE, flags=re.MULTILINE)
    assert {kind for kind in kinds if f"| `{kind}` |" not in DATASET_PAGE} == set()


def test_the_worked_example_is_a_dataset_file(project: Project) -> None:
    (example,) = examples(DATASET_PAGE, r"^\$schema: ")
    dataset = DatasetFile.model_validate(example)
    (table,) = dataset.resources
    assert {f.vocabulary for f in table.fields if f.vocabulary} <= set(project.vocabularies.labels)
    assert [f.name for f in table.fields if f.privacy == "private"] == ["officer"]
    (key,) = table.keys
    assert key.reference is not None
    assert project.owner_of(key.reference.resource)[0].name == key.reference.dataset


def test_the_worked_example_is_a_data_package() -> None:
    from frictionless import Package

    (example,) = examples(DATASET_PAGE, r"^\$schema: ")
    report = Package.validate_descriptor(example)
    assert report.valid, report.flatten(["type", "note"])


def test_there_is_an_example_of_each_kind_of_source() -> None:
    sources = [SourceFile.model_validate(example) for example in examples(SOURCE_PAGE, r"^kind: ")]
    assert [source.kind for source in sources] == list(get_args(SourceKind))


def test_the_examples_of_sources_feed_each_column_of_their_table(project: Project) -> None:
    (grants,) = examples(DATASET_PAGE, r"^\$schema: ")
    fed = {"grants": DatasetFile.model_validate(grants).resources[0]}
    checked = 0
    for example in examples(SOURCE_PAGE, r"^kind: (folder|http|ckan)"):
        for feed in SourceFile.model_validate(example).feeds:
            table = fed.get(feed.table) or project.owner_of(feed.table)[1]
            assert {*feed.columns, *feed.constants} == {f.name for f in table.table_schema.fields}, feed.table
            for column, words in feed.codes.items():
                scheme = table.field(column).vocabulary
                assert scheme is None or set(words.values()) <= set(project.vocabularies.codes(scheme))
            checked += 1
    assert checked == 3
