"""The target file: `targets/<id>.yaml`, a portal to which editions are projected.

What belongs here: the typed model of the file. What does not: planning and applying, in `publish`, and the
API token, which no file of the project holds.
"""

from typing import Any, Literal

from pydantic import Field, model_validator

from pipelines.contracts.source import SLUG
from pipelines.contracts.text import Strict, Text, WebAddress

RESERVED = frozenset({"store", "sources", "tables", "candidates", "releases", "portal"})
"""What no CKAN can be called: the store and the steps before it have these names where a target is named."""

CKAN_NAME = r"^[a-z0-9_-]{2,100}$"
"""What CKAN takes as the name of an organisation or a group."""


class CkanPortal(Strict):
    """A CKAN and what differs on it from CKAN as it comes."""

    url: WebAddress = Field(description="Address of the portal, for example `https://datos.ciudad.example`.")
    organization: str = Field(pattern=CKAN_NAME, description="Name of the organisation that owns the datasets there.")
    name_prefix: str = Field(
        default="", pattern=r"^[a-z0-9_-]{0,40}$", description="Goes before the id of a dataset to make its name there."
    )
    files: Literal["auto", "link", "upload"] = Field(
        default="auto",
        description="`link`: resources name the files of the embedded portal; `upload`: CKAN keeps copies; `auto`: "
        "links if the embedded portal has a public address.",
    )
    datastore: bool = Field(default=True, description="Whether tables are loaded into the DataStore.")
    max_upload_bytes: int | None = Field(
        default=None,
        gt=0,
        description="Largest upload that the portal takes, where it is not the 10 MB of CKAN as it comes and the account may not ask.",
    )
    groups: dict[str, list[str]] = Field(
        default_factory=dict, description="Code of an EU theme: names of the groups of the portal that it belongs to."
    )
    licences: dict[str, str] = Field(
        default_factory=dict,
        description="IRI of a licence: its id on the portal, where the portal's list has no such IRI.",
    )
    fields: dict[str, Any] = Field(
        default_factory=dict, description="Values for fields that the portal requires and the metadata do not have."
    )
    drift: dict[str, Literal["keep", "overwrite"]] = Field(
        default_factory=dict,
        description="Field of a dataset on the portal: whether what somebody else wrote there stays or is overwritten; "
        "of all others it is reported and the dataset waits.",
    )


class TargetFile(Strict):
    """One portal."""

    id: str = Field(pattern=SLUG, description="Id of the target, the name of its file.")
    kind: Literal["portal", "ckan"] = Field(
        description="`portal`: the embedded portal, a tree of files; `ckan`: a CKAN somewhere."
    )
    title: Text = Field(description="What it is.")
    ckan: CkanPortal | None = Field(default=None, description="The CKAN, for kind `ckan`.")

    @model_validator(mode="after")
    def _its_portal(self) -> "TargetFile":
        if (self.kind == "ckan") != (self.ckan is not None):
            raise ValueError("`ckan` stands where kind is `ckan`, and only there")
        if self.kind == "ckan" and self.id in RESERVED:
            raise ValueError(f"a CKAN cannot be called `{self.id}`")
        return self

    @property
    def token_name(self) -> str:
        """The variable of the environment with the API token; `<name>_FILE` may name a file that holds it."""
        return f"OPENDATA_{self.id.upper().replace('-', '_')}_TOKEN"
