"""What a real CKAN shows of a dataset after it was written is what was wanted of it, to the last field."""

from typing import Any

import pytest

from pipelines.contracts.files import read_json
from pipelines.contracts.metadata import Dataset
from pipelines.contracts.records import Release
from pipelines.contracts.store import METADATA_FILE, RELEASE_FILE
from pipelines.publish.ckan.model import Fields, Wanted
from pipelines.publish.ckan.package import foreign, merged, shown, to_ckan, to_ckan_resource, tombstone, wanted
from pipelines.publish.ckan.survey import Survey, survey, taken, unmet
from pipelines.publish.ckan.wire import Wire
from pipelines.release.index import read_index
from tests.ckan.town import Town

pytestmark = pytest.mark.slow


def want(town: Town, dataset: str, found: Survey) -> Wanted:
    """What is wanted of the current version of a dataset."""
    project = town.project
    version = read_index(project.store, dataset).current
    assert version
    folder = project.store.release(dataset, version)
    meta = Dataset.model_validate(read_json(folder / METADATA_FILE))
    return wanted(project, town.target, found, Release.model_validate(read_json(folder / RELEASE_FILE)), meta)


def create(wire: Wire, one: Wanted) -> Any:
    """Write a dataset, its uploads after it, and read it back."""
    resources = [to_ckan_resource(r) for i, r in one.resources.items() if i not in one.uploads]
    made = wire.do("package_create", {**to_ckan(one.fields), "resources": resources})
    if one.uploads:
        revise(wire, made, one)
    return wire.ask("package_show", id=one.name)


def revise(wire: Wire, package: Fields, one: Wanted, keep: set[str] = frozenset()) -> Any:  # type: ignore[assignment]
    """Write the update that `merged` makes, with all uploads."""
    import json

    call = {
        "match": {"id": package["id"], "metadata_modified": package["metadata_modified"]},
        "filter": ["-resources", "-tags", "-groups", "-extras"],
        "update": merged(package, one, keep),
    }
    files = {f"update__resources__{i}__upload": path for i, path in one.uploads.items()}
    said = {k: json.dumps(v) for k, v in call.items()} if files else call
    return wire.do("package_revise", said, files or None)["package"]


@pytest.mark.parametrize("files", ["link", "upload"])
def test_what_was_written_is_what_is_read_back(town: Town, files: str) -> None:
    town.aim(files=files)
    with Wire(town.project, town.target) as wire:
        found = survey(wire, town.target)
        one = want(town, "visits", found)
        assert [f.code for f in unmet(town.project, town.target, found, [one]) if f.blocks] == []
        package = create(wire, one)
        fields, resources = shown(package, one)
    print(package)
    assert fields == one.fields
    assert resources == one.resources
    assert list(resources) == [r["id"] for r in package["resources"]]
    assert foreign(package, one) == []
