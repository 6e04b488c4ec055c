"""High-value datasets: what Regulation (EU) 2023/138 asks of their description.

What belongs here: legislation, category, licence, bulk download, API and contact of datasets that declare
a category or the regulation (DCAT-AP HVD 3.0.0; conventions 12 and 18 of DCAT-AP-ES). What does not: the
shapes of the HVD profiles, which are run beside this, and whether the category exists (`codes`).
"""

import re
from collections.abc import Iterator

from pipelines.check.catalogue.graph import Described
from pipelines.contracts.findings import Finding, finding

HVD = "http://data.europa.eu/eli/reg_impl/2023/138/oj"
"""The regulation, as `dcatap:applicableLegislation` names it."""

LICENCES = "http://publications.europa.eu/resource/authority/licence/"
_OPEN = frozenset({"CC_BY_4_0", "CC_BY", "CC_BY_3_0", "CC0", "CC_PDM_1_0", "ODC_BY", "ODC_PDDL", "COM_REUSE"})
"""CC BY 4.0 and what asks for no more than it (Regulation (EU) 2023/138, article 4, 3)."""
_OPEN_PAGES = re.compile(r"https?://creativecommons\.org/(licenses/by/[34]\.0|publicdomain/(zero|mark)/1\.0)(/.*)?")
_NARROW = re.compile(r"NC|ND|SA|GPL|GNU|ODBL|ODC_BL|by-(nc|nd|sa)", re.IGNORECASE)
_SERVICE_NEEDS = (
    "dcat:endpointURL",
    "dcat:endpointDescription",
    "dcat:contactPoint",
    "dcatap:applicableLegislation",
    "dcatap:hvdCategory",
    "foaf:page",
)


def is_hvd(graph: Described, entity: str) -> bool:
    """Whether `entity` itself names the regulation; the federator goes by this alone."""
    return HVD in graph.iris(entity, "dcatap:applicableLegislation")


def hvd_entities(graph: Described) -> list[str]:
    """The catalogues, datasets, services and distributions that name the regulation."""
    return [node for node in graph.facts if is_hvd(graph, node) and graph.is_entity(node)]


def check_hvd(graph: Described, dataset: str | None = None) -> list[Finding]:
    """What high-value datasets lack. `dataset`: the id that findings name."""
    found: list[Finding] = []
    serving = services_of(graph)
    for node in graph.datasets:
        if is_hvd(graph, node) or graph.values(node, "dcatap:hvdCategory"):
            found += [*_itself(graph, node), *_files(graph, node), *_api(graph, node, serving.get(node, []))]
    unique = {(f.code, f.key, f.field): f for f in found}.values()
    return [f.model_copy(update={"dataset": dataset}) if dataset else f for f in unique]


def _itself(graph: Described, node: str) -> Iterator[Finding]:
    if not is_hvd(graph, node):
        yield _missing("hvd-legislation-missing", node, "dcatap:applicableLegislation")
    if not graph.values(node, "dcatap:hvdCategory"):
        yield _missing("hvd-category-missing", node, "dcatap:hvdCategory")
    if not graph.values(node, "dcat:contactPoint"):
        yield _missing("hvd-contact-missing", node, "dcat:contactPoint")


def _files(graph: Described, node: str) -> Iterator[Finding]:
    files = [f for f in graph.distributions(node) if f in graph.facts]
    if not any(graph.values(f, "dcat:downloadURL") for f in files):
        yield _missing("hvd-bulk-missing", node, "dcat:downloadURL")
    for file in files:
        if not is_hvd(graph, file):
            yield _missing("hvd-legislation-missing", file, "dcatap:applicableLegislation")
        yield from _licence(graph, file)


def _licence(graph: Described, file: str) -> Iterator[Finding]:
    given = graph.iris(file, "dct:license")
    if not given and not graph.values(file, "dct:rights") and not graph.values(file, "odrl:hasPolicy"):
        yield finding("hvd-licence", key=file, field="dct:license", value="-")
    for licence in given:
        if licence.removeprefix(LICENCES) in _OPEN or _OPEN_PAGES.fullmatch(licence):
            continue
        code = "hvd-licence" if _NARROW.search(licence) else "hvd-licence-unknown"
        yield finding(code, key=file, field="dct:license", value=licence)


def services_of(graph: Described) -> dict[str, list[str]]:
    """The described services by the dataset that they say they serve."""
    out: dict[str, list[str]] = {}
    for service in graph.services:
        for node in graph.iris(service, "dcat:servesDataset"):
            out.setdefault(node, []).append(service)
    return out


def _api(graph: Described, node: str, serving: list[str]) -> Iterator[Finding]:
    named = [s for f in graph.distributions(node) for s in graph.iris(f, "dcat:accessService") if s in graph.facts]
    services = list(dict.fromkeys([*serving, *named]))
    if not services:
        yield _missing("hvd-service-missing", node, "dcat:servesDataset")
    for service in services:
        for name in _SERVICE_NEEDS:
            if not graph.values(service, name):
                yield _missing("hvd-service-incomplete", service, name)


def _missing(code: str, node: str, name: str) -> Finding:
    return finding(code, key=node, field=name)
