"""The fields of a dataset on a CKAN: what our own feed says, put where the portal has room for it.

What belongs here: which property of the feed is which field, and where a field stands (a field of the schema, a field
of CKAN itself, or an extra). What does not: resources, the text of the notes, and what the portal shows.

The values are read off the Spanish feed, so that the portal's own DCAT says the same. The names are those under which
ckanext-dcat 2.4 writes them out again (`profiles/euro_dcat_ap_base.py`, `_2`, `_3`, `_scheming`): a field of the
schema where ckanext-scheming has it, else an extra; what has subfields there is an extra for each of them here.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from pipelines.contracts.metadata import Dataset
from pipelines.contracts.project import Project
from pipelines.contracts.target import CkanPortal
from pipelines.contracts.text import Text, Words
from pipelines.describe.citation import licence_name
from pipelines.describe.dcat.concepts import ADMS, LABELS, PUBLISHER_TYPES
from pipelines.publish.ckan.feed import Said
from pipelines.publish.ckan.model import Fields
from pipelines.publish.ckan.schema import SchemaField, as_text, choices, is_empty, plain, shaped
from pipelines.publish.ckan.survey import Survey

CORE = frozenset(
    {"name", "title", "notes", "url", "version", "license_id", "owner_org", "private", "state", "tags", "groups"}
    | {"author", "maintainer", "maintainer_email"}
)
"""Fields that every CKAN has (`default_create_package_schema`)."""
BYLINE = frozenset(["author", "maintainer", "maintainer_email"])
"""Those of them that a schema of its own replaces, where the portal has one."""

TEXTS = {"dct:title": "title", "adms:versionNotes": "version_notes"}
SINGLE = {
    "dct:identifier": "identifier",
    "dct:issued": "issued",
    "dct:modified": "modified",
    "dct:accrualPeriodicity": "frequency",
    "dct:accessRights": "access_rights",
    "dcat:version": "version",
}
LISTS = {
    "dcat:theme": "theme",
    "dct:language": "language",
    "dcatap:applicableLegislation": "applicable_legislation",
    "dcatap:hvdCategory": "hvd_category",
}
FLAT = {"contact": "contact", "publisher": "publisher", "temporal_coverage": "temporal", "spatial_coverage": "spatial"}
"""Fields with subfields, and how the extra of a subfield begins where the portal has no such field."""
SUBFIELDS = {
    "contact": ("uri", "name", "email", "identifier", "url"),
    "publisher": ("uri", "name", "url", "type", "identifier"),
    "temporal_coverage": ("start", "end"),
    "spatial_coverage": ("uri", "text"),
}
QUALITY = "quality_score"
MANAGED = frozenset(
    CORE
    | {*TEXTS.values(), *SINGLE.values(), *LISTS.values(), *FLAT, QUALITY, "uri", "provenance", "documentation"}
    | {"title_translated", "notes_translated", "tags_translated"}
    | {f"{FLAT[name]}_{sub}" for name, subs in SUBFIELDS.items() for sub in subs}
) - {"private", "state"}
"""Every field and extra that we may ever write; what stands in others is somebody else's."""

_TAG_LENGTH = (2, 100)
"""`MIN_TAG_LENGTH` and `MAX_TAG_LENGTH` of CKAN."""
_LICENCE_PAGES = {
    "CC0": "creativecommons.org/publicdomain/zero/1.0",
    "CC_BY_4_0": "creativecommons.org/licenses/by/4.0",
    "CC_BYSA_4_0": "creativecommons.org/licenses/by-sa/4.0",
    "ODC_BL": "opendatacommons.org/licenses/odbl/1-0",
    "ODC_BY": "opendatacommons.org/licenses/by/1-0",
    "ODC_PDDL": "opendatacommons.org/licenses/pddl/1-0",
}
"""The page of a licence of the EU table at the body that wrote it: the same licence under another address."""


def dataset_facts(project: Project, meta: Dataset, said: Said, notes: Text) -> Fields:
    """All that can be said of a dataset, by the name that ckanext-dcat has for it. `said`: our feed about it."""
    about = said[meta.iri]
    facts: Fields = {name: about.text(key) for key, name in TEXTS.items()}
    facts |= {name: about.one(key) for key, name in SINGLE.items()}
    facts |= {name: about.all(key) for key, name in LISTS.items()}
    period = said[meta.temporal.iri] if meta.temporal else None
    facts |= {
        "uri": meta.iri,
        "notes": notes,
        "title_translated": meta.titles,
        "notes_translated": notes,
        "tags": tags(meta),
        "tags_translated": Words(es=_names(meta.keywords.es), en=_names(meta.keywords.en)),
        "provenance": meta.provenance,
        "temporal_coverage": [{"start": period.one("dcat:startDate"), "end": period.one("dcat:endDate")}]
        if period
        else [],
        "spatial_coverage": [{"uri": place, "text": _place_name(place)} for place in about.all("dct:spatial")],
    }
    return facts | agents(project)


def agents(project: Project) -> Fields:
    """Who publishes and whom to ask: those of the catalogue as they are now, as in the feed."""
    body, office = project.catalogue.publisher, project.catalogue.contact
    kind = PUBLISHER_TYPES.get(body.dir3[:1])
    contact = {
        "uri": f"{project.catalogue.uri_base}/catalogo/contacto",
        "name": office.name,
        "name_translated": office.name,
        "email": office.email,
        "identifier": body.iri,
        "url": office.url or body.homepage,
    }
    publisher = {
        "uri": body.iri,
        "name": body.name,
        "name_translated": body.name,
        "url": body.homepage,
        "type": f"{ADMS}/publishertype/{kind}" if kind else None,
        "identifier": body.dir3,
    }
    byline = {"author": body.name, "maintainer": office.name, "maintainer_email": office.email}
    return {"contact": [contact], "publisher": [publisher], **byline}


def placed(facts: Fields, portal: CkanPortal, survey: Survey) -> Fields:
    """`facts` where the portal has room for them, without those that are empty.

    Without a schema what CKAN has no field for is an extra. A value of the target file stands where the metadata have
    none, or none that the portal takes.
    """
    out: Fields = {}
    extras: dict[str, str] = {}
    schema = survey.dataset_fields or {}
    given = {name: value for name, value in _flat(facts, schema).items() if not is_empty(value)}
    for name, value in given.items():
        if name in schema:
            fitted = shaped(schema[name], value)
            out[name] = portal.fields[name] if name in portal.fields and not fits(schema[name], fitted) else fitted
        elif name in CORE - BYLINE or (name in BYLINE and not schema):
            out[name] = plain(value)
        elif not name.endswith("_translated") and name not in BYLINE:
            extras[name] = str(as_text(value))
    for name, value in portal.fields.items():
        if name in schema or name in CORE:
            out.setdefault(name, value)
        elif name not in (survey.resource_fields or {}):
            extras.setdefault(name, str(as_text(value)))
    for translated in ("title_translated", "notes_translated"):
        if out.get(translated):
            # CKAN fills the one of one language from it (ckanext-fluent, `fluent_core_translated_output`).
            out.pop(translated.removesuffix("_translated"), None)
    return {**{k: v for k, v in out.items() if not is_empty(v)}, "extras": dict(sorted(extras.items()))}


def fits(field: SchemaField, value: Any) -> bool:
    """Whether a field of the portal takes `value`, as far as the schema tells."""
    if is_empty(value):
        return False
    allowed = choices(field)
    return allowed is None or all(one in allowed for one in (value if isinstance(value, list) else [value]))


def licence_id(iri: str, portal: CkanPortal, licences: Mapping[str, str]) -> str | None:
    """The id of a licence on the portal: that of the target file, else the one with its address or its name."""
    if iri in portal.licences:
        return portal.licences[iri]
    wanted = {_address(iri), _LICENCE_PAGES.get(iri.rstrip("/").rsplit("/", 1)[-1])} - {None}
    name = (licence_name(iri) or "").lower()
    found = (key for key, address in licences.items() if _address(address) in wanted or (name and key.lower() == name))
    return next(found, None)


def tags(meta: Dataset) -> list[str]:
    """The tags: the Spanish keywords, and what themes and sectors are called, each once whatever its capitals."""
    themes = [f"http://publications.europa.eu/resource/authority/data-theme/{code}" for code in meta.themes]
    sectors = [f"http://datos.gob.es/kos/sector-publico/sector/{code}" for code in meta.sectors]
    labels = [LABELS[iri].es for iri in (*themes, *sectors) if iri in LABELS]
    return _names([*meta.keywords.es, *labels])


def groups(meta: Dataset, portal: CkanPortal, survey: Survey) -> list[str]:
    """The groups that the target file gives to its themes, those that the account may use."""
    named = {group for theme in meta.themes for group in portal.groups.get(theme, [])}
    return sorted(named & survey.groups)


def _names(words: list[str]) -> list[str]:
    """Names of tags as CKAN takes them: letters, digits, spaces and `-_.`, 2 to 100 of them; sorted."""
    short, long = _TAG_LENGTH
    cleaned = (re.sub(r"\s+", " ", re.sub(r"[^\w .-]", " ", word)).strip()[:long].strip() for word in words)
    once = {word.casefold(): word for word in reversed([w for w in cleaned if len(w) >= short])}
    return sorted(once.values())


def _flat(facts: Fields, schema: Mapping[str, SchemaField]) -> Fields:
    """`facts` with an entry for each subfield where the portal has no such field; of several places the main one."""
    out: Fields = {}
    for name, value in facts.items():
        if name not in FLAT or name in schema:
            out[name] = value
        elif value:
            # The place that is declared first comes last, for ckanext-dcat keeps the last one of a feed.
            out |= {f"{FLAT[name]}_{sub}": value[-1].get(sub) for sub in SUBFIELDS[name]}
    return out


def _place_name(iri: str) -> str:
    return unquote(iri.rstrip("/").rsplit("/", 1)[-1]).replace("-", " ")


def _address(url: str) -> str:
    """An address without what differs between two spellings of it."""
    bare = re.sub(r"^https?://(?:www\.)?", "", url.strip().lower())
    return re.sub(r"/(?:deed(?:\.\w+)?|legalcode)?$", "", bare)
