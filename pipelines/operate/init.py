"""Setting the identity: the catalogue file of a municipality instead of the example's.

What belongs here: writing `schemas/catalogue.yaml`. What does not: anything already released; the store
remembers its own `uri_base` and refuses another.
"""

from dataclasses import dataclass
from pathlib import Path

import yaml

from pipelines.contracts.catalogue import CatalogueFile, Contact, Publisher
from pipelines.contracts.files import write_atomic
from pipelines.contracts.text import Text

_HEAD = """\
# yaml-language-server: $schema=profile/catalogue.schema.json
# The identity of the catalogue, written by `opendata init`. uri_base mints every IRI: set once, never changed.
"""


@dataclass(frozen=True)
class Identity:
    """What a municipality answers to `init`."""

    uri_base: str
    dir3: str
    name: Text
    homepage: str
    email: str


def set_identity(path: Path, former: CatalogueFile, identity: Identity) -> CatalogueFile:
    """Write the catalogue file with that identity and `stage: official`; the rest of it stays.

    Raises `pydantic.ValidationError` on an answer that the file cannot hold; nothing is written then.
    """
    body = former.model_dump(mode="json", exclude_none=True)
    body |= {
        "uri_base": identity.uri_base.rstrip("/"),
        "stage": "official",
        "publisher": Publisher(name=identity.name, dir3=identity.dir3, homepage=identity.homepage).model_dump(),
        "contact": Contact(name=former.contact.name, email=identity.email).model_dump(exclude_none=True),
    }
    made = CatalogueFile.model_validate(body)
    text = yaml.safe_dump(body, allow_unicode=True, sort_keys=False, width=120)
    write_atomic(path, _HEAD + text)
    return made
