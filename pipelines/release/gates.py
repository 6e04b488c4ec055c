"""The last gates of a candidate: what is written about it, before it may be released.

What belongs here: which gates look at the files and the description of a candidate that is built, and what the
quality score is held against. What does not: the gates, which are in `check` and `linked`.
"""

from pathlib import Path
from typing import Any

from pipelines.check import check_identity, check_metadata, check_texts, judge, load_rulebook, score_lower
from pipelines.check.catalogue.mqa import Score
from pipelines.contracts.files import pretty_json, read_json
from pipelines.contracts.metadata import Dataset
from pipelines.contracts.project import Project
from pipelines.contracts.store import METADATA_FILE, QUALITY_FILE
from pipelines.describe import dcat_graph, describe_catalogue, serialize
from pipelines.linked import check_back, check_cube
from pipelines.release.candidate import Candidate
from pipelines.release.identity import identity_announced

CATALOGUE_TEXTS = "schemas/catalogue.json"
"""Under this name the texts of the catalogue file are searched: they are published with every dataset."""


def check_graphs(project: Project, candidate: Candidate, graphs: dict[str, Path]) -> None:
    """Hold the graphs of the tables against the rows that they were made of. `graphs`: table and Turtle file.

    A large table is N-Triples by the very same rules, and is not asked: a query over millions of triples is no gate.
    """
    for name, path in graphs.items():
        resource = candidate.dataset.resource(name)
        candidate.add(check_back(path, candidate.tables[name], resource, project))
        candidate.add(check_cube(path, resource, project))


def judge_description(project: Project, candidate: Candidate, meta: Dataset, texts: dict[str, str]) -> Score:
    """Add what the gates find in the texts and in the description; returns the score of the description.

    The description is judged as both feeds will carry it, with the rules of each.
    """
    published = {**texts, CATALOGUE_TEXTS: pretty_json(project.catalogue.model_dump(mode="json"))}
    candidate.add(check_texts(project, candidate.dataset, published))
    rulebook = load_rulebook(project.root / "vocab", project.standards)
    candidate.add(check_metadata(meta, rulebook.codes))
    candidate.add(check_identity(meta, _former_meta(candidate), identity_announced(project, meta.published)))
    catalogue = describe_catalogue(project, [meta], edition=meta.version, modified=meta.published)
    scores = []
    for profile in ("es", "eu"):
        feed = serialize(dcat_graph(catalogue, project.settings.base_url, profile), "ttl")
        verdict = judge(feed, "ttl", profile, rulebook, dataset=candidate.dataset.name)
        candidate.add([f for f in verdict.findings if f not in candidate.findings])
        scores += verdict.scores
    score = scores[0]  # data.europa.eu reads what the national federator hands on
    former = _former_score(candidate)
    lower = score_lower(former, score, candidate.dataset.name) if former is not None else None
    candidate.add([lower] if lower else [])
    return score


def score_facts(score: Score) -> dict[str, Any]:
    """A score as `quality.json` has it: points, those that nobody could ask for, and what each lost one needs."""
    lost = [{"metric": x.metric, "points": x.points, "fix": x.fix.model_dump()} for x in score.lost]
    facts = {"points": score.points, "unknown": score.unknown, "of": score.of, "band": score.band}
    return {**facts, "lost": lost}


def _former_meta(candidate: Candidate) -> Dataset | None:
    former = candidate.former
    if former is None:
        return None
    folder = candidate.project.store.release(candidate.dataset.name, former.version)
    return Dataset.model_validate(read_json(folder / METADATA_FILE))


def _former_score(candidate: Candidate) -> int | None:
    """The points of the current release; None if there is none, or if it was made before there were scores."""
    former = candidate.former
    if former is None:
        return None
    folder = candidate.project.store.release(candidate.dataset.name, former.version)
    points: int | None = read_json(folder / QUALITY_FILE).get("mqa", {}).get("points")
    return points
