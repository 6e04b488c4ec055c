"""By what others know a dataset again, and that it does not change by accident.

What belongs here: holding the identity of a release against that of the release before. What does not:
the identity of the store (`uri_base`), which is `release.identity`, and announcements, which are decisions.
"""

from pipelines.contracts.findings import Finding, finding
from pipelines.contracts.metadata import Dataset


def check_identity(meta: Dataset, former: Dataset | None, announced: bool) -> list[Finding]:
    """A finding for each of IRI, identifier and publisher that is not that of the release before.

    A federator knows a dataset by the DIR3 code of its publisher and its IRI; convention 06 of DCAT-AP-ES
    asks for an identifier that stays. A change that is `announced` is none by accident, and neither is a
    first release (`former` is None).
    """
    if former is None or announced:
        return []
    held = {
        "iri": (former.iri, meta.iri),
        "identifier": (former.identifier, meta.identifier),
        "publisher": (former.publisher.identifier, meta.publisher.identifier),
    }
    return [
        finding("dataset-identity-changed", dataset=meta.id, field=name, value=now, params={"expected": before})
        for name, (before, now) in held.items()
        if now != before
    ]
