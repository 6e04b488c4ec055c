"""Fingerprints: when a release is due.

What belongs here: the hash of what a reader is promised and of the rows. What does not: the version of
the code, because upgrading a library makes no release.
"""

import hashlib
from typing import Any

from pipelines.contracts.dataset import DatasetFile
from pipelines.contracts.files import canonical_json, sha256_bytes
from pipelines.contracts.project import Project
from pipelines.contracts.store import RELEASE_FORMAT
from pipelines.contracts.tables import Tables
from pipelines.contracts.text import Text
from pipelines.release.writers import csv_chunks


def data_fingerprint(dataset: DatasetFile, tables: Tables) -> str:
    """The hash of the public rows of all tables, as their CSV has them; 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for resource in dataset.resources:
        digest.update(f"\0{resource.name}\0".encode())
        for piece in csv_chunks(tables[resource.name], resource):
            digest.update(piece)
    return digest.hexdigest()


def metadata_fingerprint(project: Project, dataset: DatasetFile) -> str:
    """The hash of all that is promised about the rows: dataset and catalogue files, labels, identity."""
    sources = {
        s.id: [s.title.model_dump(), s.publisher.model_dump(), s.landing_page] for s, _ in project.feeds_of(dataset)
    }
    promised: dict[str, Any] = {
        "format": RELEASE_FORMAT,
        "dataset": dataset.promised(),
        "catalogue": project.catalogue.model_dump(mode="json", exclude={"allowed_mailboxes"}, exclude_none=True),
        "labels": {k: {c: t.model_dump() for c, t in v.items()} for k, v in labels_used(project, dataset).items()},
        "sources": sources,
        # The terms that its graphs are written with; what they mean is no promise of one dataset.
        "ontology": [project.ontology.prefix, project.ontology.path] if project.ontology else None,
    }
    return sha256_bytes(canonical_json(promised).encode())


def labels_used(project: Project, dataset: DatasetFile) -> dict[str, dict[str, Text]]:
    """The labels of every scheme that a public column of the dataset uses."""
    schemes = {f.vocabulary for r in dataset.resources for f in r.public_fields if f.vocabulary}
    return {s: project.vocabularies.labels[s] for s in sorted(schemes)}


def fingerprint(data: str, metadata: str) -> str:
    """The fingerprint of a candidate from those of its rows and its promises."""
    return sha256_bytes(f"{data} {metadata}".encode())
