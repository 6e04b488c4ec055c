"""The assets as a reader of the graph sees them: descriptions, kinds, tags, owners, columns, deadlines.

What belongs here: everything about an asset that is known before it is made, from the project's files.
What does not: making it.
"""

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

import dagster as dg

from pipelines.contracts.dataset import DatasetFile
from pipelines.contracts.frequency import longest_age_days
from pipelines.contracts.project import Project
from pipelines.contracts.source import SourceFile
from pipelines.orchestrate.columns import dataset_schema, source_schema
from pipelines.orchestrate.keys import CANDIDATES, GROUP_OF, PORTAL, PULL, RELEASES, TABLES, source_key, stage_key

_FROM = {
    "facts": "Tables that are kept by hand beside the source file, each row with document, section and evidence.",
    "folder": "Files that somebody drops into a folder.",
    "http": "A file at an address; asked for only if it changed.",
    "ckan": "A resource of another CKAN portal, by the name of its package.",
}
_KINDS = {
    TABLES: {"pandas", "table"},
    CANDIDATES: {"frictionless"},
    RELEASES: {"csv", "excel", "parquet"},
    PORTAL: {"html", "dcat"},
}


def source_spec(project: Project, source: SourceFile) -> dg.AssetSpec:
    """The snapshot of one source."""
    tables = "\n".join(f"- `{feed.table}`" for feed in source.feeds)
    description = (
        f"**{source.title.en}.** {_sentence(source.publisher.en)} {_FROM[source.kind]}\n\n"
        "Each pull keeps the bytes as they came, in a snapshot that is never changed; the same bytes make no new one. "
        "If it fails, the other sources go on, and what it feeds keeps its last release.\n\n"
        f"It feeds:\n\n{tables}"
    )
    host = host_of(source)
    return dg.AssetSpec(
        source_key(source.id),
        description=description,
        group_name=PULL,
        owners=[project.catalogue.contact.email],
        kinds={source.kind, *([source.format] if source.format else [])},
        tags={"source": source.id, **({"host": host} if host else {})},
        metadata={
            "dagster/column_schema": source_schema(project, source),
            "declared_in": dg.MetadataValue.path(f"sources/{source.id}.yaml"),
            **({"licence": dg.MetadataValue.url(source.licence)} if source.licence else {}),
            **({"landing_page": dg.MetadataValue.url(source.landing_page)} if source.landing_page else {}),
        },
    )


def stage_spec(project: Project, dataset: DatasetFile, stage: str, deps: Sequence[dg.AssetKey]) -> dg.AssetSpec:
    """One stage of one dataset. Release and portal may give nothing: then what stands stays."""
    schema = {} if stage == PORTAL else {"dagster/column_schema": dataset_schema(dataset)}
    return dg.AssetSpec(
        stage_key(dataset.name, stage),
        deps=deps,
        description=_DESCRIBE[stage](project, dataset),
        group_name=GROUP_OF[stage],
        owners=[project.catalogue.contact.email],
        kinds=_KINDS[stage],
        tags={"dataset": dataset.name, "frequency": dataset.frequency, "stage": project.catalogue.stage},
        metadata={**schema, "declared_in": dg.MetadataValue.path(f"schemas/{dataset.name}.yaml")},
        freshness_policy=freshness(dataset) if stage == RELEASES else None,
        skippable=stage in (RELEASES, PORTAL),
    )


def freshness(dataset: DatasetFile) -> dg.FreshnessPolicy | None:
    """How long after its last release a dataset is overdue; None for a frequency that promises nothing.

    An unchanged dataset makes no release, so checking again does not make it fresh.
    """
    days = longest_age_days(dataset.frequency)
    return dg.FreshnessPolicy.time_window(fail_window=timedelta(days=days)) if days else None


def host_of(source: SourceFile) -> str | None:
    """The host of a source that is fetched over the network."""
    return urlsplit(source.where or "").hostname if source.kind in ("http", "ckan") else None


def _tables(project: Project, dataset: DatasetFile) -> str:
    titles = dict.fromkeys(s.title.en for s, _ in project.feeds_of(dataset))
    tables = "\n".join(f"- `{r.name}`: {r.titles.en}. {r.descriptions.en}" for r in dataset.resources)
    sources = "\n".join(f"- {title}" for title in titles)
    return (
        f"**{dataset.titles.en}, tidied.** One spelling, one way to write numbers and dates, codes of a vocabulary. "
        "A value that cannot be read is kept raw in quarantine with a finding, never guessed and never dropped.\n\n"
        f"The tables:\n\n{tables}\n\nRead from:\n\n{sources}"
    )


def _candidate(project: Project, dataset: DatasetFile) -> str:
    return (
        f"**What the next release of {dataset.titles.en} would be, at the gates.** An error at any of them holds it: "
        "nothing of it is published, the last good release stays, and the record says why. "
        "`opendata approve` lets through exactly this candidate where a person knows better."
    )


def _release(project: Project, dataset: DatasetFile) -> str:
    coverage = "\n".join(
        f"- `{r.name}`: {c.statement.en}" for r in dataset.resources for c in r.coverage if not c.subject
    )
    return (
        f"**{dataset.titles.en}: an immutable version.** {dataset.descriptions.en}\n\n"
        "A version holds each table as CSV, XLSX, JSON Lines and Parquet, its metadata, its findings, what changed "
        "since the version before, and the hashes of all that went into it. It is made only when something changed, "
        "so an older date here means that nothing new was said.\n\n"
        f"What it covers:\n\n{coverage}"
    )


def _portal(project: Project, dataset: DatasetFile) -> str:
    return (
        f"**{dataset.titles.en}, as readers find it:** its page, its files under `datasets/{dataset.name}/latest/` and "
        "at the permanent path of each version, its Atom feed, and its entry in the DCAT catalogue.\n\n"
        "The portal shows one edition, a version of each dataset that fit together, "
        "and switches from edition to edition in one rename."
    )


_DESCRIBE = {TABLES: _tables, CANDIDATES: _candidate, RELEASES: _release, PORTAL: _portal}


def _sentence(publisher: str) -> str:
    return f"Published by: {publisher.rstrip('.')}."
