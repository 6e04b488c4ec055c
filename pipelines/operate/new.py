"""New files: a source and a dataset, proposed from a spreadsheet or empty, that load and pass as they are.

What belongs here: writing the proposal as files that people read and correct. What does not: making the
proposal.
"""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import yaml

from pipelines.contracts.dataset import DATA_PACKAGE_SCHEMA, DatasetFile
from pipelines.contracts.files import write_atomic
from pipelines.contracts.project import Project
from pipelines.contracts.source import Feed, SourceFile
from pipelines.contracts.text import Text
from pipelines.operate.propose import Column, Proposal, propose, slug
from pipelines.pull.parts import read_part
from pipelines.pull.reading import Expected, Reading

INBOX = "inbox"
"""Folder with one drop folder for each source that is proposed."""


def new_source(project: Project, file: Path, name: str | None) -> list[Path]:
    """Write a drop-folder source for `file`, copy it there, and write the dataset that it feeds.

    Returns the files written. Raises `FileExistsError` when one of them is there already, and
    `FindingError` when the file cannot be read.
    """
    identity = slug(name or file.stem)
    made = propose(_read(project, file, identity))
    where = f"{INBOX}/{identity}"
    copy = project.root / where / file.name
    source = _source_text(identity, where, file.name, made)
    SourceFile.model_validate(yaml.safe_load(source))
    texts = {
        project.root / "sources" / f"{identity}.yaml": source,
        project.root / "schemas" / f"{identity}.yaml": _dataset_text(project, identity, made),
    }
    written = _write(texts, copy)
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, copy)
    return [*written, copy]


def new_dataset(project: Project, name: str) -> list[Path]:
    """Write a dataset of one table with two columns, its source of kind `facts`, and a row to replace.

    Returns the files written. Raises `FileExistsError` when one of them is there already.
    """
    identity = slug(name)
    table = identity.replace("-", "_")
    columns = [Column("id", "id", "string", True), Column("name_es", "name_es", "string", False)]
    made = Proposal(columns, ["id"], None, None)
    rows = project.root / "sources" / identity / f"{table}.csv"
    texts = {
        project.root / "sources" / f"{identity}.yaml": _facts_text(identity, table),
        project.root / "schemas" / f"{identity}.yaml": _dataset_text(project, identity, made),
    }
    written = _write(texts, rows)
    write_atomic(rows, "id,name_es\nejemplo-1,Fila de ejemplo\n")
    return [*written, rows]


def _read(project: Project, file: Path, identity: str) -> pd.DataFrame:
    feed = Feed(table=identity.replace("-", "_"), part=file.name)
    text = Text(es=identity, en=identity)
    source = SourceFile(id=identity, kind="folder", title=text, publisher=text, where=str(file.parent), feeds=[feed])
    reading = Reading(source, feed, file.name, file, project.settings, Expected([], []))
    table = read_part(reading)
    return table[[c for c in table.columns if not c.startswith("_")]]


def _write(texts: dict[Path, str], data: Path) -> list[Path]:
    for path in (*texts, data):
        if path.exists():
            raise FileExistsError(path)
    for path, text in texts.items():
        write_atomic(path, text)
    return list(texts)


def _q(text: str) -> str:
    """A text as YAML; a JSON string is one, and `"no"` is not false."""
    return json.dumps(text, ensure_ascii=False)


def _both(es: str, en: str) -> str:
    return f"{{es: {_q(es)}, en: {_q(en)}}}"


def _title(identity: str) -> str:
    name = identity.capitalize()
    return _both(f"{name} (título por escribir)", f"{name} (title to be written)")


def _source_text(identity: str, where: str, part: str, made: Proposal) -> str:
    renamed = [f"      {_q(c.name)}: {_q(c.theirs)}\n" for c in made.columns if c.name != c.theirs]
    dialect = [f"  decimal: {_q(made.decimal)}\n"] if made.decimal else []
    dialect += [f"  date_format: {_q(made.date_format)}\n"] if made.date_format else []
    return (
        "# yaml-language-server: $schema=../schemas/profile/source.schema.json\n"
        f"# Whoever keeps the spreadsheet puts the new one in {where}/ under the same name.\n"
        f"id: {_q(identity)}\nkind: folder\n"
        f"title: {_both(identity, identity)}\n"
        f"publisher: {_both('Por escribir', 'To be written')}\n"
        f"where: {_q(where)}\n"
        + ("dialect:\n" + "".join(dialect) if dialect else "")
        + f"feeds:\n  - table: {_q(identity.replace('-', '_'))}\n    part: {_q(part)}\n"
        + ("    columns: # ours: theirs\n" + "".join(renamed) if renamed else "")
    )


def _facts_text(identity: str, table: str) -> str:
    return (
        "# yaml-language-server: $schema=../schemas/profile/source.schema.json\n"
        f"id: {_q(identity)}\nkind: facts\n"
        f"title: {_both(identity, identity)}\n"
        f"publisher: {_both('Por escribir', 'To be written')}\n"
        f"feeds:\n  - table: {_q(table)}\n"
    )


def _dataset_text(project: Project, identity: str, made: Proposal) -> str:
    table = identity.replace("-", "_")
    head = (
        "# yaml-language-server: $schema=profile/dataset.schema.json\n"
        "# A proposal. Correct titles and descriptions, and mark as `privacy: public` each column that readers may see.\n"
        f"$schema: {DATA_PACKAGE_SCHEMA}\nname: {_q(identity)}\n"
        f"titles: {_title(identity)}\n"
        f"descriptions: {_both('Por escribir: qué es este conjunto y qué no.', 'To be written: what this dataset is and is not.')}\n"
        "keywords_by_language: {es: [clúster], en: [cluster]}\n"
        "themes: [ECON]\nsectors: [economia]\n"
        "frequency: MONTHLY # how often the data change: DAILY, MONTHLY, ANNUAL, IRREG ...\n"
        f"issued: {_q(datetime.now(UTC).date().isoformat())}\n"
    )
    resource = (
        f"resources:\n  - name: {_q(table)}\n    path: {_q(table + '.csv')}\n"
        f"    titles: {_title(identity)}\n"
        f"    descriptions: {_both('Por escribir: qué es una fila.', 'To be written: what a row is.')}\n"
        "    coverage: # what the table does not hold: complete, named-sample or unknown\n"
        f"      - {{coverage: unknown, statement: {_both('No se ha declarado qué cubre.', 'What it covers was not declared.')}}}\n"
        f"    schema:\n      primaryKey: [{', '.join(map(_q, made.key))}]\n      fields:\n"
    )
    text = head + resource + "".join(_field_text(c, made.key) for c in made.columns)
    if identity in project.datasets or any(r.name == table for d in project.datasets.values() for r in d.resources):
        raise FileExistsError(f"schemas/{identity}.yaml")
    DatasetFile.model_validate(yaml.safe_load(text))
    return text


def _field_text(column: Column, key: list[str]) -> str:
    in_key = column.name in key
    return (
        f"        - name: {_q(column.name)}\n          type: {column.type}\n"
        f"          titles: {_both(column.theirs, column.theirs)}\n"
        f"          descriptions: {_both('Por describir.', 'To be described.')}\n"
        + ("          constraints: {required: true}\n" if in_key or column.filled else "")
        + f"          privacy: {'public' if in_key else 'private'}\n"
    )
