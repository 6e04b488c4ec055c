"""The catalogue as DCAT 3, once for each application profile.

What belongs here: which profiles there are, and the graphs that are made with them. What does not: what a profile
says, which stands in its module, and any judgement, which is `check`.

| profile | standard | module |
|---|---|---|
| `es` | DCAT-AP-ES 1.0.0 | `spain` |
| `eu` | DCAT-AP 3.0.1 | `europe` |
"""

from typing import Literal

from pipelines.contracts import metadata as meta
from pipelines.describe.dcat.base import Profile, dataset_page, file_address
from pipelines.describe.dcat.europe import EuropeanProfile
from pipelines.describe.dcat.spain import SpanishProfile
from pipelines.describe.rdf import Graph

ProfileName = Literal["es", "eu"]
PROFILES: dict[ProfileName, type[Profile]] = {"es": SpanishProfile, "eu": EuropeanProfile}

__all__ = [
    "PROFILES",
    "ProfileName",
    "dataset_graph",
    "dataset_page",
    "dcat_graph",
    "file_address",
    "listing_graph",
]


def dcat_graph(catalogue: meta.Catalogue, base_url: str, profile: ProfileName = "es") -> Graph:
    """The catalogue, its services and all its datasets, without blank nodes.

    `base_url` is where the portal is served; files and pages are named under it.
    """
    graph = listing_graph(catalogue, catalogue.datasets, base_url, profile, services=True)
    for dataset in catalogue.datasets:
        graph.update(dataset_graph(catalogue, dataset, base_url, profile))
    return graph


def dataset_graph(catalogue: meta.Catalogue, dataset: meta.Dataset, base_url: str, profile: ProfileName) -> Graph:
    """The part of the whole that is about one dataset; it changes only when the dataset or the office does."""
    return PROFILES[profile](catalogue, base_url.rstrip("/")).dataset(dataset)


def listing_graph(
    catalogue: meta.Catalogue, datasets: list[meta.Dataset], base_url: str, profile: ProfileName, services: bool
) -> Graph:
    """The catalogue's own node as it lists `datasets`, with its services if `services`: a page without its datasets."""
    return PROFILES[profile](catalogue, base_url.rstrip("/")).listing(datasets, services)
