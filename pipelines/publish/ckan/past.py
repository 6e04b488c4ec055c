"""The resources of a dataset under other major versions of its schema.

What belongs here: which ids they have. What does not: what becomes of them, which is `look` and `apply`.

Ids follow from what a release holds, so resources of ours are known without any record: it may be lost, or another
store may have written there.
"""

from pipelines.contracts.store import Store
from pipelines.publish.ckan.model import DATASTORE, Wanted
from pipelines.publish.ckan.package import resource_id
from pipelines.publish.ckan.resources import FORMATS, VERSIONS
from pipelines.publish.ckan.survey import wanted_iri
from pipelines.release import read_index, read_release


def past_ids(store: Store, wanted: Wanted) -> set[str]:
    """Ids that resources of ours have where another major version is shown. Raises `FindingError`.

    Costs nothing for a dataset that never had another one.
    """
    versions = {v.version: v for v in read_index(store, wanted.dataset).versions if v.status == "published"}
    newest = {v.schema_version.partition(".")[0]: v for v in sorted(versions.values(), key=lambda v: v.published)}
    if wanted.version in versions:
        newest.pop(versions[wanted.version].schema_version.partition(".")[0])
    out = set()
    for one in newest.values():
        release = read_release(store, wanted.dataset, one.version)
        places = [(table, form) for table in release.rows for form in (DATASTORE, *FORMATS)]
        places += [("", file) for file in (VERSIONS, *(f.file for f in release.files))]
        iri = wanted_iri(wanted) or ""
        out |= {resource_id(iri, wanted.name, table, form, one.schema_version) for table, form in places}
    return out
