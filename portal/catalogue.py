"""The catalogue, the datasets, their versions and the editions, as data.

What belongs here: handlers, from a site to an answer. What does not: rows, and addresses of routes.

What is said of one version is what its release says, with addresses added: nothing is worked out here.
"""

from collections.abc import Iterator
from typing import Any

from pipelines.contracts.files import read_json, read_json_lines
from pipelines.contracts.records import Edition, VersionEntry
from pipelines.contracts.store import CITATION_FILES, DELTA_FILE, EDITION_FILE, FINDINGS_FILE, QUALITY_FILE
from portal.answer import (
    JSON,
    JSONL,
    JSONLD,
    RDFXML,
    TURTLE,
    Answer,
    Cache,
    FilePart,
    Problem,
    as_json,
    media_type,
    negotiate,
)
from portal.files import unknown
from portal.site import Shown, Site

GRAPHS = {JSONLD: "jsonld", TURTLE: "ttl", RDFXML: "rdf"}
FORMATS = [JSON, *GRAPHS]
"""What a description is offered as; JSON unless something else is asked for."""


def wanted(accept: str, suffix: str | None) -> str:
    """The media type of a description: that of the suffix, else what `accept` wants most. Raises `Problem` 406."""
    return media_type(suffix) if suffix else negotiate(accept, FORMATS)


def catalogue(site: Site, accept: str, suffix: str | None = None) -> Answer:
    """The catalogue of the edition: in JSON its words and its datasets, else its DCAT-AP-ES."""
    kind = wanted(accept, suffix)
    if kind in GRAPHS:
        return _graph(site, f"catalog.{GRAPHS[kind]}", kind, "/v1/catalogue")
    told = site.catalogue.model_dump(mode="json", exclude={"datasets"}, exclude_none=True)
    other = {ending: f"{site.base_url}/v1/catalogue.{ending}" for ending in GRAPHS.values()}
    feeds = {name: f"{site.base_url}/{path}" for name, path in (("es", "catalog.rdf"), ("eu", "eu/catalog.rdf"))}
    return as_json(
        {**told, "datasets": _summaries(site), "formats": other, "feeds": feeds},
        headers=_located("/v1/catalogue.json"),
    )


def datasets(site: Site) -> Answer:
    """The datasets of the edition in a few words each."""
    told = _summaries(site)
    return as_json({"edition": site.edition.edition, "total": len(told), "datasets": told})


def dataset(site: Site, name: str, accept: str, suffix: str | None = None) -> Answer:
    """One dataset as the edition shows it: in JSON the whole of its metadata, else its part of the DCAT-AP-ES."""
    version = site.version(name, None)
    kind = wanted(accept, suffix)
    if kind in GRAPHS:
        return _graph(site, f"datasets/{name}/dcat.{GRAPHS[kind]}", kind, f"/v1/datasets/{name}")
    told = site.metadata(name, version).model_dump(mode="json", exclude_none=True)
    for each in told["distributions"]:
        each["url"] = f"{site.base_url}/datasets/{name}/{version}/{each['file']}"
    for table in told["tables"]:
        table["url"] = f"{_place(site, name)}/tables/{table['name']}"
    told["edition"] = site.edition.edition
    told["links"] = _links(site, name)
    return as_json(told, headers=_located(f"/v1/datasets/{name}.json"))


def versions(site: Site, name: str) -> Answer:
    """The versions of a dataset, the newest first, those withdrawn with the reason."""
    shown = site.shown(name)
    told = [_version(site, shown, entry) for entry in reversed(shown.index.versions)]
    body = {"dataset": name, "edition": site.edition.edition, "current": shown.pinned, "versions": told}
    return as_json(body)


def version(site: Site, name: str, asked: str) -> Answer:
    """One version: its release record, what it changed in words, and the addresses of its files."""
    found = site.version(name, asked)
    told = site.release(name, found).model_dump(mode="json", exclude_none=True)
    notes = site.metadata(name, found).version_notes
    for file in told["files"]:
        file["url"] = f"{site.base_url}/datasets/{name}/{found}/{file['file']}"
    told["notes"] = notes.model_dump() if notes else None
    told["links"] = _version_links(site, name, found)
    return as_json(told, _cache(asked))


def delta(site: Site, name: str, asked: str) -> Answer:
    """What a version added, changed and removed against the one before it, as JSON Lines."""
    return _file(site, name, asked, DELTA_FILE)


def citation(site: Site, name: str, asked: str, ending: str) -> Answer:
    """How to cite a version: APA (`txt`), BibTeX, RIS or CSL JSON. Raises `Problem` 404 for any other ending."""
    file = f"citation.{ending}"
    if file not in CITATION_FILES:
        raise unknown()
    return _file(site, name, asked, file)


def findings(site: Site, name: str, asked: str | None, lines: bool = False) -> Answer:
    """What was found about a version when it was released. `lines`: as JSON Lines, as the release has it."""
    if lines:
        return _file(site, name, asked, FINDINGS_FILE)
    found = site.version(name, asked)
    rows: Iterator[Any] = read_json_lines(site.folder(name, found) / FINDINGS_FILE)
    body = {"dataset": name, "version": found, "findings": list(rows)}
    return as_json(body, _cache(asked))


def quality(site: Site, name: str, asked: str | None) -> Answer:
    """What was measured of a version."""
    found = site.version(name, asked)
    told = read_json(site.folder(name, found) / QUALITY_FILE)
    body = {"dataset": name, "version": found, "quality": told}
    return as_json(body, _cache(asked))


def editions(site: Site) -> Answer:
    """The editions, the newest first."""
    told = [
        {"edition": e.edition, "created": e.created.isoformat(), "url": f"{site.base_url}/v1/editions/{e.edition}"}
        for e in reversed(site.editions)
    ]
    return as_json({"current": site.edition.edition, "editions": told})


def edition(site: Site, name: str) -> Answer:
    """One edition: the version that it pins of each dataset. Raises `Problem` 404."""
    told = record(site, name).model_dump(mode="json")
    told["url"] = f"{site.base_url}/v1/editions/{name}"
    told["archive"] = f"{site.base_url}/v1/editions/{name}.zip"
    told["datasets"] = {d: f"{_place(site, d)}/versions/{v}" for d, v in told["pins"].items()}
    return as_json(told)


def record(site: Site, name: str) -> Edition:
    """The record of an edition. Raises `Problem` 404."""
    known = {e.edition for e in site.editions} | {site.edition.edition}
    if name not in known:
        raise Problem(
            404,
            "edition-unknown",
            "No hay ninguna edición con ese nombre.",
            "There is no edition of that name.",
            editions=sorted(known),
        )
    return Edition.model_validate_json((site.tree / "editions" / name / EDITION_FILE).read_bytes())


def _tag(site: Site, what: str) -> str:
    return f"{site.key.removeprefix('tree-')}-{what.replace('/', '-')}"


def _located(address: str) -> dict[str, str]:
    # One address, several formats: whoever keeps it must know what it depends on.
    # Relative to the address that was asked: the portal may stand behind a prefix.
    return {"Vary": "Accept", "Content-Location": address.rpartition("/")[2]}


def _cache(asked: str | None) -> Cache:
    return "edition" if asked in (None, "latest") else "version"


def _place(site: Site, name: str) -> str:
    return f"{site.base_url}/v1/datasets/{name}"


def _graph(site: Site, path: str, kind: str, address: str) -> Answer:
    return Answer(
        FilePart.opened(site.tree / path), kind, etag=_tag(site, path), headers=_located(f"{address}.{GRAPHS[kind]}")
    )


def _file(site: Site, name: str, asked: str | None, file: str) -> Answer:
    found = site.version(name, asked)
    known = {f.file: f.sha256 for f in site.release(name, found).files}
    if file not in known:
        raise Problem(
            404,
            "file-unknown",
            f"La versión {found} de {name} no tiene {file}.",
            f"Version {found} of {name} has no {file}.",
        )
    kind = JSONL if file.endswith(".jsonl") else media_type(file)
    return Answer(FilePart.opened(site.folder(name, found) / file), kind, etag=known[file], cache=_cache(asked))


def _summaries(site: Site) -> list[dict[str, Any]]:
    return [
        {
            **d.model_dump(
                mode="json",
                include={
                    "id",
                    "iri",
                    "version",
                    "schema_version",
                    "titles",
                    "descriptions",
                    "keywords",
                    "themes",
                    "licence",
                    "frequency",
                    "issued",
                    "published",
                    "data_changed",
                },
            ),
            "tables": [
                {
                    "name": t.name,
                    "titles": t.titles.model_dump(),
                    "rows": t.rows,
                    "columns": t.columns,
                    "url": f"{_place(site, d.id)}/tables/{t.name}",
                }
                for t in d.tables
            ],
            "url": _place(site, d.id),
            "page": f"{site.base_url}/datasets/{d.id}/",
        }
        for d in site.catalogue.datasets
    ]


def _links(site: Site, name: str) -> dict[str, str]:
    place = _place(site, name)
    return {
        "self": place,
        "versions": f"{place}/versions",
        "findings": f"{place}/findings",
        "quality": f"{place}/quality",
        "feed": f"{site.base_url}/datasets/{name}/feed.atom",
        "feed_json": f"{site.base_url}/datasets/{name}/feed.json",
        "package": f"{site.base_url}/datasets/{name}/latest/datapackage.json",
        **{ending: f"{place}.{ending}" for ending in GRAPHS.values()},
    }


def _version_links(site: Site, name: str, found: str) -> dict[str, str]:
    place = f"{_place(site, name)}/versions/{found}"
    files = {f.file for f in site.release(name, found).files}
    return {
        "self": place,
        "delta": f"{place}/delta",
        **{c: f"{place}/{c}" for c in CITATION_FILES if c in files},
        "files": f"{site.base_url}/datasets/{name}/{found}/datapackage.json",
    }


def _version(site: Site, shown: Shown, entry: VersionEntry) -> dict[str, Any]:
    told = entry.model_dump(mode="json", exclude={"fingerprint"})
    stone = shown.withdrawn.get(entry.version)
    if stone is not None:
        return {**told, "withdrawn": stone.withdrawn.isoformat(), "reason": stone.reason}
    return {**told, "url": f"{_place(site, shown.id)}/versions/{entry.version}"}
