"""The tiny project of `tests.tiny` with releases in a store, and a target on a real CKAN."""

from dataclasses import dataclass, field
from typing import Any

from pipelines.contracts.project import Project
from pipelines.contracts.target import TargetFile
from pipelines.line import Line
from tests.ckan.real import Account, Ckan
from tests.tiny import Tiny, text, write_yaml

TARGET = "ckan"


@dataclass
class Town:
    """A project, its target on an account of its own, and short ways to go on with it."""

    tiny: Tiny
    ckan: Ckan
    account: Account
    prefix: str
    settings: dict[str, Any] = field(default_factory=dict)
    portal: dict[str, Any] = field(default_factory=dict)

    @property
    def project(self) -> Project:
        """The project as its files now say."""
        return self.tiny.load(**self.settings)

    @property
    def target(self) -> TargetFile:
        """The target as its file now says."""
        return self.project.targets[TARGET]

    def name(self, dataset: str) -> str:
        """What a dataset is called on the CKAN."""
        return self.prefix + dataset

    def shown(self, dataset: str) -> dict[str, Any]:
        """What anybody is shown of a dataset; raises `NotAuthorized` while it is private, `NotFound` if there is none."""
        package: dict[str, Any] = self.ckan.reader.action.package_show(id=self.name(dataset))
        return package

    def aim(self, **keys: Any) -> None:
        """Write the target file, with `keys` changed in its part `ckan`."""
        self.portal |= keys
        place = {"url": self.ckan.url, "organization": self.account.organization, "name_prefix": self.prefix}
        content = {"id": TARGET, "kind": "ckan", "title": text("CKAN", "CKAN"), "ckan": place | self.portal}
        write_yaml(self.tiny.root / "targets" / f"{TARGET}.yaml", content)

    def release_again(self, **rows: str) -> dict[str, str | None]:
        """Write rows of tables, release, and say which version each dataset now has.

        `rows`: table and its CSV. Other edits are made before, with `.tiny`. A dataset that is held is an error.
        """
        for table, content in rows.items():
            self.tiny.rows(table, content)
        with Line(self.project, "release") as line:
            results = {name: line.result(name) for name in line.release()}
        wrong = {name: r.result for name, r in results.items() if r.result not in ("released", "unchanged")}
        if wrong:
            raise AssertionError(f"{wrong}: {[f for f in line.findings if f.blocks]}")
        return {name: r.version for name, r in results.items()}
