"""Catalogue, datasets, versions and editions.

What belongs here: routes. What does not: the answers, which are in `portal.catalogue`.
"""

from typing import Literal, get_args

from fastapi import APIRouter, Request, Response

from portal import catalogue as of
from portal import views as drawn
from portal.answer import JSON, JSONL, JSONLD, RDFXML, TURTLE, media_type
from portal.app import gives, reply
from portal.routes.asked import wished_formats

router = APIRouter(prefix="/v1", tags=["catalogue"])

Described = Literal["json", "jsonld", "ttl", "rdf"]
Cited = Literal["txt", "bib", "ris", "json"]
_CITATIONS = [media_type(f"x.{ending}") for ending in get_args(Cited)]


@router.get("/catalogue", **gives(JSON, JSONLD, TURTLE, RDFXML))
def catalogue(request: Request) -> Response:
    """The catalogue of the current edition, as JSON, JSON-LD, Turtle or RDF/XML by `Accept`."""
    return reply(request, lambda site: of.catalogue(site, wished_formats(request)))


@router.get("/catalogue.{suffix}", **gives(JSON, JSONLD, TURTLE, RDFXML))
def catalogue_as(request: Request, suffix: Described) -> Response:
    """The catalogue of the current edition in the format of the suffix."""
    return reply(request, lambda site: of.catalogue(site, "", suffix))


@router.get("/datasets")
def datasets(request: Request) -> Response:
    """The datasets of the current edition."""
    return reply(request, of.datasets)


@router.get("/datasets/{dataset}.{suffix}", **gives(JSON, JSONLD, TURTLE, RDFXML))
def dataset_as(request: Request, dataset: str, suffix: Described) -> Response:
    """The metadata of a dataset in the format of the suffix."""
    return reply(request, lambda site: of.dataset(site, dataset, "", suffix))


@router.get("/datasets/{dataset}", **gives(JSON, JSONLD, TURTLE, RDFXML))
def dataset(request: Request, dataset: str) -> Response:
    """The metadata of a dataset, as JSON, JSON-LD, Turtle or RDF/XML by `Accept`."""
    return reply(request, lambda site: of.dataset(site, dataset, wished_formats(request)))


@router.get("/datasets/{dataset}/versions")
def versions(request: Request, dataset: str) -> Response:
    """The versions of a dataset, the newest first."""
    return reply(request, lambda site: of.versions(site, dataset))


@router.get("/datasets/{dataset}/versions/{version}")
def version(request: Request, dataset: str, version: str) -> Response:
    """One version, or `latest`: its record, its files, and what it changed."""
    return reply(request, lambda site: of.version(site, dataset, version))


@router.get("/datasets/{dataset}/versions/{version}/delta", **gives(JSONL))
def delta(request: Request, dataset: str, version: str) -> Response:
    """What a version added, changed and removed, as JSON Lines."""
    return reply(request, lambda site: of.delta(site, dataset, version))


@router.get("/datasets/{dataset}/versions/{version}/citation.{ending}", **gives(*_CITATIONS))
def citation(request: Request, dataset: str, version: str, ending: Cited) -> Response:
    """How to cite a version: APA, BibTeX, RIS or CSL JSON."""
    return reply(request, lambda site: of.citation(site, dataset, version, ending))


@router.get("/datasets/{dataset}/findings")
def findings(request: Request, dataset: str, version: str | None = None) -> Response:
    """What was found about a version when it was released; of the current one if none is named."""
    return reply(request, lambda site: of.findings(site, dataset, version))


@router.get("/datasets/{dataset}/findings.jsonl", **gives(JSONL))
def findings_lines(request: Request, dataset: str, version: str | None = None) -> Response:
    """The same, one finding a line."""
    return reply(request, lambda site: of.findings(site, dataset, version, lines=True))


@router.get("/datasets/{dataset}/quality")
def quality(request: Request, dataset: str, version: str | None = None) -> Response:
    """What was measured of a version; of the current one if none is named."""
    return reply(request, lambda site: of.quality(site, dataset, version))


@router.get("/datasets/{dataset}/views")
def views(request: Request, dataset: str) -> Response:
    """The charts and matrices of the current version of a dataset, without their rows."""
    return reply(request, lambda site: drawn.listed(site, dataset))


@router.get("/datasets/{dataset}/views/{view}")
def view(request: Request, dataset: str, view: str) -> Response:
    """One chart or matrix: what it shows in words, its coverage, its rows, and the addresses of its files."""
    return reply(request, lambda site: drawn.one(site, dataset, view))


@router.get("/editions")
def editions(request: Request) -> Response:
    """The editions, the newest first."""
    return reply(request, of.editions)


@router.get("/editions/{edition}")
def edition(request: Request, edition: str) -> Response:
    """One edition: the version that it pins of each dataset."""
    return reply(request, lambda site: of.edition(site, edition))
