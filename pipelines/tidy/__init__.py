"""Tidy: snapshots become tables, driven by the mappings in the source files.

What belongs here: finding our columns in their files, cleaning and reading each cell, and keeping raw
what cannot be read. What does not: fetching (`pull`), judging the tables (`check`), and any knowledge
of one dataset or source.
"""

from pipelines.tidy.dataset import Tidied, tidy_dataset

__all__ = ["Tidied", "tidy_dataset"]
