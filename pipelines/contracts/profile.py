"""The JSON Schemas of the files that people write, so that an editor completes them and CI can check them.

What belongs here: making one schema per kind of file from its model. What does not: the models, and
loading a file, which `contracts.project` does and which finds more than a schema can.

`python -m pipelines.contracts.profile` writes them to `schemas/profile/` of the project it is run in.
"""

import json
from pathlib import Path

from pydantic import BaseModel

from pipelines.contracts.catalogue import CatalogueFile
from pipelines.contracts.dataset import DatasetFile
from pipelines.contracts.source import SourceFile
from pipelines.contracts.target import TargetFile

FOLDER = "schemas/profile"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
MODELS: dict[str, type[BaseModel]] = {
    "dataset": DatasetFile,
    "source": SourceFile,
    "catalogue": CatalogueFile,
    "target": TargetFile,
}
"""Kind of file: its model."""


def profile_text(kind: str) -> str:
    """The JSON Schema of a kind of file (`dataset`, `source`, `catalogue`, `target`) as text. Raises `KeyError`."""
    schema = {"$schema": DIALECT, **MODELS[kind].model_json_schema(by_alias=True)}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write_profiles(root: Path) -> list[Path]:
    """Write the JSON Schema of each kind of file under `root`; returns the paths."""
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for kind in MODELS:
        path = folder / f"{kind}.schema.json"
        path.write_text(profile_text(kind), encoding="utf-8")
        paths.append(path)
    return paths


if __name__ == "__main__":
    write_profiles(Path.cwd())
