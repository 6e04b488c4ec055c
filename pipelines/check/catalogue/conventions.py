"""What a profile asks for and its shapes forget.

What belongs here: the conventions of DCAT-AP-ES that no official shape checks or that one checks wrongly
(numbers of `docs/conventions.md` of the profile), and the same sense for the European feed where it asks
the same. What does not: the shapes themselves, codes (`codes`) and high-value datasets (`hvd`).
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from pipelines.check.catalogue.graph import CATALOG, DATASET, DISTRIBUTION, SERVICE, Described, Value, prop, short
from pipelines.contracts.findings import Finding, finding
from pipelines.contracts.frequency import MADRID

ORGANISMS = "http://datos.gob.es/recurso/sector-publico/org/Organismo/"
"""How the IRI of a publisher begins; its DIR3 code follows."""
PUBLISHER = re.compile(re.escape(ORGANISMS) + r"[A-Z][A-Z0-9]{8}")
TERRITORIES = "http://datos.gob.es/recurso/sector-publico/territorio/"
CONTACT = "convention-contact"
"""The finding about an organisation that is its own contact. The official shapes hold it against whose contact it is."""
_XSD = "http://www.w3.org/2001/XMLSchema#"
_DATES = ("dct:issued", "dct:modified", "dct:created")
_WHOLE = re.compile(r"\+?\d+")
_SIZE = _XSD + "nonNegativeInteger"
"""The only datatype of a size that is valid in both profiles."""
_HASHES = {"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128}
_HEX = re.compile(r"[0-9A-Fa-f]+")
_PLAIN = re.compile(r"[!-~]+")
_CLOSED = ("RESTRICTED", "NON_PUBLIC")
_RESTRICTED_NEEDS = ("dcat:byteSize", "dct:format", "dct:rights")


def check_conventions(
    graph: Described, spanish: bool, dataset: str | None = None, now: datetime | None = None
) -> list[Finding]:
    """Findings about what the shapes do not see.

    `spanish`: the conventions that only DCAT-AP-ES has are checked too. `dataset`: the id that findings
    name. `now`: what is later lies in the future; the present moment if absent.
    """
    gates: list[Callable[[Described, datetime], Iterator[Finding]]] = [_sizes, _checksums, _dates, _periods, _addresses]
    if spanish:
        gates += [_identifiers, _contacts, _subcatalogues, _restricted]
    moment = now or datetime.now(UTC)
    found = [one for gate in gates for one in gate(graph, moment)]
    return [one.model_copy(update={"dataset": dataset}) for one in found] if dataset else found


def _sizes(graph: Described, _: datetime) -> Iterator[Finding]:
    for file in graph.of_type(DISTRIBUTION):
        for value in graph.values(file, "dcat:byteSize"):
            text = value.value if isinstance(value, Value) else value
            where: dict[str, Any] = {"key": file, "field": "dcat:byteSize", "value": text}
            if isinstance(value, str) or not _WHOLE.fullmatch(text):
                yield finding("convention-size", **where)
            elif value.datatype != _SIZE:
                yield finding("convention-size-type", **where, params={"kind": value.datatype.removeprefix(_XSD)})


def _checksums(graph: Described, _: datetime) -> Iterator[Finding]:
    for node in graph.of_type(prop("spdx:Checksum")):
        algorithm = next(iter(graph.iris(node, "spdx:algorithm")), "").rsplit("_", 1)[-1]
        for value in graph.literals(node, "spdx:checksumValue"):
            length = _HASHES.get(algorithm.lower())
            # What is not hexadecimal at all the shapes tell.
            if length and _HEX.fullmatch(value.value) and len(value.value) != length:
                params = {"kind": algorithm, "expected": length}
                for owner in graph.owners.get(node, [node]):
                    yield finding(
                        "convention-checksum", key=owner, field="spdx:checksum", value=value.value, params=params
                    )


def _dates(graph: Described, now: datetime) -> Iterator[Finding]:
    kinds = (CATALOG, DATASET, DISTRIBUTION, SERVICE)
    for node in dict.fromkeys(n for kind in kinds for n in graph.of_type(kind)):
        given = {name: [(v, read_moment(v)) for v in graph.literals(node, name)] for name in _DATES}
        for name, values in given.items():
            for value, moment in values:
                where: dict[str, Any] = {"key": node, "field": name, "value": value.value}
                if moment and moment.at > now and moment.first_day > now.astimezone(MADRID).date():
                    yield finding("convention-date-future", **where)
                if moment and moment.vague:
                    yield finding("convention-date-zone", **where)
        yield from _order(node, given)


def _order(node: str, given: dict[str, list[tuple[Value, "Moment | None"]]]) -> Iterator[Finding]:
    for earlier in ("dct:issued", "dct:created"):
        for first, start in given[earlier]:
            for last, end in given["dct:modified"]:
                if start and end and end.last_day < start.first_day:
                    params = {"other": earlier, "limit": first.value}
                    yield finding(
                        "convention-date-order", key=node, field="dct:modified", value=last.value, params=params
                    )


@dataclass(frozen=True)
class Moment:
    """A date as precise as it is written: the days that it may mean, its beginning, and whether its zone is missing."""

    first_day: date
    last_day: date
    at: datetime
    vague: bool = False


def read_moment(value: Value) -> Moment | None:
    """A literal of xsd:date, dateTime, gYear or gYearMonth; None for what cannot be read, which the shapes see."""
    text = value.value
    try:
        if value.datatype.endswith("#dateTime"):
            moment = datetime.fromisoformat(text)
            vague = moment.tzinfo is None
            moment = moment.replace(tzinfo=MADRID) if vague else moment
            return Moment(moment.date(), moment.date(), moment, vague)
        if value.datatype.endswith("#gYear"):
            return _span(date(int(text[:4]), 1, 1), date(int(text[:4]), 12, 31))
        if value.datatype.endswith("#gYearMonth"):
            first = date.fromisoformat(f"{text[:7]}-01")
            return _span(first, first.replace(day=monthrange(first.year, first.month)[1]))
        day = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return _span(day, day)


def _span(first: date, last: date) -> Moment:
    return Moment(first, last, datetime.combine(first, time(), MADRID))


def _periods(graph: Described, _: datetime) -> Iterator[Finding]:
    for node in graph.of_type(prop("dct:PeriodOfTime")):
        starts = [(v, read_moment(v)) for v in graph.literals(node, "dcat:startDate")]
        ends = [(v, read_moment(v)) for v in graph.literals(node, "dcat:endDate")]
        for first, start in starts:
            for last, end in ends:
                if start and end and end.last_day < start.first_day:
                    params = {"start": first.value, "end": last.value}
                    for owner in graph.owners.get(node, [node]):
                        yield finding("convention-period-order", key=owner, field="dct:temporal", params=params)


def _addresses(graph: Described, _: datetime) -> Iterator[Finding]:
    """Convention 05. The territories of the NTI are the exception: their list writes `España` as it is."""
    told: set[str] = set()
    for subject, said in graph.facts.items():
        for name, values in said.items():
            for value in (subject, *values):
                if not isinstance(value, str) or value in told or _PLAIN.fullmatch(value):
                    continue
                told.add(value)
                if not value.startswith(TERRITORIES):
                    field = None if value == subject else short(name)
                    owner = graph.owners.get(subject, [subject])[0]
                    yield finding("convention-uri", key=owner, field=field, value=value)


def _identifiers(graph: Described, _: datetime) -> Iterator[Finding]:
    """Convention 06."""
    users: dict[str, str] = {}
    for node in graph.datasets:
        values = graph.values(node, "dct:identifier")
        if not any(isinstance(v, Value) and v.value.strip() for v in values):
            yield finding("convention-identifier", key=node, field="dct:identifier")
        for value in values:
            text = value.value if isinstance(value, Value) else value
            other = users.setdefault(text, node)
            if other != node:
                params = {"other": other}
                yield finding(
                    "convention-identifier-twice", key=node, field="dct:identifier", value=text, params=params
                )


def _contacts(graph: Described, _: datetime) -> Iterator[Finding]:
    """Convention 20."""
    for node in [*graph.datasets, *graph.services]:
        for contact in graph.iris(node, "dcat:contactPoint"):
            if contact.startswith(ORGANISMS):
                yield finding(CONTACT, key=node, field="dcat:contactPoint", value=contact)


def _subcatalogues(graph: Described, _: datetime) -> Iterator[Finding]:
    """Convention 09."""
    for node in graph.catalogues:
        for name in ("dct:hasPart", "dcat:catalog"):
            for part in graph.iris(node, name):
                if name == "dcat:catalog" or graph.is_a(part, CATALOG):
                    yield finding("convention-subcatalogue", key=node, field=name, value=part)


def _restricted(graph: Described, _: datetime) -> Iterator[Finding]:
    """Convention 26: what is not public goes to the register of protected data, which asks for these."""
    for node in graph.datasets:
        if not any(right.endswith(_CLOSED) for right in graph.iris(node, "dct:accessRights")):
            continue
        for file in graph.distributions(node):
            for name in _RESTRICTED_NEEDS:
                if file in graph.facts and not graph.values(file, name):
                    yield finding("convention-restricted", key=file, field=name)
