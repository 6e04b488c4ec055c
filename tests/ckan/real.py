"""The real CKAN that the environment names, for all tests that need one.

`OPENDATA_TEST_CKAN` is its address, `OPENDATA_TEST_CKAN_DIR` the folder that deploy/ckan/up.sh made for it.
`make test-ckan` brings one up, sets both and takes it down.
"""

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest
from ckanapi import CKANAPIError, NotFound, RemoteCKAN

# Read when the module is: before each test, the environment loses what begins like a setting.
URL, FOLDER = (os.environ.get(name, "") for name in ("OPENDATA_TEST_CKAN", "OPENDATA_TEST_CKAN_DIR"))


@dataclass(frozen=True)
class Ckan:
    """A running CKAN: its address, the token of its sysadmin, and the folder with its configuration."""

    url: str
    token: str = field(repr=False)
    folder: Path

    @property
    def ini(self) -> Path:
        """Its configuration."""
        return self.folder / "ckan.ini"

    @property
    def admin(self) -> RemoteCKAN:
        """The API as the sysadmin."""
        return RemoteCKAN(self.url, apikey=self.token)

    @property
    def reader(self) -> RemoteCKAN:
        """The API as anybody."""
        return RemoteCKAN(self.url)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of CKAN, `ckan <words>`, ended or not as it may be."""
        command = [str(self.folder / "venv" / "bin" / "ckan"), "-c", str(self.ini), *words]
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)

    def remove(self, packages: Iterable[str]) -> None:
        """Purge datasets with their tables, those that are there."""
        for name in packages:
            try:
                package = self.admin.action.package_show(id=name)
            except NotFound:
                continue
            for resource in package["resources"]:
                if resource.get("datastore_active"):
                    self.admin.action.datastore_delete(resource_id=resource["id"], force=True)
            self._purge(package["id"])

    def _purge(self, package: str) -> None:
        # The job that moves the moment of a resource may hold the same rows: PostgreSQL then ends one of the two.
        for attempt in range(3):
            try:
                self.admin.action.dataset_purge(id=package)
                return
            except NotFound:
                return
            except CKANAPIError:
                if attempt == 2:
                    raise


@dataclass(frozen=True)
class Account:
    """A user who is editor of one organisation, and nothing else."""

    url: str
    organization: str
    user: str
    token: str = field(repr=False)

    @property
    def api(self) -> RemoteCKAN:
        """The API as this user."""
        return RemoteCKAN(self.url, apikey=self.token)


@pytest.fixture(scope="session")
def ckan() -> Ckan:
    """The real CKAN. Where the environment names none, tests that ask for it are skipped before."""
    return Ckan(URL.rstrip("/"), (Path(FOLDER) / "admin-token").read_text().strip(), Path(FOLDER))


def unique(what: str) -> str:
    """A name that nothing on a CKAN has yet."""
    return f"{what}-{uuid4().hex[:12]}"


def open_account(ckan: Ckan, role: str = "editor") -> Account:
    """A fresh organisation, and a user who has a role in it."""
    name, user = unique("org"), unique("user")
    ckan.admin.action.organization_create(name=name, title=f"Organización {name}")
    ckan.admin.action.user_create(name=user, email=f"{user}@example.org", password=uuid4().hex)
    ckan.admin.action.organization_member_create(id=name, username=user, role=role)
    token = ckan.admin.action.api_token_create(user=user, name="test")["token"]
    return Account(ckan.url, name, user, token)


def close_account(ckan: Ckan, account: Account) -> None:
    """Purge an account with its organisation and the datasets of it."""
    owner = ckan.admin.action.organization_show(id=account.organization)["id"]
    found = ckan.admin.action.package_search(
        fq=f"owner_org:{owner}", rows=1000, include_private=True, include_drafts=True
    )
    ckan.remove(package["id"] for package in found["results"])
    ckan.admin.action.organization_purge(id=owner)
    ckan.admin.action.user_delete(id=account.user)
