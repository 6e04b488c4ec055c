"""Our own constraints against the official shapes, on catalogues with one fault each.

Both must say the same of each: that something is wrong, that something is missing that is recommended, or
nothing. `stricter.csv` lists where ours says more, and why; it must be exactly what is found. Ours never
says less, and what the official shapes say is always said by ours about the same thing.
"""

import csv
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import pytest

from pipelines.check.catalogue.constraints import load_constraints, shacl_of
from pipelines.check.catalogue.standards import (
    Result,
    Standards,
    all_results,
    load_standards,
    official_only,
    official_triples,
    once,
)
from pipelines.contracts.standards import ShapeSet, official_files
from tests.check.mutants import RDF_TYPE, Mutant, Triple, mutants, ntriples, read

ROOT = Path(__file__).parents[2]
VOCAB = ROOT / "vocab"
STRICTER = Path(__file__).parent / "stricter.csv"
OURS = ROOT / "tests" / "describe" / "golden"
EXAMPLES = "standards/examples-es/ttl/E_DCAT-AP-ES_"
REGULATION = "http://data.europa.eu/eli/reg_impl/2023/138/oj"
BASES = {
    "golden": "standards/golden/golden_municipality.ttl",
    "optional": f"{EXAMPLES}full_optional.ttl",
    "restricted": f"{EXAMPLES}Catalog_NSIP.ttl",
    "hvd": f"{EXAMPLES}Catalog_HVD_full.ttl",
}
GRAVITY = ["none", "warning", "error"]
slow = pytest.mark.slow
CASES = [
    ("golden", "es"),
    ("golden", "eu"),
    ("golden", "es-hvd"),
    ("golden", "eu-hvd"),
    pytest.param("catalog.ttl", "es", marks=slow),
    pytest.param("catalog.ttl", "eu", marks=slow),
    pytest.param("eu-catalog.ttl", "eu", marks=slow),
    pytest.param("optional", "es", marks=slow),
    pytest.param("optional", "eu", marks=slow),
    pytest.param("restricted", "es", marks=slow),
    pytest.param("hvd", "es", marks=slow),
    pytest.param("hvd", "eu", marks=slow),
    pytest.param("hvd", "es-hvd", marks=slow),
    pytest.param("hvd", "eu-hvd", marks=slow),
]


def high_value_only(triples: list[Triple]) -> list[Triple]:
    """The graph of the high-value entities: without the datasets, files, services and series that are none."""
    entities = {"Dataset", "Distribution", "DataService", "DatasetSeries"}
    all_ = {str(s) for s, p, o in triples if p == RDF_TYPE and o.value.rpartition("#")[2] in entities}
    high = {str(s) for s, _, o in triples if getattr(o, "value", "") == REGULATION}
    return [t for t in triples if str(t[0]) not in all_ - high]


@cache
def catalogue(base: Path, name: ShapeSet) -> list[Triple]:
    return high_value_only(read(base)) if name.endswith("hvd") else read(base)


@pytest.fixture
def standards(shared: Path) -> Standards:
    both = load_standards(VOCAB, shared / "standards")
    assert both.findings == ()
    return both


@pytest.fixture
def path_of(shared: Path) -> Callable[[str], Path]:
    return lambda base: shared / BASES[base] if base in BASES else OURS / base


def verdict(results: list[Result], origin: str) -> str:
    return max((r.severity for r in results if r.origin == origin), key=GRAVITY.index, default=GRAVITY[0])


@cache
def listed() -> dict[tuple[str, str, str], dict[str, str]]:
    with STRICTER.open(encoding="utf-8", newline="") as stream:
        return {(r["set"], r["class"], r["property"]): r for r in csv.DictReader(stream)}


def differences(
    standards: Standards, base: Path, name: ShapeSet, wanted: Callable[[Mutant], bool] = lambda _: True
) -> list[tuple[Mutant, str, str]]:
    """The mutants of which the two do not say the same, with what ours and the official shapes say."""
    out = []
    for mutant in filter(wanted, mutants(catalogue(base, name))):
        found = all_results(standards, name, mutant.text)
        own, official = verdict(found, "own"), verdict(found, "official")
        if own != official:
            out.append((mutant, own, official))
        elif official != "none":
            assert {r.origin for r in once(found)} == {"own"}, f"{mutant.name}: only the official shapes say so"
    return out


def key(name: str, mutant: Mutant) -> tuple[str, str, str]:
    return name, mutant.target.partition("+")[0], mutant.path


def is_listed(name: str, mutant: Mutant) -> bool:
    return key(name, mutant) in listed()


@pytest.mark.parametrize(("base", "name"), CASES)
def test_ours_and_the_official_shapes_give_the_same_verdict(
    standards: Standards, path_of: Callable[[str], Path], base: str, name: ShapeSet
) -> None:
    whole = all_results(standards, name, ntriples(catalogue(path_of(base), name)))
    assert whole == []
    for mutant, own, official in differences(standards, path_of(base), name):
        assert GRAVITY.index(own) > GRAVITY.index(official), f"{mutant.name}: ours is laxer: {own}, not {official}"
        row = listed().get(key(name, mutant))
        assert row and mutant.fault in row["faults"].split(), f"{mutant.name}: stricter, and not listed"
        assert row["ours"] == own


def test_every_difference_that_is_listed_is_there_and_has_its_reason(
    standards: Standards, path_of: Callable[[str], Path]
) -> None:
    found: dict[tuple[str, str, str], set[str]] = {}
    places: list[tuple[str, ShapeSet]] = [("golden", "es"), ("restricted", "es"), ("golden", "eu")]
    for base, name in places:
        there = differences(standards, path_of(base), name, partial(is_listed, name))
        for mutant, _, _ in there:
            found.setdefault(key(name, mutant), set()).add(mutant.fault)
    assert found == {place: set(row["faults"].split()) for place, row in listed().items()}
    assert all(len(row["reason"]) > 20 for row in listed().values())


def test_the_mutants_are_many_and_most_of_them_are_wrong(shared: Path) -> None:
    all_ = list(mutants(read(shared / BASES["golden"])))
    assert len(all_) == len({m.name for m in all_}) > 500
    assert all_ == list(mutants(read(shared / BASES["golden"])))


@pytest.mark.slow
@pytest.mark.parametrize("origin", ["own", "official"])
def test_pyshacl_gives_the_same_verdict(
    shared: Path, origin: str, record_property: Callable[[str, object], None]
) -> None:
    import pyshacl
    import rdflib
    from shacl import Shapes

    table = load_constraints(VOCAB)
    folder = shared / "standards"
    triples = [
        line
        for one in official_files(VOCAB)
        if one.set == "es"
        for line in official_triples((folder / one.file).read_bytes())
    ]
    text = shacl_of(table, "es") if origin == "own" else "".join(triples)
    ours, theirs = Shapes.from_turtle(text), rdflib.Graph().parse(data=text, format="turtle")
    golden = read(shared / BASES["golden"])
    sample = [ntriples(golden), *(m.text for m in list(mutants(golden))[7::120])]
    spent = {"shacl": 0.0, "pyshacl": 0.0}
    verdicts = set()
    for data in sample:
        started = time.perf_counter()
        fast = sum(r.severity == "Violation" for r in ours.validate_turtle(data).results)
        between = time.perf_counter()
        graph = rdflib.Graph().parse(data=data, format="nt")
        report = pyshacl.validate(graph, shacl_graph=theirs, allow_warnings=True, allow_infos=True)
        spent["shacl"] += between - started
        spent["pyshacl"] += time.perf_counter() - between
        verdicts.add(report[0])
        assert (fast == 0) == report[0], data
    print(f"\n{origin}: {len(sample)} catalogues, " + ", ".join(f"{k} {v:.2f} s" for k, v in spent.items()))
    for engine, seconds in spent.items():
        record_property(f"{engine}_seconds", round(seconds, 3))
    assert verdicts == {True, False}
    assert spent["shacl"] < spent["pyshacl"]


@pytest.mark.slow
@pytest.mark.parametrize(("base", "name"), [("golden", "es"), ("golden", "es-hvd"), ("hvd", "es-hvd")])
def test_the_federator_is_told_the_same_faults_as_the_official_shapes_tell(
    standards: Standards, path_of: Callable[[str], Path], base: str, name: ShapeSet
) -> None:
    for mutant in mutants(catalogue(path_of(base), name)):
        found = all_results(standards, name, mutant.text)
        told = [r for r in official_only(found) if r.severity == "error"]
        official = [r for r in found if (r.origin, r.severity) == ("official", "error")]
        assert {r.focus for r in told} == {r.focus for r in official}, mutant.name
