"""The IRIs of what is described, all minted under `uri_base`.

What belongs here: one function for each kind of thing that has an IRI. What does not: addresses of
files, which depend on where they are served.

Nothing gets a blank node: an unchanged thing keeps its name, so a harvester sees that it is unchanged.
"""

from uuid import NAMESPACE_URL, uuid5


def catalogue(base: str) -> str:
    """The catalogue."""
    return f"{base}/catalogo"


def contact(base: str) -> str:
    """The contact point."""
    return f"{catalogue(base)}/contacto"


def dataset(base: str, dataset_id: str) -> str:
    """A dataset, whatever its version."""
    return f"{catalogue(base)}/dataset/{dataset_id}"


def version(base: str, dataset_id: str, number: str) -> str:
    """One version of a dataset."""
    return f"{dataset(base, dataset_id)}/{number}"


def series(base: str, dataset_id: str) -> str:
    """The series of the versions of a dataset."""
    return f"{catalogue(base)}/serie/{dataset_id}"


def distribution(base: str, dataset_id: str, file: str) -> str:
    """One file of a dataset, whatever its version."""
    return f"{catalogue(base)}/distribucion/{dataset_id}/{file}"


def period(base: str, dataset_id: str) -> str:
    """The period that a dataset covers."""
    return f"{dataset(base, dataset_id)}/periodo"


def provenance(dataset_iri: str) -> str:
    """The statement of where a dataset comes from."""
    return f"{dataset_iri}/procedencia"


def service(base: str, service_id: str) -> str:
    """A data service."""
    return f"{catalogue(base)}/servicio/{service_id}"


def sha1(distribution_iri: str) -> str:
    """The SHA-1 of a file."""
    return f"{distribution_iri}/sha1"


def sha256(distribution_iri: str) -> str:
    """The SHA-256 of a file."""
    return f"{distribution_iri}/sha256"


def identifier(dataset_iri: str) -> str:
    """The UUID of a dataset: the same for the same IRI, always (version 5, RFC 9562)."""
    return str(uuid5(NAMESPACE_URL, dataset_iri))
