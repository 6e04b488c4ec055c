"""The quality score of data.europa.eu (MQA, 405 points) for each dataset, before it is harvested.

What belongs here: the metrics and their weights, which distribution counts, the points lost and how to
get them. What does not: asking addresses; what they answered is given.

A metric of a distribution counts for one single distribution, the best one; dates fall back to the
dataset. A metric of an address that nobody asked is unknown: it is neither passed nor lost.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from pipelines.check.catalogue.codes import MEDIA_TYPES, Codes
from pipelines.check.catalogue.graph import Described, Value
from pipelines.contracts.findings import Finding, finding
from pipelines.contracts.text import Text

TOTAL = 405
BANDS = ((351, "excellent"), (221, "good"), (121, "sufficient"), (0, "bad"))
"""Fewest points of each band."""

Asked = Mapping[str, bool | None]
"""What an address answered: well, badly, or nothing that says which."""


@dataclass(frozen=True)
class Lost:
    """A metric that is not passed: its points, and what to do about it."""

    metric: str
    points: int
    fix: Text


@dataclass(frozen=True)
class Score:
    """The score of one dataset. `unknown`: points of metrics that could not be asked; `best`: the distribution."""

    dataset: str
    points: int
    unknown: int
    band: str
    lost: list[Lost] = field(default_factory=list)
    best: str | None = None
    of: int = TOTAL


@dataclass(frozen=True)
class _Metric:
    name: str
    points: int
    fix: Text


def _metric(name: str, points: int, es: str, en: str) -> _Metric:
    return _Metric(name, points, Text(es=es, en=en))


_OF_DATASET = (
    _metric("keyword", 30, "Añada palabras clave (dcat:keyword).", "Add keywords (dcat:keyword)."),
    _metric("theme", 30, "Añada un tema (dcat:theme).", "Add a theme (dcat:theme)."),
    _metric("spatial", 20, "Diga qué lugar cubre (dct:spatial).", "Say which place it covers (dct:spatial)."),
    _metric("temporal", 20, "Diga qué periodo cubre (dct:temporal).", "Say which period it covers (dct:temporal)."),
    _metric(
        "conformity",
        30,
        "Corrija lo que las formas SHACL encuentran en el conjunto y en sus distribuciones.",
        "Correct what the SHACL shapes find in the dataset and in its distributions.",
    ),
    _metric(
        "access_rights", 10, "Declare quién puede acceder (dct:accessRights).", "Say who has access (dct:accessRights)."
    ),
    _metric(
        "access_rights_vocabulary",
        5,
        "Use en dct:accessRights un código de la tabla access-right de la UE, por ejemplo PUBLIC.",
        "Use a code of the EU table access-right in dct:accessRights, for example PUBLIC.",
    ),
    _metric(
        "contact_point",
        20,
        "Añada un punto de contacto (dcat:contactPoint).",
        "Add a contact point (dcat:contactPoint).",
    ),
    _metric("publisher", 10, "Declare quién publica (dct:publisher).", "Say who publishes it (dct:publisher)."),
)
_OF_DISTRIBUTION = (
    _metric(
        "access_url_status",
        50,
        "Haga que la dirección de acceso (dcat:accessURL) responda sin error.",
        "Make the access address (dcat:accessURL) answer without an error.",
    ),
    _metric(
        "download_url",
        20,
        "Añada la dirección de descarga del fichero (dcat:downloadURL).",
        "Add the address from which the file is downloaded (dcat:downloadURL).",
    ),
    _metric(
        "download_url_status",
        30,
        "Haga que la dirección de descarga (dcat:downloadURL) responda sin error.",
        "Make the download address (dcat:downloadURL) answer without an error.",
    ),
    _metric("format", 20, "Declare el formato (dct:format).", "Say which format it has (dct:format)."),
    _metric("media_type", 10, "Declare el tipo de medio (dcat:mediaType).", "Say its media type (dcat:mediaType)."),
    _metric(
        "format_vocabulary",
        10,
        "Use en dct:format un código de la tabla file-type de la UE y en dcat:mediaType un tipo registrado en IANA.",
        "Use a code of the EU table file-type in dct:format, and a type registered with IANA in dcat:mediaType.",
    ),
    _metric(
        "non_proprietary",
        20,
        "Ofrezca una distribución en un formato abierto, por ejemplo CSV o JSON.",
        "Offer a distribution in an open format, for example CSV or JSON.",
    ),
    _metric(
        "machine_readable",
        20,
        "Ofrezca una distribución que lean los programas, por ejemplo CSV o JSON.",
        "Offer a distribution that programs can read, for example CSV or JSON.",
    ),
    _metric("licence", 20, "Declare la licencia (dct:license).", "Say under which licence it is (dct:license)."),
    _metric(
        "licence_vocabulary",
        10,
        "Nombre la licencia con un código de la tabla licence de la UE, por ejemplo CC_BY_4_0.",
        "Name the licence with a code of the EU table licence, for example CC_BY_4_0.",
    ),
    _metric("rights", 5, "Declare los derechos (dct:rights).", "State the rights (dct:rights)."),
    _metric("byte_size", 5, "Declare el tamaño (dcat:byteSize).", "State the size (dcat:byteSize)."),
    _metric("issued", 5, "Declare cuándo se publicó (dct:issued).", "Say when it was published (dct:issued)."),
    _metric("modified", 5, "Declare cuándo cambió (dct:modified).", "Say when it changed (dct:modified)."),
)


def scores(
    graph: Described, codes: Codes, failing: Collection[str] = (), addresses: Asked | None = None
) -> list[Score]:
    """The score of each dataset of `graph`, in the order of the graph.

    `failing`: entities (datasets, distributions) that violate the shapes. `addresses`: what was asked; an
    address that is not in it is unknown.
    """
    return [_score(graph, codes, dataset, failing, addresses or {}) for dataset in graph.datasets]


def score_lower(former_points: int, now: Score, dataset: str) -> Finding | None:
    """The finding that holds a release whose score is lower than that of the release before; None if it is not.

    Both are points of a description whose addresses nobody asked.
    """
    if now.points >= former_points:
        return None
    fixes = {lang: " ".join(lost.fix.get(lang) for lost in now.lost) for lang in ("es", "en")}
    params = {"limit": former_points, "count": now.points, "fix_es": fixes["es"], "fix_en": fixes["en"]}
    return finding("mqa-lower", dataset=dataset, value=str(now.points), params=params)


def probed(graph: Described, score: Score) -> list[str]:
    """The addresses whose answer the score of a dataset depends on: those of its best distribution."""
    if score.best is None:
        return []
    names = ("dcat:accessURL", "dcat:downloadURL")
    return list(dict.fromkeys(url for name in names for url in graph.iris(score.best, name)))


Answers = dict[str, bool | None]


def _score(graph: Described, codes: Codes, dataset: str, failing: Collection[str], addresses: Asked) -> Score:
    files = [f for f in graph.distributions(dataset) if f in graph.facts]
    answers: Answers = _of_dataset(graph, codes, dataset)
    answers["conformity"] = not any(entity in failing for entity in (dataset, *files))
    ranked = [(f, _of_distribution(graph, codes, dataset, f, addresses)) for f in files]
    best, own = max(ranked, key=lambda r: _rank(r[1]), default=(None, _nothing(graph, dataset)))
    answers |= own
    metrics = (*_OF_DATASET, *_OF_DISTRIBUTION)
    points = sum(m.points for m in metrics if answers[m.name])
    unknown = sum(m.points for m in metrics if answers[m.name] is None)
    lost = [Lost(m.name, m.points, m.fix) for m in metrics if answers[m.name] is False]
    return Score(dataset, points, unknown, band(points), lost, best)


def band(points: int) -> str:
    """The name of the band that `points` fall into."""
    return next(name for least, name in BANDS if points >= least)


def _rank(answers: Answers) -> tuple[int, int]:
    """Points for certain, then points that may be; of equals the first one of the graph is the best."""
    certain = sum(m.points for m in _OF_DISTRIBUTION if answers[m.name])
    return certain, sum(m.points for m in _OF_DISTRIBUTION if answers[m.name] is None)


def _of_dataset(graph: Described, codes: Codes, dataset: str) -> Answers:
    def has(name: str) -> bool:
        return bool(graph.values(dataset, name))

    return {
        "keyword": any(isinstance(v, Value) and v.value.strip() for v in graph.values(dataset, "dcat:keyword")),
        "theme": has("dcat:theme"),
        "spatial": has("dct:spatial"),
        "temporal": has("dct:temporal"),
        "access_rights": has("dct:accessRights"),
        "access_rights_vocabulary": any(
            codes.holds("access-right", v) for v in graph.iris(dataset, "dct:accessRights")
        ),
        "contact_point": has("dcat:contactPoint"),
        "publisher": has("dct:publisher"),
    }


def _of_distribution(graph: Described, codes: Codes, dataset: str, file: str, addresses: Asked) -> Answers:
    def has(name: str) -> bool:
        return bool(graph.values(file, name))

    formats, media = graph.values(file, "dct:format"), graph.values(file, "dcat:mediaType")
    licences = graph.iris(file, "dct:license")
    known = [_holds(codes, "file-type", v) for v in formats] + [_holds(codes, MEDIA_TYPES, v) for v in media]
    return {
        "access_url_status": _answered(graph.iris(file, "dcat:accessURL"), addresses),
        "download_url": has("dcat:downloadURL"),
        "download_url_status": _answered(graph.iris(file, "dcat:downloadURL"), addresses),
        "format": bool(formats),
        "media_type": bool(media),
        "format_vocabulary": bool(known) and all(known),
        "non_proprietary": _listed(codes, "non-proprietary", graph.iris(file, "dct:format")),
        "machine_readable": _listed(codes, "machine-readable", graph.iris(file, "dct:format")),
        "licence": has("dct:license"),
        "licence_vocabulary": any(codes.holds("licence", v) for v in licences),
        "rights": has("dct:rights"),
        "byte_size": has("dcat:byteSize"),
        "issued": has("dct:issued") or bool(graph.values(dataset, "dct:issued")),
        "modified": has("dct:modified") or bool(graph.values(dataset, "dct:modified")),
    }


def _nothing(graph: Described, dataset: str) -> Answers:
    """A dataset without a distribution has nothing of these but its own dates."""
    dates = {name: bool(graph.values(dataset, f"dct:{name}")) for name in ("issued", "modified")}
    return {**dict.fromkeys((m.name for m in _OF_DISTRIBUTION), False), **dates}


def _answered(urls: list[str], addresses: Asked) -> bool | None:
    """Whether one of `urls` answers; unknown as long as one was not asked and none did."""
    answers = [addresses.get(url) for url in urls]
    if any(answers):
        return True
    return None if None in answers else False


def _holds(codes: Codes, table: str, value: object) -> bool:
    return isinstance(value, str) and codes.holds(table, value)


def _listed(codes: Codes, table: str, formats: list[str]) -> bool:
    listed = codes.tables[table].codes
    found = [codes.find(iri) for iri in formats]
    return any(one and one[0].name == "file-type" and one[1] in listed for one in found)
