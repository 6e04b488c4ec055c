"""The layout of the tree: which path holds what, decided in one place for building and for verifying.

What belongs here: the plan, a mapping from each path of the tree to a file of a release or to bytes.
What does not: writing it, or what stands in feeds and pages.

Paths, with `<id>` a dataset::

    index.html  index.en.html               the page, in Spanish and in English
    catalog.{ttl,rdf,jsonld}                the catalogue of the edition as DCAT-AP-ES; catalog-<n> where it has pages
    catalogue.json                          what those are written of, for programs of ours: `metadata.Catalogue`
    eu/catalog.{ttl,rdf,jsonld}             the same as DCAT-AP
    feed.atom  feed.json                    what was published and withdrawn, of all datasets
    robots.txt  sitemap.xml                 and sitemap-<n>.xml where one file would be too large
    datasets/<id>/<version>/<file>          the files of every published version, as they were released
    datasets/<id>/<version>/index.html      sends to the place of the version on the page, which feeds link to
    datasets/<id>/<version>/                of a withdrawn version: tombstone.json, and an index.html that says why
    datasets/<id>/latest/<file>             the files of the version that the edition pins
    datasets/<id>/index.html                sends to the place of the dataset on the page
    datasets/<id>/dcat.{ttl,rdf,jsonld}     the dataset as the edition pins it, its part of the catalogue; also in eu/
    datasets/<id>/dataset.jsonld            the same in words of schema.org
    datasets/<id>/feed.{atom,json}          what was published and withdrawn
    editions/<edition>/edition.json         the pins of every edition
    editions/<edition>/edition.sqlite       of the edition that is shown: its tables, entities and words; see `edition_db`
    linked-data/  .well-known/void          the data as linked data; see `linked`
"""

from dataclasses import dataclass
from pathlib import Path

from pipelines.contracts.files import canonical_json, pretty_json
from pipelines.contracts.project import Project
from pipelines.contracts.reading import CATALOGUE_FILE, DATABASE_FILE
from pipelines.contracts.store import EDITION_FILE, RELEASE_FILE, TOMBSTONE_FILE
from pipelines.describe import schema_org
from pipelines.publish.catalogues import catalogue_files, edition_catalogue, feed_pages
from pipelines.publish.edition_db import edition_database
from pipelines.publish.feeds import ATOM, JSON, Feed, dataset_feed, whole_feed
from pipelines.publish.feeds_atom import atom
from pipelines.publish.feeds_json import json_feed
from pipelines.publish.linked import Dump, linked_files
from pipelines.publish.pages import index_page, pointer_page, withdrawn_page
from pipelines.publish.shown import Content, Shown, Version
from pipelines.publish.sitemap import robots, sitemaps
from pipelines.publish.views import view_files

LATEST = "latest"
SCHEMA_ORG = "dataset.jsonld"


@dataclass(frozen=True)
class Linked:
    """A file of a release that the tree shares with it."""

    dataset: str
    version: str
    source: Path
    sha256: str
    size: int


@dataclass(frozen=True)
class Database:
    """The database of the edition, made when it is needed: it may be large."""

    project: Project
    content: Content

    def make(self, folder: Path) -> Path:
        """Make it in `folder`; the same bytes each time."""
        return edition_database(self.project, self.content, folder)

    def views(self, database: Path) -> dict[str, bytes]:
        """What else of the tree is made of it once it is there: the views, by their path."""
        return view_files(self.project, self.content, database)


Plan = dict[str, Linked | Database | Dump | bytes]
"""What each path of the tree holds, relative to the tree and with `/`. To it come the `Database.views`."""


def plan_tree(project: Project, content: Content) -> Plan:
    """The whole tree of `content`; the same input gives the same bytes in every process.

    Raises `FindingError` when the metadata of a version cannot be read.
    """
    plan: Plan = {}
    for shown in content.datasets:
        plan.update(_dataset(project, shown))
    for name, path in content.editions.items():
        plan[f"editions/{name}/{EDITION_FILE}"] = path.read_bytes()
    plan[f"editions/{content.edition.edition}/{DATABASE_FILE}"] = Database(project, content)
    plan["index.html"] = index_page(project, content, "es")
    plan["index.en.html"] = index_page(project, content, "en")
    feeds = catalogue_files(project, content)
    plan.update(feeds)
    catalogue = edition_catalogue(project, content).model_dump(mode="json")
    plan[CATALOGUE_FILE] = f"{canonical_json(catalogue)}\n".encode()
    plan.update(linked_files(project, content, b"\n".join(feed_pages(feeds, "eu", "ttl"))))
    plan.update(_feeds(whole_feed(project, content), ""))
    plan["robots.txt"] = robots(project)
    plan.update(sitemaps(project, content))
    return plan


def release_files(content: Content) -> list[Linked]:
    """Every file of every published version, once."""
    return [linked for v in content.versions for linked in _files(v).values()]


def _dataset(project: Project, shown: Shown) -> Plan:
    plan: Plan = {}
    place = f"datasets/{shown.id}"
    for version in shown.versions:
        number = version.release.version
        plan.update({f"{place}/{number}/{name}": f for name, f in _files(version).items()})
        plan[f"{place}/{number}/index.html"] = pointer_page(project, shown.id, number)
    if shown.pinned:
        plan.update({f"{place}/{LATEST}/{name}": f for name, f in _files(shown.pinned).items()})
        told = schema_org(shown.pinned.metadata, project.settings.base_url.rstrip("/"), project)
        plan[f"{place}/{SCHEMA_ORG}"] = pretty_json(told).encode()
    for tombstone in shown.withdrawn:
        said = canonical_json(tombstone.model_dump(mode="json")) + "\n"
        plan[f"{place}/{tombstone.version}/{TOMBSTONE_FILE}"] = said.encode()
        plan[f"{place}/{tombstone.version}/index.html"] = withdrawn_page(project, tombstone)
    if shown.versions or shown.withdrawn:
        plan.update(_feeds(dataset_feed(project, shown), f"{place}/"))
        plan[f"{place}/index.html"] = pointer_page(project, shown.id)
    return plan


def _feeds(feed: Feed, place: str) -> dict[str, bytes]:
    return {f"{place}{ATOM}": atom(feed), f"{place}{JSON}": json_feed(feed)}


def _files(version: Version) -> dict[str, Linked]:
    release, folder = version.release, version.folder
    out = {
        f.file: Linked(release.dataset, release.version, folder / f.file, f.sha256, f.size)
        for f in release.files
        if f.file != RELEASE_FILE
    }
    own = folder / RELEASE_FILE
    out[RELEASE_FILE] = Linked(release.dataset, release.version, own, version.digest, own.stat().st_size)
    return out
