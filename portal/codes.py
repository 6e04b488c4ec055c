"""The codes of findings: what each means, and where it occurs in the current edition.

What belongs here: counting the findings of the pinned versions by code, and the codes as data. What does not: the
findings of one version, which are `catalogue`, those of a run, which are `runs`, and the pages.
"""

from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipelines.contracts.codes import GATES
from pipelines.contracts.files import read_json_lines
from pipelines.contracts.findings import Message, catalogue
from pipelines.contracts.store import FINDINGS_FILE
from pipelines.contracts.text import LANGS, Strict
from portal.answer import Answer, Problem, as_json
from portal.site import Site


class Occurs(Strict):
    """How often a code stands in the findings of one version of a dataset, about one table or the whole of it."""

    dataset: str
    version: str
    table: str | None
    count: int


def occurring(site: Site) -> dict[str, list[Occurs]]:
    """The codes that occur in the versions of the edition, the most frequent first, with where."""
    out: dict[str, list[Occurs]] = {}
    for name in site.datasets:
        try:
            version = site.version(name, None)
        except Problem:
            # None is pinned, or it is being withdrawn.
            continue
        for (code, table), count in sorted(_counted(site.folder(name, version), site.etag(name, version)).items()):
            out.setdefault(code, []).append(Occurs(dataset=name, version=version, table=table or None, count=count))
    return dict(sorted(out.items(), key=lambda item: (-total(item[1]), item[0])))


def total(where: list[Occurs]) -> int:
    """How often in all."""
    return sum(one.count for one in where)


@lru_cache(maxsize=256)
def _counted(folder: Path, _: str) -> Counter[tuple[str, str]]:
    """The findings of a release by code and table, empty where they name none.

    The tag of the release is asked too: the withdrawal of the version before it takes findings out of it.
    """
    path = folder / FINDINGS_FILE
    lines = read_json_lines(path) if path.is_file() else ()
    return Counter((str(f["code"]), str(f.get("table") or "")) for f in lines)


def in_order(site: Site) -> list[tuple[str, Message]]:
    """All codes: those that occur first, the others in the order of the gates."""
    known, now = catalogue(), list(occurring(site))
    gates = list(GATES)
    rest = sorted((c for c in known if c not in now), key=lambda c: (gates.index(known[c].gate), c))
    return [(code, known[code]) for code in [*(c for c in now if c in known), *rest]]


def codes(site: Site) -> Answer:
    """All codes as JSON."""
    now = occurring(site)
    told = [{"code": code, **_told(site, code, message, now.get(code, []))} for code, message in in_order(site)]
    return as_json({"edition": site.edition.edition, "total": len(told), "codes": told})


def _told(site: Site, code: str, message: Message, where: list[Occurs]) -> dict[str, Any]:
    return {
        **message.model_dump(),
        "count": total(where),
        "occurs": [
            {
                **one.model_dump(exclude_none=True),
                "url": f"{site.base_url}/v1/datasets/{one.dataset}/findings?version={one.version}",
            }
            for one in where
        ],
        "pages": {lang: f"{site.base_url}/{lang}/findings/{code}" for lang in LANGS},
    }
