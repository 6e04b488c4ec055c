"""Pull: from where the data are to immutable snapshots, and from a snapshot to raw text.

What belongs here: reaching sources of every kind, refusing what is broken or hostile, keeping the raw
bytes, and reading them as text. What does not: what the text means (`tidy`).
"""

from pipelines.pull.evidence import verify_evidence
from pipelines.pull.pulling import Pulled, pull_source, read_feed
from pipelines.pull.snapshot import current_snapshot

__all__ = ["Pulled", "current_snapshot", "pull_source", "read_feed", "verify_evidence"]
