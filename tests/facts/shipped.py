"""The datasets and sources that ship with the project as examples, by name.

An operator adds files beside them and may remove them; the tests of the facts speak of these alone.
"""

import pytest

from pipelines.contracts.project import Project

DATASETS = (
    "clusters",
    "documents",
    "events",
    "indicators",
    "members",
    "projects",
    "strategy",
    "vocabularies",
    "working-groups",
)
SOURCES = (
    "clusters-meet-regions-2022",
    "eccp-2020",
    "estrategia-2023",
    "mia-2020",
    "public-pages",
    "register",
    "smart-city-cluster-2024",
)


def only_shipped(project: Project) -> Project:
    """The project without what an operator added. Skips where one of the examples was removed.

    The examples name each other's rows and are counted together, so they are looked at as a whole.
    """
    gone = [f"schemas/{name}.yaml" for name in DATASETS if name not in project.datasets]
    gone += [f"sources/{name}.yaml" for name in SOURCES if name not in project.sources]
    if gone := [file for file in gone if not (project.root / file).is_file()]:
        pytest.skip(f"speaks of the examples that ship with the project, and these were removed: {', '.join(gone)}")
    return Project(
        project.root,
        project.settings,
        project.catalogue,
        {name: source for name, source in project.sources.items() if name in SOURCES},
        {name: dataset for name, dataset in project.datasets.items() if name in DATASETS},
        project.targets,
        project.vocabularies,
        [f for f in project.findings if f.dataset in DATASETS or f.source in SOURCES or f.part in _FILES],
        project.ontology,
    )


_FILES = {f"schemas/{name}.yaml" for name in DATASETS} | {f"sources/{name}.yaml" for name in SOURCES}
