"""What a real CKAN shows of a dataset after it was written is what was wanted of it, to the last field.

Holds on a CKAN with ckanext-scheming, on one without, and on one whose schema has fields of several languages
(ckanext-fluent); docs/what-ckan-shows.md has what was measured here.
"""

import json
from collections.abc import Collection

import pytest

from pipelines.contracts.findings import Finding
from pipelines.contracts.projection import Projection
from pipelines.contracts.records import Tombstone
from pipelines.publish.ckan.losses import compare
from pipelines.publish.ckan.model import Fields, Wanted
from pipelines.publish.ckan.package import foreign, merged, shown, to_ckan, tombstone, wanted
from pipelines.publish.ckan.survey import Survey, survey, taken, unmet
from pipelines.publish.ckan.wire import DeniedError, Wire
from pipelines.publish.shown import Version
from pipelines.release.index import read_index, read_release
from tests.ckan.real import unique
from tests.ckan.town import Town
from tests.tiny import text, visits_file

pytestmark = pytest.mark.slow

RICH = {
    "titles": text("Visitas a los lugares", "Visits to the places"),
    "spatial": [
        "http://datos.gob.es/recurso/sector-publico/territorio/Provincia/Madrid",
        "http://datos.gob.es/recurso/sector-publico/territorio/Autonomia/Andalucia",
    ],
    "legislation": ["https://www.boe.es/eli/es/l/2007/11/16/37"],
    "hvd_category": "c_164e0bf5",
    "keywords_by_language": {"es": ["clúster", "I+D", "visitas"], "en": ["cluster"]},
}
DIFFERS = {
    "dataset": {
        "dcat:contactPoint/vcard:fn": {"form", "missing"},
        "dcat:contactPoint/vcard:organization-name": {"missing"},
        "dcat:distribution": {"added"},
        "dcat:keyword": {"form", "missing", "added"},
        "dct:description": {"form", "missing"},
        "dct:provenance": {"form"},
        "dct:provenance/rdfs:label": {"form", "missing"},
        "dct:publisher/dct:identifier": {"added"},
        "dct:publisher/dct:type": {"added"},
        "dct:publisher/foaf:homepage": {"added"},
        "dct:publisher/foaf:name": {"added"},
        "dct:spatial/skos:prefLabel": {"added"},
        "dct:temporal": {"form"},
        "dct:title": {"form", "missing"},
        "foaf:page": {"added"},
    },
    "distribution": {
        "dcat:mediaType": {"form", "added"},
        "dct:description": {"form"},
        "dct:format": {"form", "value"},
        "spdx:checksum": {"form"},
        "spdx:checksum/spdx:algorithm": {"value"},
        "spdx:checksum/spdx:checksumValue": {"value"},
    },
}
"""All that ckanext-dcat 2.4 says otherwise than our feed; every other property is the same."""
DIFFERS_WITHOUT = {
    "contact": {"dcat:contactPoint/vcard:hasUID": {"missing"}, "dcat:contactPoint/vcard:hasURL": {"missing"}},
    "spatial_coverage": {"dct:spatial": {"missing"}},
}
"""What it says otherwise of a dataset besides, on a portal whose schema lacks a field."""
SAME_WITH_LANGUAGES = {"dcat:contactPoint/vcard:fn", "dct:provenance/rdfs:label", "dct:title"}
DIFFERS_WITH_LANGUAGES = {"dcat:keyword": {"value"}, "dct:description": {"form"}}
"""What it says alike, and what otherwise, on a portal whose schema has fields of several languages."""


@pytest.fixture
def rich(town: Town) -> Town:
    """The town whose dataset `visits` says all that a dataset file can say, and whose data have an API."""
    town.settings["api_url"] = "https://api.example/v1"
    town.tiny.schema(visits_file() | RICH)
    town.release_again()
    return town


def want(town: Town, found: Survey, dataset: str = "visits") -> Wanted:
    """What is wanted of the current version of a dataset."""
    store = town.project.store
    number = read_index(store, dataset).current or ""
    release = read_release(store, dataset, number)
    meta = Version(store.release(dataset, number), release, "").metadata
    return wanted(town.project, town.target, found, release, meta)


def create(wire: Wire, one: Wanted) -> Fields:
    """Write a dataset, its uploads after it, and read it back."""
    resources = [dict(r) for i, r in one.resources.items() if i not in one.uploads]
    made = wire.do("package_create", {**to_ckan(one.fields), "resources": resources})
    return revise(wire, made, one) if one.uploads else look(wire, one)


def revise(
    wire: Wire, package: Fields, one: Wanted, keep: Collection[str] = (), former: Collection[Fields] = ()
) -> Fields:
    """Write the update that `merged` makes, with all uploads, and read the dataset back."""
    update = merged(package, one, keep, former)
    call = {
        "match": {"id": package["id"], "metadata_modified": package["metadata_modified"]},
        # CKAN merges every list place by place unless it is taken away first: a shorter one would keep its former end.
        "filter": [f"-{key}" for key, value in update.items() if isinstance(value, list | dict)],
        "update": update,
    }
    files = {f"update__resources__{i}__upload": path for i, path in one.uploads.items()}
    wire.do("package_revise", {k: json.dumps(v) for k, v in call.items()} if files else call, files or None)
    return look(wire, one)


def look(wire: Wire, one: Wanted) -> Fields:
    package: Fields = wire.ask("package_show", id=one.name)
    return package


def blocking(found: list[Finding]) -> list[str]:
    return [f.code for f in found if f.blocks]


def by_hand(found: Survey) -> None:
    """Skip what a test writes by hand in one language, where the portal asks for more."""
    if "title_translated" in (found.dataset_fields or {}):
        pytest.skip("this CKAN takes no dataset of one language")


def in_group(town: Town) -> str:
    """A group that the account may use; the target file gives it to the theme of the tiny datasets."""
    name = unique("group")
    town.ckan.admin.action.group_create(name=name)
    town.ckan.admin.action.group_member_create(id=name, username=town.account.user, role="member")
    town.aim(
        groups={"ECON": [name]},
        licences={"http://publications.europa.eu/resource/authority/licence/CC_BY_4_0": "cc-by"},
    )
    return name


@pytest.mark.parametrize("files", ["link", "upload"])
def test_what_was_written_is_what_is_read_back(rich: Town, files: str) -> None:
    group = in_group(rich)
    rich.aim(files=files)
    with Wire(rich.project, rich.target) as wire:
        found = survey(wire, rich.target)
        one = want(rich, found)
        assert unmet(rich.project, rich.target, found, [one]) == []
        package = create(wire, one)
        again = revise(wire, package, one)
    assert shown(package, one) == (one.fields, one.resources)
    assert list(one.resources) == [r["id"] for r in package["resources"]]
    assert foreign(package, one) == []
    assert (one.fields["groups"], one.fields["license_id"]) == ([group], "cc-by")
    assert one.fields["tags"] == ["Economía", "Economía y finanzas", "I D", "clúster", "visitas"]
    assert shown(again, one) == (one.fields, one.resources)
    rich.ckan.admin.action.group_purge(id=group)


def test_uploads_are_the_files_of_the_release(rich: Town) -> None:
    rich.aim(files="upload")
    with Wire(rich.project, rich.target) as wire:
        one = want(rich, survey(wire, rich.target))
        package = create(wire, one)
        urls = {r["id"]: r["url"] for r in package["resources"]}
        got = {identity: b"".join(wire.download(urls[identity])) for identity in one.uploads}
    assert got == {identity: path.read_bytes() for identity, path in one.uploads.items()}


def test_what_is_not_ours_stays_and_what_was_ours_goes(rich: Town) -> None:
    rich.aim(files="link")
    with Wire(rich.project, rich.target) as wire:
        found = survey(wire, rich.target)
        by_hand(found)
        one = want(rich, found)
        package = create(wire, one)
        api = rich.account.api.action
        api.resource_create(package_id=package["id"], url="https://otra.example/plano.pdf", name="Plano", format="PDF")
        package = api.package_show(id=package["id"])
        extras = [*package["extras"], {"key": "encargado", "value": "Archivo"}]
        tags = [*package["tags"], {"name": "turismo"}]
        api.package_patch(id=package["id"], extras=extras, tags=tags)
        rich.tiny.schema(visits_file() | RICH | {"hvd_category": None, "keywords_by_language": text_words("clúster")})
        rich.release_again()
        two = want(rich, found)
        before = look(wire, two)
        package = revise(wire, before, two, former=[one.fields])
    others = ["resource: Plano", "tag: turismo", "extra: encargado"]
    assert foreign(before, two, [one.fields]) == foreign(package, two) == others
    assert shown(package, two, [one.fields]) == (two.fields, two.resources)
    assert [r["name"] for r in package["resources"]][-1] == "Plano"
    assert sorted(t["name"] for t in package["tags"]) == sorted([*two.fields["tags"], "turismo"])
    assert two.fields["version"] != one.fields["version"]
    assert list(two.resources) == list(one.resources)


def text_words(es: str) -> dict[str, list[str]]:
    return {"es": [es], "en": ["cluster"]}


def test_a_field_that_is_kept_stays_as_somebody_else_wrote_it(rich: Town) -> None:
    rich.aim(files="link")
    with Wire(rich.project, rich.target) as wire:
        by_hand(found := survey(wire, rich.target))
        one = want(rich, found)
        package = create(wire, one)
        package = rich.account.api.action.package_patch(id=package["id"], title="Otro título", version="0")
        package = revise(wire, package, one, keep={"title"})
    fields, _ = shown(package, one)
    assert {k: v for k, v in fields.items() if one.fields[k] != v} == {"title": "Otro título"}


def test_a_withdrawn_dataset_says_so_and_keeps_its_iri(rich: Town) -> None:
    rich.aim(files="link")
    with Wire(rich.project, rich.target) as wire:
        found = survey(wire, rich.target)
        one = want(rich, found)
        package = create(wire, one)
        at = read_release(rich.project.store, "visits", one.version or "").published
        stone = Tombstone(
            dataset="visits", version=one.version or "", withdrawn=at, reason="Error.", data_fingerprint=""
        )
        former = Projection.model_construct(name=one.name, fields=one.fields)
        gone = tombstone(rich.project, rich.target, found, [stone], former)
        assert blocking(unmet(rich.project, rich.target, found, [gone])) == []
        # What was ours is taken out before; of what is left nothing is known.
        package = revise(wire, {**package, "resources": []}, gone, former=[one.fields])
    assert shown(package, gone, [one.fields]) == (gone.fields, {})
    title, notes = (package.get(f"{key}_translated", {}).get("es") or package[key] for key in ("title", "notes"))
    assert title == "Retirado: Visitas a los lugares"
    assert "Error." in notes
    assert taken(package, gone) == []


def test_a_name_of_somebody_else_is_told(rich: Town) -> None:
    rich.aim(files="link")
    with Wire(rich.project, rich.target) as wire:
        by_hand(found := survey(wire, rich.target))
        one = want(rich, found)
        other = {"name": one.name, "title": "Suyo", "notes": "Suyo", "owner_org": rich.account.organization}
        rich.account.api.action.package_create(**other)
        assert [f.code for f in taken(look(wire, one), one)] == ["target-name-taken"]
        rich.account.api.action.package_delete(id=one.name)
        assert [f.code for f in taken(look(wire, one), one)] == ["target-name-deleted"]


def test_what_the_account_lacks_is_told_before_anything_is_written(rich: Town) -> None:
    rich.aim(organization="no-such-organisation", groups={"ECON": ["no-such-group"]})
    with Wire(rich.project, rich.target) as wire:
        found = survey(wire, rich.target)
        codes = [f.code for f in unmet(rich.project, rich.target, found, [])]
        assert codes == ["target-organization-missing", "target-group-unusable"]
        stranger = unique("org")
        rich.ckan.admin.action.organization_create(name=stranger)
        rich.aim(organization=stranger)
        found = survey(wire, rich.target)
        assert blocking(unmet(rich.project, rich.target, found, [])) == ["target-organization-denied"]
        with pytest.raises(DeniedError):
            wire.do("package_create", {"name": unique("d"), "title": "x", "notes": "x", "owner_org": stranger})
        assert wire.writes == 1
    rich.ckan.admin.action.organization_purge(id=stranger)


def test_the_portals_own_dcat_differs_in_nothing_else(rich: Town) -> None:
    rich.aim(files="link")
    with Wire(rich.project, rich.target) as wire:
        found = survey(wire, rich.target)
        create(wire, want(rich, found))
        lost = compare(rich.project, rich.target, wire, "visits")
    got: dict[str, dict[str, set[str]]] = {"dataset": {}, "distribution": {}}
    for one in lost:
        got[one.subject].setdefault(one.property, set()).add(one.how)
    schema = found.dataset_fields or {}
    dataset = DIFFERS["dataset"]
    for name, more in DIFFERS_WITHOUT.items():
        dataset = dataset if name in schema else dataset | more
    if "title_translated" in schema:
        dataset = {k: v for k, v in dataset.items() if k not in SAME_WITH_LANGUAGES} | DIFFERS_WITH_LANGUAGES
    assert got == DIFFERS | {"dataset": dataset}
