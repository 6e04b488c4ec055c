"""A dataset as a CKAN is wanted to show it, and as it shows it, in one shape.

What belongs here: putting fields and resources together, and the way between our shape and that of the API. What does
not: which fields and resources there are, which stands in `fields` and `resources`, and any call.

CKAN keeps things otherwise than they were given: empty fields come back as None, '' or [], tags and groups as
mappings in an order of its own, extras as a list of texts, the address of an upload or of a DataStore table as one on
the portal. `shown` undoes that, so that what was written and what is read back are equal.
"""

from collections.abc import Collection, Iterable
from typing import Any

from pipelines.contracts.files import read_json
from pipelines.contracts.metadata import Dataset
from pipelines.contracts.project import Project
from pipelines.contracts.projection import Projection
from pipelines.contracts.records import Release, Tombstone
from pipelines.contracts.store import QUALITY_FILE
from pipelines.contracts.target import TargetFile
from pipelines.contracts.text import Text
from pipelines.describe import describe_catalogue, iris
from pipelines.publish.ckan import resources as res
from pipelines.publish.ckan.carry import carry
from pipelines.publish.ckan.feed import feed_about
from pipelines.publish.ckan.fields import MANAGED, QUALITY, agents, dataset_facts, groups, licence_id, placed
from pipelines.publish.ckan.model import DATASTORE, PLACEHOLDER, Fields, Wanted
from pipelines.publish.ckan.notes import dataset_notes, withdrawn_notes, withdrawn_title
from pipelines.publish.ckan.resources import resource_id
from pipelines.publish.ckan.schema import as_text, is_empty, shaped
from pipelines.publish.ckan.survey import Survey, portal_of

__all__ = [
    "foreign",
    "merged",
    "resource_id",
    "shown",
    "to_ckan",
    "tombstone",
    "wanted",
]

_OF_CKAN = frozenset(["package_id", "position", "state", "metadata_modified", "created", "revision_id"])
"""What CKAN writes in a resource by itself."""
TRANSLATED = ("name_translated", "description_translated")
_SEPARATE = ("tags", "groups", "extras", "resources")


def wanted(project: Project, target: TargetFile, survey: Survey, release: Release, meta: Dataset) -> Wanted:
    """What the portal is to show of a release. Reads the small files of its folder, and no table.

    Raises `OSError` or `ValueError` where the release or the index of its dataset cannot be read.
    """
    portal = portal_of(target)
    name = portal.name_prefix + meta.id
    carried, said = carry(project, portal), feed_about(project, meta)
    folder = project.store.release(release.dataset, release.version)
    score = read_json(folder / QUALITY_FILE).get("mqa", {}) if (folder / QUALITY_FILE).is_file() else {}
    notes = dataset_notes(project, meta, score, carried.page(meta.id))
    facts = dataset_facts(project, meta, said, notes) | {
        "url": meta.landing_page or carried.page(meta.id),
        "license_id": licence_id(meta.licence, portal, survey.licences),
        "documentation": [a for f in release.files if f.file == "citation.txt" and (a := carried.file(meta, f.file))],
        "groups": groups(meta, portal, survey),
        QUALITY: f"{score['points']}/{score['of']}" if score else None,
    }
    made = res.make_resources(
        res.Release(
            project=project,
            meta=meta,
            files={f.file: f for f in release.files},
            folder=folder,
            index=project.store.index(meta.id),
            name=name,
            carry=carried,
            said=said,
            services=describe_catalogue(project, [meta], edition="", modified=meta.published).services,
        ),
        datastore=portal.datastore and survey.has_datastore,
    )
    return Wanted(
        dataset=meta.id,
        name=name,
        version=meta.version,
        fields=_of_portal(facts, target, survey, name),
        resources={i: _resource(i, fields, target, survey) for i, fields in made.resources.items()},
        uploads=made.uploads,
        tables=_tables(made, meta, folder),
        files=made.files,
    )


def tombstone(
    project: Project, target: TargetFile, survey: Survey, stones: list[Tombstone], former: Projection | None
) -> Wanted:
    """What the portal is to show of a dataset of which every version was withdrawn: that, since when and why.

    It keeps the IRI and the identifier, and has no resources. `stones`: one or more, of one dataset.
    """
    portal = portal_of(target)
    dataset = stones[0].dataset
    name = former.name if former else portal.name_prefix + dataset
    iri = iris.dataset(project.catalogue.uri_base, dataset)
    file = project.datasets.get(dataset)
    page = carry(project, portal).page(dataset)
    title = withdrawn_title(file.titles if file else Text(es=dataset, en=dataset))
    notes = withdrawn_notes(project, stones, page)
    facts: Fields = {
        "title": title,
        "title_translated": title,
        "notes": notes,
        "notes_translated": notes,
        "uri": iri,
        "identifier": iris.identifier(iri),
        "url": page,
        "modified": max(s.withdrawn for s in stones).isoformat(timespec="seconds"),
        **agents(project),
    }
    return Wanted(dataset, name, None, _of_portal(facts, target, survey, name), {})


def shown(package: Fields, wanted: Wanted, former: Iterable[Fields] = ()) -> tuple[Fields, dict[str, Fields]]:
    """What `package_show` gives, in the shape of `wanted`, and only what is ours: the fields, and resources by id.

    `former`: fields that we wrote at other times; tags and groups in them were ours and are shown too.
    """
    ours = [wanted.fields, *former]
    keys = {key for one in ours for key in one} | MANAGED
    fields = {k: _full(v) for k, v in package.items() if k in keys and k not in _SEPARATE and not is_empty(v)}
    for name in list(fields):
        if _is_made(name, wanted):
            del fields[name]
    for name in ("tags", "groups"):
        known = {value for one in ours for value in one.get(name, [])}
        there = sorted(one["name"] for one in package.get(name) or [] if one["name"] in known)
        fields |= {name: there} if there else {}
    known_extras = {key for one in ours for key in one.get("extras", {})} | MANAGED
    extras = {e["key"]: e["value"] for e in package.get("extras") or [] if e["key"] in known_extras}
    fields["extras"] = dict(sorted(extras.items()))
    there_now = {r["id"]: r for r in package.get("resources") or []}
    resources = {i: _shown_resource(there_now[i], want) for i, want in wanted.resources.items() if i in there_now}
    return fields, resources


def to_ckan(fields: Fields) -> dict[str, Any]:
    """Fields in the shape that the API takes."""
    out = {k: v for k, v in fields.items() if k not in _SEPARATE}
    for name in ("tags", "groups"):
        if name in fields:
            out[name] = [{"name": one} for one in fields[name]]
    if "extras" in fields:
        out["extras"] = [{"key": k, "value": v} for k, v in fields["extras"].items()]
    return out


def foreign(package: Fields, wanted: Wanted, former: Iterable[Fields] = ()) -> list[str]:
    """What is not ours in a dataset and stays: other resources, tags, groups and extras, each `kind: name`."""
    left = _foreign(package, wanted, former)
    return [
        *(f"resource: {r.get('name') or r['id']}" for r in left["resources"]),
        *(f"tag: {t['name']}" for t in left["tags"]),
        *(f"group: {g['name']}" for g in left["groups"]),
        *(f"extra: {e['key']}" for e in left["extras"]),
    ]


def merged(package: Fields, wanted: Wanted, keep: Collection[str], former: Iterable[Fields] = ()) -> dict[str, Any]:
    """The `update` of `package_revise` over `package`: our fields and whole lists, what is foreign after what is ours.

    `keep`: fields that stay as the portal has them. What we may write and no longer want is emptied.
    """
    left = _foreign(package, wanted, former)
    out = to_ckan({k: v for k, v in wanted.fields.items() if k not in keep})
    for name in ("tags", "groups", "extras"):
        out[name] = (package.get(name) or []) if name in keep else [*out.get(name, []), *left[name]]
    for name in MANAGED - wanted.fields.keys() - set(keep):
        if name not in _SEPARATE and not is_empty(package.get(name)) and not _is_made(name, wanted):
            out[name] = type(package[name])()
    there = {r["id"]: r for r in package.get("resources") or []}
    ours = [{**_kept(there.get(identity, {})), **fields} for identity, fields in wanted.resources.items()]
    out["resources"] = [*ours, *left["resources"]]
    return out


def _of_portal(facts: Fields, target: TargetFile, survey: Survey, name: str) -> Fields:
    portal = portal_of(target)
    fields = placed(facts, portal, survey)
    return {**fields, "name": name, "owner_org": survey.organization or portal.organization}


def _resource(identity: str, fields: Fields, target: TargetFile, survey: Survey) -> Fields:
    """A resource as the portal has it: shaped by its schema, else with lists as JSON in a text. Nothing empty."""
    schema = survey.resource_fields
    given = {**fields, "name_translated": fields["name"], "description_translated": fields.get("description")}
    for name, value in portal_of(target).fields.items():
        if schema and name in schema and name not in (survey.dataset_fields or {}):
            given.setdefault(name, value)
    out: Fields = {"id": identity}
    for name, value in given.items():
        if is_empty(value):
            continue
        if schema and name in schema:
            out[name] = shaped(schema[name], value)
        elif name in TRANSLATED:
            # CKAN itself reads them (`get_translated`), and ckanext-dcat writes them with their languages.
            out[name] = value.model_dump()
        else:
            out[name] = as_text(value)
    for name in TRANSLATED:
        if schema and name in schema:
            # CKAN fills the one of one language from it (ckanext-fluent).
            out.pop(name.removesuffix("_translated"), None)
    return {name: value for name, value in out.items() if not is_empty(value)}


def _tables(made: res.Made, meta: Dataset, folder: Any) -> dict[str, Any]:
    from pipelines.publish.ckan.rows import wanted_table

    facts = {t.name: t for t in meta.tables}
    return {name: wanted_table(folder, facts[name], identity) for name, identity in made.tables.items()}


def _shown_resource(resource: Fields, want: Fields) -> Fields:
    keys = want.keys() | res.MANAGED
    out = {k: _full(v) for k, v in resource.items() if k in keys and not is_empty(v)}
    kind = resource.get("url_type")
    if kind == "upload":
        # CKAN stores the name of the file, and shows where it can be had.
        out["url"] = str(resource.get("url") or "").rsplit("/", 1)[-1]
    if kind == DATASTORE:
        out["url"] = PLACEHOLDER
    if kind == "upload" or resource.get("datastore_active"):
        # The moment of the upload, or of the last write of rows, by whoever loads them: CKAN's own.
        out.pop("last_modified", None)
        out |= {"last_modified": want["last_modified"]} if "last_modified" in want else {}
    if str(out.get("format", "")).casefold() == str(want.get("format", "")).casefold():
        # A portal may spell a format of its list with other capitals (`clean_format`).
        out["format"] = want["format"]
    for name in TRANSLATED:
        single = name.removesuffix("_translated")
        if name in want and single not in want:
            out.pop(single, None)
    return out


def _foreign(package: Fields, wanted: Wanted, former: Iterable[Fields]) -> dict[str, list[dict[str, Any]]]:
    ours = [wanted.fields, *former]

    def known(name: str) -> set[str]:
        return {value for one in ours for value in one.get(name, [])}

    def left(name: str, key: str, known: Collection[str]) -> list[dict[str, Any]]:
        return [one for one in package.get(name) or [] if one[key] not in known]

    return {
        "resources": left("resources", "id", wanted.resources.keys()),
        "tags": [t if t.get("vocabulary_id") else {"name": t["name"]} for t in left("tags", "name", known("tags"))],
        "groups": [{"name": g["name"]} for g in left("groups", "name", known("groups"))],
        "extras": [{"key": e["key"], "value": e["value"]} for e in left("extras", "key", known("extras") | MANAGED)],
    }


def _kept(resource: Fields) -> Fields:
    """What somebody else wrote into a resource of ours, and whether it has a DataStore table."""
    return {k: v for k, v in resource.items() if k not in res.MANAGED | _OF_CKAN}


def _is_made(name: str, wanted: Wanted) -> bool:
    """Whether CKAN fills a field itself from the one of several languages (ckanext-fluent)."""
    return f"{name}_translated" in wanted.fields and name not in wanted.fields


def _full(value: Any) -> Any:
    """A value without the empty subfields that CKAN adds."""
    if isinstance(value, list):
        return [
            {k: _full(v) for k, v in one.items() if not is_empty(v)} if isinstance(one, dict) else one for one in value
        ]
    return value
