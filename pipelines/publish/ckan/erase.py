"""Taking bytes off a CKAN that must not be public, and saying which ones it keeps.

What belongs here: whether it must go, dropping tables, overwriting files, and purging a tombstone. What does not: what
the tombstone says, and the store.

CKAN keeps the file of an upload when its resource is removed. So each file is overwritten before: an upload to the
same resource takes its place on the disk.
"""

from pathlib import Path

from pipelines.contracts.files import write_atomic
from pipelines.contracts.findings import FindingError, finding
from pipelines.contracts.project import Project
from pipelines.contracts.target import TargetFile
from pipelines.contracts.text import Text
from pipelines.publish.ckan.journal import end_intention, forget_projection, read_projection
from pipelines.publish.ckan.look import Look
from pipelines.publish.ckan.revise import Package
from pipelines.publish.ckan.session import Visit, visit
from pipelines.publish.ckan.staging import staging_name
from pipelines.release import read_index, writing

_GONE = "Retirado. / Withdrawn.\n"


def is_withdrawn(here: Visit, look: Look, package: Package) -> bool:
    """Whether what the portal shows was withdrawn: all of the dataset, or this version."""
    versions = read_index(here.store, look.wanted.dataset).versions
    gone = {v.version for v in versions if v.status == "withdrawn"}
    return look.wanted.version is None or package.get("version") in gone


def erase(here: Visit, look: Look, package: Package) -> None:
    """Drop the tables and overwrite the uploaded files of the resources that are to go. Raises `FindingError`."""
    store = here.datastore(look.wanted.dataset)
    doomed = [r for r in package["resources"] if r["id"] in look.doomed]
    for resource in doomed:
        if resource.get("datastore_active"):
            store.drop(resource["id"])
        if resource.get("url_type") == "upload":
            here.wire.do("resource_patch", {"id": resource["id"]}, {"upload": _empty_file(here)}, again=True)


def _empty_file(here: Visit) -> Path:
    path = here.store.work / "withdrawn.txt"
    write_atomic(path, _GONE)
    return path


def purge_dataset(project: Project, target: TargetFile, dataset: str) -> list[Text]:
    """Purge a dataset of ours that is a tombstone; returns what could not be erased from here.

    CKAN lets only a sysadmin purge (`dataset_purge`). Raises `FindingError` where it is not a tombstone, or refused,
    and `StoreBusyError`.
    """
    with writing(project, f"purge {target.id}"), visit(project, target) as here:
        record = read_projection(project.store, target.id, dataset)
        if record is None or record.version is not None:
            raise FindingError(finding("target-no-tombstone", dataset=dataset, params={"target": target.id}))
        for name in (record.package, staging_name(record.name)):
            package = here.wire.find("package_show", id=name)
            if package is not None:
                here.wire.do("dataset_purge", {"id": package["id"]}, again=True)
        forget_projection(project.store, target.id, dataset)
        end_intention(project.store, target.id, dataset)
    return out_of_reach(target)


def out_of_reach(target: TargetFile) -> list[Text]:
    """What a CKAN may keep of what was taken off it."""
    url = target.ckan.url if target.ckan else target.id
    return [
        Text(
            es=f"{url}: la actividad del conjunto (ckanext-activity) guarda sus textos anteriores; solo un administrador puede borrarla.",
            en=f"{url}: the activity of the dataset (ckanext-activity) keeps its former texts; only an administrator can delete it.",
        ),
        Text(
            es=f"{url}: copias de seguridad de PostgreSQL y de los ficheros, versiones en un almacén de objetos, y cachés intermedias.",
            en=f"{url}: backups of PostgreSQL and of the files, versions in an object store, and caches in between.",
        ),
    ]
