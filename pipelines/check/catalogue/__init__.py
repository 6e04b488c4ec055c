"""The gate over a catalogue as RDF: ours as a feed will carry it, or anybody's.

What belongs here: reading a catalogue, its shapes, codes, conventions, the dry run of the federator and the quality
score. What does not: gates over tables and over the typed description, which stand beside this folder.
"""

from pipelines.check.catalogue.judge import judge, load_rulebook
from pipelines.check.catalogue.mqa import score_lower

__all__ = ["judge", "load_rulebook", "score_lower"]
