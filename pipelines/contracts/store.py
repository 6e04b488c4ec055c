"""The on-disk contract of the store: every folder and file name, and what success and failure leave.

Format 1::

    store.json                           format number, and the uri_base that was set
    lock                                 held by the one process that writes
    snapshots/<source>/<snapshot>/       raw bytes as they came, never changed; <snapshot> is the hash of them
        snapshot.json                    when, from where, HTTP facts, the hash of each part
        parts/<n>                        the bytes of each part, numbered in the order of snapshot.json
    snapshots/<source>/current.json      the snapshot that the source gave last; replaced atomically
    quarantine/<source>/<snapshot>/      values or files that could not be read, kept raw for the operator
    work/                                what a run is building; anything left in it by a dead run is removed
    held/<dataset>/<fingerprint>/        a candidate that was held: candidate.json and findings.jsonl, no data
    decisions/<dataset>.jsonl            what people decided: approvals, waivers, announcements; appended to
    releases/<dataset>/<version>/        an immutable release; see below
    releases/<dataset>/index.json        its versions and the current one; replaced atomically, last
    editions/<edition>/edition.json      one version of each dataset, whose keys hold across all
    editions/<edition>/tree-<hash>/      the static tree of the portal for that edition
    reading/<dataset>/<version>/         what is made once of a release so that it can be read fast; see
                                         `contracts.reading`; can be made again
    editions/index.json                  the editions and the current one; replaced atomically, last
    portal                               a link to the tree that is served; replaced by rename
    runs/<run>/                          run.json and findings.jsonl of each run; beside Dagster's own history
                                         the only thing that a run writes when nothing has changed
    journal/commit.json                  the indexes and the edition that a publication is about to write; the
                                         next run writes them if that one died
    journal/<target>/<dataset>.json      a projection onto a CKAN that was begun; the next run finishes it
    journal/webhooks.json                what webhooks are still to be told of publications; gone once all were told
    targets/<target>/<dataset>.json      what a CKAN showed of a dataset when it was last read back
    cache/recall/<dataset>.json          what was found about the current release, so that it is not all done again
    cache/documents/                     copies of documents that came from an address
    dagster/                             the Dagster instance

A release folder holds `datapackage.json`, `csvw.json`, `metadata.json`, `release.json`, `findings.jsonl`,
`quality.json`, `delta.jsonl`, `CHANGES.md`, `citation.{txt,bib,ris,json}`, and each table as `.csv`, `.xlsx`,
`.jsonl`, `.parquet`, its Table Schema as `<table>.schema.json` and, where it has a mapping, its RDF as `.ttl`, or
as `.nt` if it is large. Releases of format 1 have no `csvw.json`, citation, schema file nor RDF.
A withdrawn version holds `tombstone.json` and nothing else.

After success the index names the new version. After a failure at any instant the index still names
the former one, whole; a release folder that no index names is finished or removed by the next run.

What belongs here: names and paths. What does not: reading or writing them.
"""

from dataclasses import dataclass
from pathlib import Path

STORE_FORMAT = 1
RELEASE_FORMAT = 3
"""Raised when the same facts would be written differently; a new number makes a new release."""

STORE_FILE = "store.json"
LOCK_FILE = "lock"
SNAPSHOT_FILE = "snapshot.json"
CURRENT_FILE = "current.json"
CANDIDATE_FILE = "candidate.json"
RELEASE_FILE = "release.json"
METADATA_FILE = "metadata.json"
PACKAGE_FILE = "datapackage.json"
FINDINGS_FILE = "findings.jsonl"
QUALITY_FILE = "quality.json"
DELTA_FILE = "delta.jsonl"
CHANGES_FILE = "CHANGES.md"
TOMBSTONE_FILE = "tombstone.json"
INDEX_FILE = "index.json"
EDITION_FILE = "edition.json"
RUN_FILE = "run.json"
COMMIT_FILE = "commit.json"
OUTBOX_FILE = "webhooks.json"
CSVW_FILE = "csvw.json"
CITATION_FILES = ("citation.txt", "citation.bib", "citation.ris", "citation.json")
TABLE_FORMATS = ("csv", "xlsx", "jsonl", "parquet")
GRAPH_FORMATS = ("ttl", "nt")
"""Formats of a table as RDF; a table that has a mapping has one of them."""


@dataclass(frozen=True)
class Store:
    """The paths of the store under `root`; nothing is created by asking."""

    root: Path

    @property
    def file(self) -> Path:
        """The file with the format number and the identity."""
        return self.root / STORE_FILE

    @property
    def lock(self) -> Path:
        """The file that the one writer locks."""
        return self.root / LOCK_FILE

    @property
    def snapshots(self) -> Path:
        """Snapshots of all sources."""
        return self.root / "snapshots"

    @property
    def quarantine(self) -> Path:
        """What could not be read, kept raw."""
        return self.root / "quarantine"

    @property
    def work(self) -> Path:
        """What runs are building."""
        return self.root / "work"

    @property
    def held(self) -> Path:
        """Candidates that were held."""
        return self.root / "held"

    @property
    def decisions(self) -> Path:
        """Approvals, waivers and announcements."""
        return self.root / "decisions"

    @property
    def releases(self) -> Path:
        """Releases of all datasets."""
        return self.root / "releases"

    @property
    def editions(self) -> Path:
        """Editions and their trees."""
        return self.root / "editions"

    @property
    def readings(self) -> Path:
        """What is made once of releases so that they can be read fast."""
        return self.root / "reading"

    @property
    def portal(self) -> Path:
        """The link to the tree that is served."""
        return self.root / "portal"

    @property
    def runs(self) -> Path:
        """Records of runs."""
        return self.root / "runs"

    @property
    def journal(self) -> Path:
        """Intended steps: of a publication, and of targets that a rename cannot replace."""
        return self.root / "journal"

    @property
    def outbox(self) -> Path:
        """What webhooks are still to be told."""
        return self.journal / OUTBOX_FILE

    @property
    def targets(self) -> Path:
        """What targets showed when they were last read back."""
        return self.root / "targets"

    @property
    def cache(self) -> Path:
        """What can be made again."""
        return self.root / "cache"

    @property
    def dagster(self) -> Path:
        """Home of the Dagster instance."""
        return self.root / "dagster"

    def snapshot(self, source: str, snapshot: str) -> Path:
        """Folder of one snapshot."""
        return self.snapshots / source / snapshot

    def release(self, dataset: str, version: str) -> Path:
        """Folder of one release."""
        return self.releases / dataset / version

    def reading(self, dataset: str, version: str) -> Path:
        """Folder of what is made of one release for reading it."""
        return self.readings / dataset / version

    def index(self, dataset: str) -> Path:
        """Index of the releases of one dataset."""
        return self.releases / dataset / INDEX_FILE

    def edition(self, edition: str) -> Path:
        """Folder of one edition."""
        return self.editions / edition

    def decision_file(self, dataset: str) -> Path:
        """Decisions about one dataset."""
        return self.decisions / f"{dataset}.jsonl"

    def projection(self, target: str, dataset: str) -> Path:
        """What a target showed of a dataset when it was last read back."""
        return self.targets / target / f"{dataset}.json"

    def intention(self, target: str, dataset: str) -> Path:
        """A projection onto a target that was begun."""
        return self.journal / target / f"{dataset}.json"


def schema_file(table: str) -> str:
    """Name of the file with the Table Schema of `table`."""
    return f"{table}.schema.json"


def table_file(table: str, extension: str) -> str:
    """Name of the file of `table` in one of `TABLE_FORMATS` or `GRAPH_FORMATS`."""
    return f"{table}.{extension}"
