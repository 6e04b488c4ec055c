"""The names of the assets: one place that says what each is called and in which group it stands.

What belongs here: asset keys, groups, and questions about a selection of keys. What does not: what an
asset is or does.
"""

from collections.abc import Collection, Iterable

import dagster as dg

from pipelines.contracts.project import Project

TABLES, CANDIDATES, RELEASES, PORTAL = "tables", "candidates", "releases", "portal"
STAGES = (TABLES, CANDIDATES, RELEASES, PORTAL)
"""What is made of each dataset, in the order of the rooms. The stage stands before the dataset in a key, as
in the store, because the graph shows the last part of a key alone: `releases/<dataset>` reads as the dataset."""

PULL, TIDY, CHECK, RELEASE, PUBLISH = "pull", "tidy", "check", "release", "publish"
GROUPS = (PULL, TIDY, CHECK, RELEASE, PUBLISH)
"""Groups of assets, named as the rooms that make them and in their order."""

GROUP_OF = {TABLES: TIDY, CANDIDATES: CHECK, RELEASES: RELEASE, PORTAL: PUBLISH}


def source_key(source: str) -> dg.AssetKey:
    """The asset of a source: its snapshot."""
    return dg.AssetKey(["sources", source])


def stage_key(dataset: str, stage: str) -> dg.AssetKey:
    """The asset of one of `STAGES` of a dataset."""
    return dg.AssetKey([stage, dataset])


def target_key(target: str, dataset: str) -> dg.AssetKey:
    """The asset of a dataset on a CKAN; `contracts.target` keeps its id apart from the stages and sources."""
    return dg.AssetKey([target, dataset])


def step_name(key: dg.AssetKey) -> str:
    """The name of the step that makes an asset; Dagster allows no hyphen in it."""
    return "__".join(key.path).replace("-", "_")


def keys_for(project: Project, datasets: Iterable[str]) -> list[dg.AssetKey]:
    """All assets that renew these datasets: their sources first, then each stage of each."""
    names = list(datasets)
    sources = dict.fromkeys(s.id for name in names for s, _ in project.feeds_of(project.datasets[name]))
    return [*(source_key(s) for s in sources), *(stage_key(name, stage) for name in names for stage in STAGES)]


def datasets_of(project: Project, chosen: Collection[dg.AssetKey] | None) -> list[str]:
    """The datasets that a selection of assets makes anew; all of them where nothing was selected.

    Choosing only a source, or only what the portal shows, makes no dataset anew.
    """
    made = (TABLES, CANDIDATES, RELEASES)
    return [n for n in project.datasets if chosen is None or any(stage_key(n, stage) in chosen for stage in made)]


def includes(project: Project, chosen: Collection[dg.AssetKey] | None, stage: str) -> bool:
    """Whether a selection of assets holds that stage of any dataset."""
    return chosen is None or any(stage_key(name, stage) in chosen for name in project.datasets)
