"""Building a release in the work folder: its files, its description, and the gates over both.

What belongs here: what stands in a release folder. What does not: making it current, which is `commit`.
"""

import json
from datetime import datetime
from importlib.metadata import version as package_version
from pathlib import Path

from pipelines.contracts.files import hash_file, pretty_json
from pipelines.contracts.findings import counts
from pipelines.contracts.metadata import Dataset
from pipelines.contracts.project import Project
from pipelines.contracts.records import FileFact, Release
from pipelines.contracts.store import (
    CHANGES_FILE,
    CSVW_FILE,
    DELTA_FILE,
    FINDINGS_FILE,
    METADATA_FILE,
    PACKAGE_FILE,
    QUALITY_FILE,
    RELEASE_FILE,
    RELEASE_FORMAT,
    table_file,
)
from pipelines.describe import (
    ReleaseFacts,
    citations,
    csvw_metadata,
    describe_dataset,
    package_descriptor,
    schema_texts,
    table_period,
)
from pipelines.linked import write_graph
from pipelines.release import decisions as decided
from pipelines.release import writers
from pipelines.release.candidate import Built, Candidate
from pipelines.release.delta import count, delta_text
from pipelines.release.fingerprint import labels_used
from pipelines.release.gates import check_graphs, judge_description, score_facts
from pipelines.release.index import next_number
from pipelines.release.notes import changes_text
from pipelines.release.workbook import write_xlsx

DISTRIBUTION = "opendata-clusters"


def code_version() -> str:
    """The version of this code, recorded with what it made."""
    return package_version(DISTRIBUTION)


def build(project: Project, candidate: Candidate, folder: Path, now: datetime) -> None:
    """Write the whole release into `folder` (new, in the work folder) and run the last gates over it.

    Sets `candidate.built`; a finding that blocks is added to the candidate, which is then held. Raises `OSError` when the disk is full.
    """
    folder.mkdir(parents=True)
    lines = candidate.delta
    release = _record(candidate, now, count(lines))
    _write_tables(project, candidate, folder, release)
    _write_texts(folder, schema_texts(project, candidate.dataset))
    files = _facts(folder, [])
    meta = _describe(project, candidate, release, files)
    beside = {
        CSVW_FILE: pretty_json(csvw_metadata(project, candidate.dataset, meta, files)),
        **citations(project.catalogue, meta),
    }
    _write_texts(folder, beside)
    files = _facts(folder, files)
    texts = {
        METADATA_FILE: pretty_json(meta.model_dump(mode="json", exclude_none=True)),
        PACKAGE_FILE: pretty_json(package_descriptor(project, candidate.dataset, meta, files)),
        DELTA_FILE: delta_text(lines),
        CHANGES_FILE: changes_text(release, candidate),
        FINDINGS_FILE: _findings_text(candidate),
    }
    score = judge_description(project, candidate, meta, {**beside, **texts})
    quality = {**_quality(candidate), "mqa": score_facts(score)}
    _write_texts(folder, {**texts, FINDINGS_FILE: _findings_text(candidate), QUALITY_FILE: pretty_json(quality)})
    release = release.model_copy(update={"files": _facts(folder, files)})
    (folder / RELEASE_FILE).write_text(
        pretty_json(release.model_dump(mode="json", exclude_none=True)), encoding="utf-8"
    )
    candidate.built = Built(release, folder)


def _record(candidate: Candidate, now: datetime, change: dict[str, int]) -> Release:
    former = candidate.former
    same_data = former is not None and former.data_fingerprint == candidate.data_fingerprint
    same_metadata = former is not None and former.metadata_fingerprint == candidate.metadata_fingerprint
    return Release(
        format=RELEASE_FORMAT,
        dataset=candidate.dataset.name,
        version=next_number([v.version for v in candidate.index.versions], now),
        schema_version=_next_schema_version(candidate),
        fingerprint=candidate.fingerprint,
        data_fingerprint=candidate.data_fingerprint,
        metadata_fingerprint=candidate.metadata_fingerprint,
        predecessor=former.version if former else None,
        published=now,
        data_changed=former.data_changed if former and same_data else now,
        metadata_changed=former.metadata_changed if former and same_metadata else now,
        code_version=code_version(),
        rows={name: len(table) for name, table in candidate.tables.items()},
        change=change,
        schema_change=candidate.schema_change,
        inputs=candidate.inputs,
        decisions=decided.used(candidate.findings, candidate.decisions, candidate.schema_change),
        files=[],
    )


def _next_schema_version(candidate: Candidate) -> str:
    # After all versions were withdrawn there is no former one, and the numbers go on all the same.
    former = candidate.former or next(reversed(candidate.index.versions), None)
    if former is None:
        return "1.0.0"
    major, minor, patch = (int(n) for n in former.schema_version.split("."))
    steps = {"major": (major + 1, 0, 0), "minor": (major, minor + 1, 0), "patch": (major, minor, patch + 1)}
    return ".".join(str(n) for n in steps.get(candidate.schema_change, (major, minor, patch)))


def _write_tables(project: Project, candidate: Candidate, folder: Path, release: Release) -> None:
    labels = labels_used(project, candidate.dataset)
    graphs = {}
    for resource in candidate.dataset.resources:
        table = candidate.tables[resource.name]
        writers.write_csv(folder / table_file(resource.name, "csv"), table, resource)
        writers.write_jsonl(folder / table_file(resource.name, "jsonl"), table, resource)
        writers.write_parquet(folder / table_file(resource.name, "parquet"), table, resource)
        until = table_period(candidate.dataset, resource, table)[1]
        write_xlsx(folder / table_file(resource.name, "xlsx"), table, resource, labels, until, release.published)
        graph = write_graph(folder, table, resource, project)
        if graph and graph.suffix == ".ttl":
            graphs[resource.name] = graph
    check_graphs(project, candidate, graphs)


def _write_texts(folder: Path, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")


def _facts(folder: Path, known: list[FileFact]) -> list[FileFact]:
    """The files of the folder; those that are `known` were written once and are not hashed again."""
    hashed = {fact.file: fact for fact in known}
    return [hashed.get(path.name) or _fact(path) for path in sorted(folder.iterdir())]


def _fact(path: Path) -> FileFact:
    return FileFact(file=path.name, sha256=hash_file(path), sha1=hash_file(path, "sha1"), size=path.stat().st_size)


def _describe(project: Project, candidate: Candidate, release: Release, files: list[FileFact]) -> Dataset:
    facts = ReleaseFacts(
        version=release.version,
        schema_version=release.schema_version,
        predecessor=release.predecessor,
        published=release.published,
        data_changed=release.data_changed,
        metadata_changed=release.metadata_changed,
        files=files,
        tables=candidate.tables,
        sources=sorted({i.source for i in candidate.inputs}),
    )
    return describe_dataset(project, candidate.dataset, facts)


def _findings_text(candidate: Candidate) -> str:
    return "".join(json.dumps(f.as_row(), ensure_ascii=False) + "\n" for f in candidate.findings)


def _quality(candidate: Candidate) -> dict[str, object]:
    fill = {
        r.name: {f.name: round(float(candidate.tables[r.name][f.name].notna().mean()), 4) for f in r.public_fields}
        for r in candidate.dataset.resources
        if len(candidate.tables[r.name])
    }
    evidence = {"documents": _looked_at(candidate)}
    return {"findings": counts(candidate.findings), "fill_rates": fill, "evidence": evidence}


def _looked_at(candidate: Candidate) -> list[str]:
    """The documents that rows name in public, in whose copies their terms were looked for.

    None where no setting says where copies are.
    """
    if not candidate.project.settings.documents:
        return []
    without = {f.params.get("kind") for f in candidate.findings if f.code == "evidence-not-verified"}
    found: set[str] = set()
    for source, feed in candidate.project.feeds_of(candidate.dataset):
        column = source.evidence.document if source.evidence else None
        # `quality.json` is published: a document that only a private column names stays unsaid.
        shown = {f.name for f in candidate.dataset.resource(feed.table).public_fields}
        if source.evidence and column in shown:
            named = set(candidate.tables[feed.table][column].dropna().astype(str))
            found |= named & set(source.evidence.copies)
    return sorted(found - without)
