"""The whole gate over a catalogue as RDF: shapes, codes, conventions, federator and quality score.

What belongs here: which rules hold in which profile, in which order they run, and what comes out. What
does not: the rules, and getting the bytes.
"""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pipelines.check.catalogue.codes import FOLDER, INVALID, Codes, check_codes, load_codes
from pipelines.check.catalogue.conventions import CONTACT, check_conventions
from pipelines.check.catalogue.federator import Dropped, DryRun, check_pages, dry_run
from pipelines.check.catalogue.graph import Described, read_graph
from pipelines.check.catalogue.hvd import check_hvd, hvd_entities
from pipelines.check.catalogue.mqa import Asked, Score, scores
from pipelines.check.catalogue.parse import RdfSyntax
from pipelines.check.catalogue.shapes import shape_findings
from pipelines.check.catalogue.standards import Result, Standards, all_results, load_standards, official_only, once
from pipelines.contracts.findings import Finding, finding
from pipelines.contracts.standards import ShapeSet
from pipelines.contracts.text import LANGS

Profile = Literal["es", "eu"]
"""`es`: DCAT-AP-ES 1.0.0, as the national federator takes it; `eu`: DCAT-AP 3.0.1."""

_SETS: dict[Profile, tuple[ShapeSet, ShapeSet]] = {"es": ("es", "es-hvd"), "eu": ("eu", "eu-hvd")}
"""The shapes for all, and those that are only for entities of high value."""


@dataclass(frozen=True)
class Rulebook:
    """What a catalogue is held against: the lists of codes and the shapes."""

    codes: Codes
    standards: Standards


@dataclass
class Judgement:
    """What the gate says of a catalogue.

    `findings` holds all that is wrong, the fate that the federator would give it among it. `counts`:
    violations and warnings by set of shapes. `failing`: the entities that the official shapes hold wrong, or
    ours where those are not at hand. `run` is None in a profile that the federator does not take.
    """

    profile: Profile
    findings: list[Finding] = field(default_factory=list)
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    scores: list[Score] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)
    run: DryRun | None = None


@dataclass(frozen=True)
class Served:
    """How a catalogue came, and to whom.

    `sizes`: bytes of each page. `repeated`: a later page is the first one again.
    """

    sizes: tuple[int, ...] = ()
    repeated: bool = False


def load_rulebook(vocab: Path, official: Path | None) -> Rulebook:
    """The rules of the project in `vocab`, and the official shapes in the folder `official`, if there is one.

    They are read again only when a file has changed. Raises `OSError`, `KeyError` or `ValueError` where a
    list of codes cannot be read; what is wrong with the shapes is a finding of theirs.
    """
    lists = sorted((vocab / FOLDER).glob("*.csv"))
    return Rulebook(_codes(vocab, tuple((f, f.stat().st_mtime_ns) for f in lists)), load_standards(vocab, official))


@lru_cache(maxsize=4)
def _codes(vocab: Path, _stamps: tuple[tuple[Path, int], ...]) -> Codes:
    return load_codes(vocab)


def judge(
    data: bytes,
    fmt: RdfSyntax,
    profile: Profile,
    rulebook: Rulebook,
    addresses: Asked | None = None,
    dataset: str | None = None,
) -> Judgement:
    """The verdict on a catalogue, or on the slice of one dataset.

    `addresses`: what was asked and how it answered; what is not there is unknown. `dataset`: the id that
    findings name; the rules about the catalogue as a whole are then not applied, for a slice is none.
    """
    graph = read_graph(data, fmt)
    if graph.findings:
        return Judgement(profile, [f.model_copy(update={"dataset": dataset}) for f in graph.findings])
    return judge_graph(graph, profile, rulebook, addresses, dataset, Served((len(data),)))


def judge_graph(
    graph: Described,
    profile: Profile,
    rulebook: Rulebook,
    addresses: Asked | None = None,
    dataset: str | None = None,
    served: Served | None = None,
) -> Judgement:
    """The same for a graph that was read already."""
    out = Judgement(profile)
    results, python = _both(graph, profile, rulebook, dataset)
    every: list[Result] = []
    wrong: list[Result] = []
    for name, found in results.items():
        told = once(found)
        severities = Counter(r.severity for r in told)
        out.counts[name] = (severities["error"], severities["warning"])
        every += told
        # Where ours ask for more than the official shapes, nobody else does: it is wrong, and it is the fate of nothing.
        judging = official_only(found) if name in rulebook.standards.official else told
        wrong += [r for r in judging if r.severity == "error"]
    missing = [f.model_copy(update={"dataset": dataset}) for f in rulebook.standards.findings]
    shown = _unless_coded(_told(every, dataset), python)
    out.findings = [*missing, *shown, *_more(python, shown)]
    if profile == "es" and dataset is None:
        failures = [*_apart(wrong), *(f for f in python if f.code in (INVALID, CONTACT))]
        out.run = dry_run(graph, failures, _page_findings(served))
        out.findings += [*out.run.findings, *(_dropped(one) for one in out.run.dropped)]
    out.failing = {owner for r in wrong for owner in graph.owners_of(r.focus)}
    out.scores = scores(graph, rulebook.codes, out.failing, addresses)
    return out


def _both(
    graph: Described, profile: Profile, rulebook: Rulebook, dataset: str | None
) -> tuple[dict[ShapeSet, list[Result]], list[Finding]]:
    """The results of the shapes by set, of ours and of the official ones, and the findings of all else.

    The engine of the shapes works outside the lock of Python: the rest is checked meanwhile.
    """
    whole, high = _SETS[profile]
    valued = hvd_entities(graph)
    with ThreadPoolExecutor(max_workers=2) as pool:
        running = {whole: pool.submit(all_results, rulebook.standards, whole, graph.ntriples)}
        if valued:
            running[high] = pool.submit(all_results, rulebook.standards, high, graph.subset(valued))
        python = [
            *check_codes(graph, rulebook.codes, dataset),
            *check_conventions(graph, profile == "es", dataset),
            *check_hvd(graph, dataset),
        ]
        results = {name: one.result() for name, one in running.items()}
    if valued:
        # The slice names other entities by their kind, which makes them targets: nothing else is known of them there.
        inside = {node for entity in valued for node in graph.parts(entity)}
        results[high] = [r for r in results[high] if r.focus in inside]
    return results, python


def _apart(results: list[Result]) -> Iterator[Finding]:
    """One finding for each result, however many there are: each may be the fate of a dataset."""
    for one in results:
        yield from shape_findings([one], "")


def _told(results: list[Result], dataset: str | None) -> list[Finding]:
    """The findings that are kept: of a dataset that somebody keeps here, no more than can be read."""
    if dataset is not None:
        return shape_findings(results, dataset)
    return [one.model_copy(update={"dataset": None}) for one in _apart(results)]


def _unless_coded(told: list[Finding], found: list[Finding]) -> list[Finding]:
    """What the shapes tell of values, without what their list of codes tells better."""
    coded = {(f.key, f.field, f.value) for f in found if f.code == INVALID}
    return [one for one in told if one.value is None or (one.key, one.field, one.value) not in coded]


def _more(found: list[Finding], told: list[Finding]) -> list[Finding]:
    """What the shapes have not told of the same place already."""
    places = {(one.key, one.field) for one in told}
    return [f for f in found if not (f.code.startswith("convention-") and (f.key, f.field) in places)]


def _page_findings(served: Served | None) -> list[Finding]:
    return check_pages(served.sizes, served.repeated) if served else []


def _dropped(one: Dropped) -> Finding:
    reasons = {f"reason_{lang}": " ".join(reason.get(lang) for reason in one.reasons) for lang in LANGS}
    return finding("federator-dropped", key=one.dataset, params=reasons)
