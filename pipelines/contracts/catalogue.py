"""The catalogue file: `schemas/catalogue.yaml`, who publishes and under which identity.

What belongs here: the typed model of the file. What does not: serving addresses, which are a setting.
"""

from datetime import date
from typing import Literal

from pydantic import Field

from pipelines.contracts.text import HOST_ADDRESS, Strict, Text, WebAddress, Words

Stage = Literal["example", "official"]
MAILBOX = r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$"
TELEPHONE = r"^\+[1-9][0-9]{6,14}$"
"""A number with the prefix of its country and nothing else (ITU-T E.164)."""


class Publisher(Strict):
    """The body that publishes."""

    name: Text = Field(description="Name of the body.")
    dir3: str = Field(pattern=r"^[A-Z][A-Z0-9]{8}$", description="Its DIR3 code, for example `L01280796`.")
    homepage: WebAddress = Field(description="Its home page.")

    @property
    def iri(self) -> str:
        """Its IRI in the national register of organisations (DCAT-AP-ES, dct:publisher)."""
        return f"http://datos.gob.es/recurso/sector-publico/org/Organismo/{self.dir3}"


class Contact(Strict):
    """Where readers write; an office, never a person."""

    name: Text = Field(description="Name of the office.")
    email: str = Field(pattern=MAILBOX, description="Mailbox of the office.")
    telephone: str | None = Field(
        default=None,
        pattern=TELEPHONE,
        description="Telephone of the office, for example `+34910000000`; DCAT-AP-ES recommends one.",
    )
    url: WebAddress | None = Field(default=None, description="Page of the office.")


class CatalogueFile(Strict):
    """The identity of the catalogue. `uri_base` mints every IRI and is set once."""

    uri_base: str = Field(pattern=HOST_ADDRESS, description="Scheme and host that mint every IRI; set once.")
    stage: Stage = Field(description="`example` says on every page that this is no official publication.")
    titles: Text = Field(description="Title in both languages.")
    descriptions: Text = Field(description="What the catalogue holds, in both languages.")
    publisher: Publisher
    contact: Contact
    licence: WebAddress = Field(description="IRI of the licence of the data.")
    languages: list[str] = Field(min_length=1, description="Codes of the EU language table, `SPA` among them.")
    spatial: list[WebAddress] = Field(min_length=1, description="IRIs of the places covered.")
    issued: date = Field(description="Date of first publication, ISO.")
    keywords: Words | None = Field(default=None, description="Keywords that every dataset gets.")
    legislation: list[WebAddress] = Field(
        default_factory=list, description="ELI of the legislation that applies to every dataset."
    )
    allowed_mailboxes: list[str] = Field(
        default_factory=list, description="Role mailboxes that may appear in the data."
    )
