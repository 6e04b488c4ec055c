"""A catalogue of a thousand datasets, the same each time, and how long the gate takes over it.

What belongs here: making it from the builder of the feeds, and measuring beside pyshacl. What does not: the
gate. `python -m benchmarks.catalogue` prints the times of each part.
"""

import json
import sys
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

from pipelines.check.catalogue.codes import check_codes
from pipelines.check.catalogue.conventions import check_conventions
from pipelines.check.catalogue.federator import dry_run
from pipelines.check.catalogue.graph import read_graph
from pipelines.check.catalogue.judge import Profile, judge, load_rulebook
from pipelines.check.catalogue.mqa import scores
from pipelines.check.catalogue.standards import all_results, once
from pipelines.contracts.metadata import Catalogue, Dataset
from pipelines.describe import dcat_graph, serialize

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests" / "describe" / "golden" / "dataset.json"
SAMPLE = 5
"""Datasets that pyshacl is given; it takes ten minutes for a thousand."""
FILES = 3
"""Distributions of each dataset: about a hundred triples a dataset, as in what others have measured."""


@cache
def thousand(profile: Profile = "es", many: int = 1000) -> bytes:
    """`many` datasets of `FILES` distributions each, as Turtle of our own feed."""
    return serialize(dcat_graph(_catalogue(many), "https://datos.pueblo.example", profile), "ttl")


def _catalogue(many: int) -> Catalogue:
    pattern = GOLDEN.read_text(encoding="utf-8")
    one = Dataset.model_validate_json(pattern)
    datasets = [_copy(pattern, one, number) for number in range(many)]
    return Catalogue(
        iri="https://datos.pueblo.example/catalogo",
        titles=one.titles,
        descriptions=one.descriptions,
        publisher=one.publisher,
        contact=one.contact,
        licence=one.licence,
        homepage="https://datos.pueblo.example/",
        languages=one.languages,
        spatial=one.spatial,
        issued=one.issued,
        modified=one.published,
        stage="official",
        edition=one.version,
        datasets=datasets,
    )


def _copy(pattern: str, one: Dataset, number: int) -> Dataset:
    """The dataset under another id, identifier and title."""
    raw = json.loads(pattern.replace(f"/{one.id}", f"/{one.id}-{number}"))
    raw |= {"id": f"{one.id}-{number}", "identifier": f"00000000-0000-4000-8000-{number:012d}"}
    raw["distributions"] = raw["distributions"][:FILES]
    raw["titles"] = {lang: f"{text} {number}" for lang, text in raw["titles"].items()}
    return Dataset.model_validate(raw)


def main(standards: Path | None) -> None:
    """Measure the gate, its parts, and pyshacl over a sample."""
    rules = load_rulebook(ROOT / "vocab", standards)
    profiles: tuple[Profile, ...] = ("es", "eu")
    for profile in profiles:
        data = thousand(profile)
        busy = time.process_time()
        seconds, judged = _timed(partial(judge, data, "ttl", profile, rules))
        busy = time.process_time() - busy
        print(
            f"{profile}: 1000 datasets, {len(data)} bytes, whole gate {seconds:.2f} s ({busy:.2f} s of CPU) {judged.counts}"
        )
    data = thousand()
    seconds, graph = _timed(lambda: read_graph(data, "ttl"))
    print(f"  read and index {sum(map(len, graph.lines.values()))} triples {seconds:.2f} s")
    for name, work in {
        "codes": lambda: check_codes(graph, rules.codes),
        "conventions": lambda: check_conventions(graph, spanish=True),
        "federator": lambda: dry_run(graph, []),
        "mqa": lambda: scores(graph, rules.codes),
        "shapes": lambda: once(all_results(rules.standards, "es", graph.ntriples)),
    }.items():
        print(f"  {name} {_timed(work)[0]:.2f} s")
    if standards:
        _peer(standards, _timed(lambda: judge(thousand("es", SAMPLE), "ttl", "es", rules))[0])


def _peer(standards: Path, ours: float) -> None:
    """The time of pyshacl with the same official shapes, as the federator runs it; all of ours beside it."""
    import pyshacl
    from rdflib import Graph

    shapes = Graph().parse(standards / "shapes-es" / "es_core_clean.ttl")
    data = Graph().parse(data=thousand("es", SAMPLE), format="turtle")
    options: dict[str, Any] = {"inference": "rdfs", "advanced": True, "allow_warnings": True}
    seconds, (conforms, _, _) = _timed(lambda: pyshacl.validate(data, shacl_graph=shapes, **options))
    print(
        f"pyshacl: {SAMPLE} datasets {seconds:.2f} s (conforms: {conforms}), so about {seconds / SAMPLE * 1000:.0f} s"
    )
    print(
        f"  for 1000 (extrapolated); our whole gate took {ours:.3f} s for the same {SAMPLE}: ratio {ours / seconds:.4f}"
    )


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    out = work()
    return time.perf_counter() - began, out


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
