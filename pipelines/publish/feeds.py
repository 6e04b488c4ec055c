"""What was published and withdrawn, for feed readers: of each dataset, and of all.

What belongs here: which versions a feed tells of, and what it says of each, in both formats alike. What does not: the
formats, which are `feeds_atom` and `feeds_json`.

These files hold addresses, so they belong to the tree and never to a release. Ids stand under `uri_base`, links under
`base_url`: a move to another host makes no entry look new. The page of a version is its folder. A file server answers
there with a page that leads on, the portal with the page of the version, and both with the reason once it is withdrawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote
from xml.etree import ElementTree as ET

from pipelines.contracts.project import Project
from pipelines.contracts.records import Tombstone
from pipelines.contracts.store import CHANGES_FILE, PACKAGE_FILE
from pipelines.contracts.text import Text
from pipelines.contracts.wording import EXAMPLE
from pipelines.describe import iris
from pipelines.publish.shown import Content, Shown, Version

MAX_ENTRIES = 50
"""Entries of a feed; older versions stay at their addresses."""
ATOM, JSON = "feed.atom", "feed.json"


@dataclass(frozen=True)
class Entry:
    """One published version: its IRI, its page, and the address of its Data Package."""

    id: str
    dataset: str
    title: str
    published: datetime
    page: str
    package: str
    changes: str | None


@dataclass(frozen=True)
class Gone:
    """One withdrawn version: its IRI, its page, since when and why."""

    id: str
    page: str
    withdrawn: datetime
    reason: str


@dataclass(frozen=True)
class Feed:
    """What one feed says, the newest first. `id` and `here` without the name of the file."""

    id: str
    here: str
    title: str
    subtitle: str
    author: str
    homepage: str
    licence: str
    updated: datetime
    entries: list[Entry]
    gone: list[Gone]


def dataset_feed(project: Project, shown: Shown) -> Feed:
    """The feed of one dataset: its published versions and the withdrawn ones, at most `MAX_ENTRIES` of each.

    It was updated when the newest of them was, so its bytes change only when something was published or withdrawn. The
    dataset must have a version.
    """
    # Of a dataset whose versions are all withdrawn nothing but the id is said: its title went with them.
    title = _both(shown.newest.metadata.titles) if shown.newest else shown.id
    return _feed(project, f"datasets/{shown.id}/", title, shown.versions, shown.withdrawn)


def whole_feed(project: Project, content: Content) -> Feed:
    """The feed of all datasets, those outside the edition too; `updated` is that of the edition where there is no version."""
    gone = [t for d in content.datasets for t in d.withdrawn]
    return _feed(project, "", _both(project.catalogue.titles), content.versions, gone, content.edition.created)


def address(project: Project, path: str = "") -> str:
    """The address at which `path` of the tree is served."""
    return f"{project.settings.base_url.rstrip('/')}/{quote(path)}"


def moment(time: datetime) -> str:
    """A time to the second with its offset (RFC 3339, as RFC 4287, 3.3, JSON Feed and sitemaps want it)."""
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")


def xml_bytes(root: ET.Element) -> bytes:
    """A document as UTF-8, indented."""
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _feed(
    project: Project,
    place: str,
    title: str,
    versions: Sequence[Version],
    gone: Sequence[Tombstone],
    otherwise: datetime | None = None,
) -> Feed:
    catalogue = project.catalogue
    said = _both(catalogue.titles)
    if catalogue.stage == "example":
        title, said = f"[Ejemplo · Example] {title}", f"{said}. {EXAMPLE.es} {EXAMPLE.en}"
    times = [v.release.published for v in versions] + [t.withdrawn for t in gone]
    return Feed(
        id=f"{catalogue.uri_base}/{place}",
        here=address(project, place),
        title=title,
        subtitle=said,
        author=_both(catalogue.publisher.name),
        homepage=catalogue.publisher.homepage,
        licence=catalogue.licence,
        updated=max([*times, *([otherwise] if otherwise and not times else [])]),
        entries=[_entry(project, v) for v in sorted(versions, key=_newness, reverse=True)[:MAX_ENTRIES]],
        gone=[_gone(project, t) for t in sorted(gone, key=lambda t: t.withdrawn, reverse=True)[:MAX_ENTRIES]],
    )


def _newness(version: Version) -> tuple[datetime, str]:
    # Those of one run are published at one moment; they stay in the order of their names.
    return version.release.published, version.release.version


def _entry(project: Project, version: Version) -> Entry:
    release, metadata = version.release, version.metadata
    place = f"datasets/{release.dataset}/{release.version}/"
    changes = version.folder / CHANGES_FILE if CHANGES_FILE in version.files else None
    return Entry(
        id=metadata.version_iri,
        dataset=release.dataset,
        title=f"{_both(metadata.titles)} — {release.version}",
        published=release.published,
        page=address(project, place),
        package=address(project, place + PACKAGE_FILE),
        changes=changes.read_text(encoding="utf-8").strip() if changes else None,
    )


def _gone(project: Project, stone: Tombstone) -> Gone:
    return Gone(
        id=iris.version(project.catalogue.uri_base, stone.dataset, stone.version),
        page=address(project, f"datasets/{stone.dataset}/{stone.version}/"),
        withdrawn=stone.withdrawn,
        reason=stone.reason,
    )


def _both(text: Text) -> str:
    return text.es if text.es == text.en else f"{text.es} · {text.en}"
