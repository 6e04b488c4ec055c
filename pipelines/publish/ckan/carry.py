"""How the files of a release get to a CKAN, and which addresses a reader of it can open.

What belongs here: links or copies, and the addresses of the embedded portal that may be named. What does not: the
resources themselves.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from pipelines.contracts.metadata import Dataset
from pipelines.contracts.project import Project
from pipelines.contracts.target import CkanPortal
from pipelines.describe.dcat import file_address


@dataclass(frozen=True)
class Carry:
    """How files are carried.

    `link`: whether resources name the files of the embedded portal, else CKAN keeps copies. `base`: where that portal
    is served, without a final slash; None where readers cannot reach it.
    """

    link: bool
    base: str | None

    def file(self, meta: Dataset, name: str) -> str | None:
        """The permanent address of a file of this version."""
        return file_address(meta, name, self.base) if self.base else None

    def page(self, dataset: str) -> str | None:
        """The page of a dataset, which lists its versions."""
        return f"{self.base}/datasets/{dataset}/" if self.base else None


def carry(project: Project, portal: CkanPortal) -> Carry:
    """How files are carried: as the target file says; `auto` links if the embedded portal has a public address."""
    base = project.settings.base_url.rstrip("/")
    public = not is_private(base)
    link = public if portal.files == "auto" else portal.files == "link"
    return Carry(link, base if public or link else None)


def is_private(url: str) -> bool:
    """Whether an address is of this machine or of a private network."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_private
    except ValueError:
        # `localhost` and names under it are this machine (RFC 6761, 6.3); a name without a dot is one of a network.
        return host.endswith(".localhost") or "." not in host
