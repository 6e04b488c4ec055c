"""CHANGES.md: what a reader is told about a version, in both languages.

What belongs here: that text. What does not: counting the changes, which is `delta`.
"""

from typing import TYPE_CHECKING

from pipelines.contracts.records import Release
from pipelines.contracts.text import Lang

if TYPE_CHECKING:
    from pipelines.release.candidate import Candidate

_WORDS: dict[Lang, dict[str, str]] = {
    "es": {
        "first": "Primera versión.",
        "from": "Cambios desde la versión {0}.",
        "rows": "Filas: {added} nuevas, {changed} cambiadas, {removed} quitadas; ahora hay {total}.",
        "rows_same": "Las filas son las mismas.",
        "same": "Las filas son las mismas; cambia la descripción.",
        "written": "Los ficheros se escriben de otra forma que antes (formato {0}).",
        "none": "Esquema {0}, sin cambios.",
        "patch": "Esquema {0}: cambian textos o etiquetas, no las columnas.",
        "minor": "Esquema {0}: hay columnas, tablas o códigos nuevos; lo anterior sigue valiendo.",
        "major": "Esquema {0}: cambio incompatible, anunciado.",
        "decision": "Publicado por decisión de {role} ({kind}): {reason}",
    },
    "en": {
        "first": "First version.",
        "from": "Changes since version {0}.",
        "rows": "Rows: {added} added, {changed} changed, {removed} removed; there are now {total}.",
        "rows_same": "The rows are the same.",
        "same": "The rows are the same; the description changes.",
        "written": "The files are written in another way than before (format {0}).",
        "none": "Schema {0}, unchanged.",
        "patch": "Schema {0}: texts or labels change, not the columns.",
        "minor": "Schema {0}: there are new columns, tables or codes; what was there still holds.",
        "major": "Schema {0}: incompatible change, announced.",
        "decision": "Published by decision of {role} ({kind}): {reason}",
    },
}


def changes_text(release: Release, candidate: "Candidate") -> str:
    """The text of CHANGES.md: Spanish, then English."""
    titles = candidate.dataset.titles
    former = candidate.former
    rewritten = former is not None and former.format != release.format
    parts = [f"# {titles.get(lang)} {release.version}\n\n{_body(release, lang, rewritten)}" for lang in ("es", "en")]
    return "\n".join(parts)


def _body(release: Release, lang: Lang, rewritten: bool) -> str:
    words = _WORDS[lang]
    lines = [words["from"].format(release.predecessor) if release.predecessor else words["first"]]
    if any(release.change.values()):
        lines.append(words["rows"].format(**release.change, total=sum(release.rows.values())))
    else:
        lines.append(words["rows_same" if rewritten else "same"])
    if rewritten:
        lines.append(words["written"].format(release.format))
    if release.schema_change != "first":
        lines.append(words[release.schema_change].format(release.schema_version))
    lines += [words["decision"].format(role=d.role, kind=d.kind, reason=d.reason) for d in release.decisions]
    return "".join(f"- {line}\n" for line in lines)
