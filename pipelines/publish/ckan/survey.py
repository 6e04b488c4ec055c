"""What a CKAN is and what the account may do there, asked before anything is written.

What belongs here: the few calls that tell, what they told, and what of it stands in the way of a publication. What
does not: any write.

CKAN tells nobody but its own configuration file how large an upload may be and which types it refuses:
`config_option_show` is for sysadmins and knows only the options that are edited at run time (2.11 and 2.12,
`update_configuration_schema`). So the size is that of the target file, else what CKAN has as it comes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipelines.contracts.findings import Finding, finding
from pipelines.contracts.project import Project
from pipelines.contracts.target import CkanPortal, TargetFile
from pipelines.publish.ckan.model import Fields, Wanted
from pipelines.publish.ckan.schema import SchemaFields, by_name, choices, is_required, languages_of

if TYPE_CHECKING:
    from pipelines.publish.ckan.wire import Wire

MAX_UPLOAD_BYTES = 10 * 1024 * 1024
"""`ckan.max_resource_size` of a CKAN as it comes: 10, in MiB."""
SCHEMING = "scheming_datasets"
NAME_LENGTH = 100
"""`PACKAGE_NAME_MAX_LENGTH` of CKAN."""
STAGING_SUFFIX = "-next"
"""What the name of the private dataset ends in, in which new tables are filled."""
_SHOWN_CHOICES = 10


@dataclass(frozen=True)
class Survey:
    """What is known of a portal.

    `dataset_fields` and `resource_fields`: those of the schema that ckanext-scheming has for datasets, by name, as
    `scheming_dataset_schema_show` gives them; None without it. `languages`: the form languages of that schema, empty
    if it has none. `licences`: address of each licence by its id. `organization`: id of the organisation of the
    target, None if there is none. `may_write`: whether the account may create datasets in it. `groups`: names of the
    groups that the account may use.
    """

    version: str | None
    plugins: frozenset[str]
    organization: str | None
    may_write: bool
    dataset_fields: SchemaFields | None = None
    resource_fields: SchemaFields | None = None
    languages: tuple[str, ...] = ()
    licences: Mapping[str, str] = field(default_factory=dict)
    groups: frozenset[str] = frozenset()
    max_upload_bytes: int = MAX_UPLOAD_BYTES

    @cached_property
    def has_datastore(self) -> bool:
        """Whether the portal has a DataStore."""
        return "datastore" in self.plugins


def portal_of(target: TargetFile) -> CkanPortal:
    """The CKAN of `target`. Raises `ValueError` for a target of another kind."""
    if target.ckan is None:
        raise ValueError(f"target {target.id} is no CKAN")
    return target.ckan


def survey(wire: "Wire", target: TargetFile) -> Survey:
    """Ask the portal what it is: three to six calls, none of which writes. Raises `FindingError`."""
    portal = portal_of(target)
    status = wire.ask("status_show")
    plugins = frozenset(status.get("extensions") or [])
    schema = wire.find("scheming_dataset_schema_show", type="dataset") if SCHEMING in plugins else None
    mine = _named(wire.ask("organization_list_for_user", permission="create_dataset"), portal.organization)
    organization = mine or wire.find("organization_show", id=portal.organization)
    groups = wire.ask("group_list_authz") if portal.groups else []
    return Survey(
        version=status.get("ckan_version"),
        plugins=plugins,
        organization=organization["id"] if organization else None,
        may_write=mine is not None,
        dataset_fields=by_name(schema["dataset_fields"]) if schema else None,
        resource_fields=by_name(schema["resource_fields"]) if schema else None,
        languages=tuple(schema.get("form_languages") or ()) if schema else (),
        licences={licence["id"]: licence.get("url") or "" for licence in wire.ask("license_list")},
        groups=frozenset(group["name"] for group in groups),
        max_upload_bytes=portal.max_upload_bytes or MAX_UPLOAD_BYTES,
    )


def _named(organizations: list[dict[str, Any]], name: str) -> dict[str, Any] | None:
    return next((one for one in organizations if name in (one["name"], one["id"])), None)


def unmet(project: Project, target: TargetFile, survey: Survey, wanted: list[Wanted]) -> list[Finding]:
    """What is missing before anything can be written; a finding without a dataset is about all of them."""
    portal = portal_of(target)
    found = list(_whole(portal, survey))
    unknown = {r["license"] for w in wanted for r in w.resources.values() if r.get("license") and not _licence(w)}
    found += [finding("target-licence-unknown", value=licence) for licence in sorted(unknown)]
    for one in wanted:
        found += _dataset(survey, one)
    return found


def taken(package: Fields | None, wanted: Wanted) -> list[Finding]:
    """Whether a name that we want belongs to another dataset. `package`: what `package_show` says of the name."""
    if package is None or iri_of(package) == wanted_iri(wanted):
        return []
    code = "target-name-deleted" if package.get("state") == "deleted" else "target-name-taken"
    return [finding(code, dataset=wanted.dataset, value=wanted.name, params={"title": package.get("title") or ""})]


def iri_of(package: Fields) -> str | None:
    """The IRI that a dataset on a portal has: its field, else its extra; None if it has neither."""
    extras = {e["key"]: e["value"] for e in package.get("extras") or []}
    iri: str | None = package.get("uri") or extras.get("uri")
    return iri or None


def wanted_iri(wanted: Wanted) -> str | None:
    """The IRI of a dataset as it is wanted."""
    iri: str | None = wanted.fields.get("uri") or wanted.fields.get("extras", {}).get("uri")
    return iri


def _whole(portal: CkanPortal, survey: Survey) -> Iterator[Finding]:
    if survey.organization is None:
        yield finding("target-organization-missing", value=portal.organization)
    elif not survey.may_write:
        yield finding("target-organization-denied", value=portal.organization)
    for group in sorted({g for groups in portal.groups.values() for g in groups} - survey.groups):
        yield finding("target-group-unusable", value=group)
    if portal.datastore and not survey.has_datastore:
        yield finding("target-datastore-missing", value=portal.url)


def _dataset(survey: Survey, wanted: Wanted) -> Iterator[Finding]:
    longest = NAME_LENGTH - len(STAGING_SUFFIX)
    if len(wanted.name) > longest:
        yield finding("target-name-long", dataset=wanted.dataset, value=wanted.name, params={"limit": longest})
    for path in wanted.uploads.values():
        size = path.stat().st_size
        if size > survey.max_upload_bytes:
            told = {"size": size, "limit": survey.max_upload_bytes}
            yield finding("target-upload-large", dataset=wanted.dataset, part=path.name, params=told)
    yield from _fields(survey, survey.dataset_fields or {}, wanted.dataset, [_by_schema(wanted.fields)])
    yield from _fields(survey, survey.resource_fields or {}, wanted.dataset, list(wanted.resources.values()))


def _licence(wanted: Wanted) -> bool:
    """Whether the portal shows a licence."""
    return bool(wanted.fields.get("license_id"))


def _by_schema(fields: Fields) -> Fields:
    """The fields by the names that a schema has for them."""
    return {**fields, "tag_string": fields.get("tags"), "groups_list": fields.get("groups")}


def _fields(survey: Survey, schema: SchemaFields, dataset: str, given: list[Fields]) -> Iterator[Finding]:
    for name, one in schema.items():
        values = [fields.get(name) for fields in given]
        if is_required(one) and not all(values):
            yield finding("target-field-required", dataset=dataset, field=name)
            continue
        allowed = choices(one)
        wrong = sorted({str(v) for v in _each(values) if allowed is not None and v not in allowed})
        if wrong and allowed is not None:
            told = {"allowed": ", ".join(allowed[:_SHOWN_CHOICES]) + ("…" if len(allowed) > _SHOWN_CHOICES else "")}
            yield finding("target-field-choice", dataset=dataset, field=name, value=", ".join(wrong), params=told)
        for lang in languages_of(one, survey.languages):
            if not all(isinstance(v, dict) and v.get(lang) for v in values):
                yield finding("target-field-language", dataset=dataset, field=name, value=lang)


def _each(values: list[Any]) -> Iterator[Any]:
    """The single values that are there."""
    for value in values:
        yield from (value if isinstance(value, list) else [value] if value not in (None, "") else [])
