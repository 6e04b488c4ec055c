"""The feeds of the catalogue in the tree: two profiles, three formats, whole and for each dataset.

What belongs here: their paths, and cutting a feed into pages that lead to the next. What does not: what the feeds
say, which is in `describe.dcat`.

The Spanish feed stands at the root, for it is the one that is registered with the federator; the European one stands
under `eu/`. A page holds whole datasets and the catalogue's node, which lists those; services are on the first page.
The federator follows `hydra:next` of a `hydra:PagedCollection` and no other word (Hydra Core Vocabulary).
"""

from pipelines.contracts import metadata as meta
from pipelines.contracts.project import Project
from pipelines.describe import dataset_graph, describe_catalogue, listing_graph, serialize
from pipelines.describe.dcat import ProfileName
from pipelines.describe.rdf import RDF_FORMATS, Graph, RdfFormat, Subject
from pipelines.publish.shown import Content

PLACES: dict[ProfileName, str] = {"es": "", "eu": "eu/"}
"""Folder of the tree in which each profile stands."""
FEED = "catalog"
SLICE = "dcat"


def edition_catalogue(project: Project, content: Content) -> meta.Catalogue:
    """The catalogue of the edition, of which all its descriptions are written.

    Raises `FindingError` when the metadata of a version cannot be read.
    """
    datasets = [version.metadata for _, version in content.pinned]
    return describe_catalogue(project, datasets, edition=content.edition.edition, modified=content.edition.created)


def catalogue_files(project: Project, content: Content) -> dict[str, bytes]:
    """Every catalogue file of the tree by its path; the same input gives the same bytes in every process."""
    catalogue = edition_catalogue(project, content)
    datasets = catalogue.datasets
    out: dict[str, bytes] = {}
    for profile, folder in PLACES.items():
        slices = [dataset_graph(catalogue, d, project.settings.base_url, profile) for d in datasets]
        sizes = []
        for dataset, graph in zip(datasets, slices, strict=True):
            files = {f"{folder}datasets/{dataset.id}/{SLICE}.{fmt}": serialize(graph, fmt) for fmt in RDF_FORMATS}
            sizes.append(max(map(len, files.values())))
            out |= files
        out |= _feed(project, catalogue, profile, list(zip(datasets, slices, sizes, strict=True)))
    return out


Part = tuple[meta.Dataset, Graph, int]
"""A dataset, what is said of it, and how many bytes that takes in the longest format."""


def feed_pages(files: dict[str, bytes], profile: ProfileName, fmt: RdfFormat) -> list[bytes]:
    """The pages of a feed in their order, out of the files of the tree."""
    out: list[bytes] = []
    while page := files.get(f"{PLACES[profile]}{_name(len(out) + 1, fmt)}"):
        out.append(page)
    return out


def _feed(project: Project, catalogue: meta.Catalogue, profile: ProfileName, parts: list[Part]) -> dict[str, bytes]:
    base_url, limit = project.settings.base_url.rstrip("/"), project.settings.feed_page_bytes

    def page(number: int, held: list[Part], more: bool, fmt: RdfFormat) -> bytes:
        graph = listing_graph(catalogue, [d for d, _, _ in held], base_url, profile, services=number == 1)
        for _, said, _ in held:
            graph.update(said)
        if number > 1 or more:
            _lead_on(graph, f"{base_url}/{PLACES[profile]}", number, more, fmt)
        return serialize(graph, fmt)

    pages = [parts]
    if max(len(page(1, parts, False, fmt)) for fmt in RDF_FORMATS) > limit:
        empty = [max(len(page(number, [], True, fmt)) for fmt in RDF_FORMATS) for number in (1, 2)]
        pages = _cut(parts, empty, limit)
    return {
        f"{PLACES[profile]}{_name(number, fmt)}": page(number, held, number < len(pages), fmt)
        for number, held in enumerate(pages, start=1)
        for fmt in RDF_FORMATS
    }


def _cut(parts: list[Part], empty: list[int], limit: int) -> list[list[Part]]:
    """Pages of at most `limit` bytes, each of at least one dataset; `empty` are the first page and the next without any.

    A dataset counts with all that its own file takes and with its line in the listing. What several share is written
    once on a page, so a page is shorter than this sum.
    """
    pages: list[list[Part]] = [[]]
    room = limit - empty[0]
    for part in parts:
        need = part[2] + len(part[0].iri.encode())
        if need > room and pages[-1]:
            pages.append([])
            room = limit - empty[1]
        pages[-1].append(part)
        room -= need
    return pages


def _lead_on(graph: Graph, place: str, number: int, more: bool, fmt: RdfFormat) -> None:
    node = Subject(graph, f"{place}{_name(number, fmt)}", "hydra:PagedCollection")
    node.iri("hydra:next", f"{place}{_name(number + 1, fmt)}" if more else None)


def _name(number: int, fmt: RdfFormat) -> str:
    return f"{FEED}.{fmt}" if number == 1 else f"{FEED}-{number}.{fmt}"
