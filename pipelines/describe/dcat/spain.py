"""DCAT-AP-ES 1.0.0: the feed that the national federator takes.

What belongs here: what this profile alone wants. What does not: what it shares, which is in `base`.

It leaves the federator nothing to remove and nothing to say: the publisher is only named, for the register of
organisations describes it; there is no series and no version link, for the profile knows neither; and every node
is reached from a listed dataset or service. It leaves out adms:status too, which is optional: ckanext-dcat 2.4
knows only codes that the profile forbids there, and a portal that harvests with its schema refuses the whole dataset.
"""

from pipelines.contracts import metadata as meta
from pipelines.describe import iris
from pipelines.describe.dcat.base import Profile


class SpanishProfile(Profile):
    """DCAT-AP-ES 1.0.0, with its 31 conventions."""

    def _checksum(self, file: meta.Distribution) -> tuple[str, str, str]:
        # The one algorithm that the shapes of the profile accept.
        return iris.sha1(file.iri), "http://spdx.org/rdf/terms#checksumAlgorithm_sha1", file.checksum.sha1
