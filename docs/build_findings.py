"""Write one page for each finding code, and their index, from the catalogue of messages.

What belongs here: how an entry of `pipelines/contracts/messages/*.yaml` reads as a page. What does
not: any text about a code; that is written in the catalogue, once. `make docs` runs this.
"""

import re
from pathlib import Path
from typing import get_args

from pipelines.contracts.findings import Gate, Message, catalogue
from pipelines.contracts.text import LANGS, Lang, Text

FOLDER = Path(__file__).parent / "findings"
INDEX = "index.md"

GATES: dict[Gate, Text] = {
    "project": Text(es="Los ficheros del proyecto", en="The files of the project"),
    "source": Text(es="La fuente: lo que se ha recibido", en="The source: what was received"),
    "tidy": Text(es="La lectura de los valores", en="The reading of values"),
    "schema": Text(es="El esquema y las claves de la tabla", en="The schema and keys of the table"),
    "keys": Text(es="Las claves entre conjuntos de datos", en="The keys across datasets"),
    "rules": Text(es="Las reglas del conjunto de datos", en="The rules of the dataset"),
    "privacy": Text(es="La privacidad", en="Privacy"),
    "change": Text(es="El cambio respecto a la última versión", en="The change against the last release"),
    "metadata": Text(es="Los metadatos", en="The metadata"),
    "shacl": Text(es="Las formas SHACL del catálogo", en="The SHACL shapes of the catalogue"),
    "store": Text(es="El almacén", en="The store"),
    "target": Text(es="El portal de destino", en="The target portal"),
}
"""The gates in the order in which they are passed, and what each looks at."""

SEVERITIES = {
    "error": Text(es="error: retiene el conjunto de datos", en="error: holds the dataset"),
    "warning": Text(es="aviso: no retiene nada", en="warning: holds nothing"),
}
OWNERS = {
    "clerk": Text(es="quien lleva la hoja de cálculo", en="whoever keeps the spreadsheet"),
    "operator": Text(es="quien opera el sistema", en="the operator"),
    "supplier": Text(es="quien suministra los datos", en="the supplier of the data"),
    "maintainer": Text(es="quien mantiene el programa", en="the maintainer"),
}
APPROVAL = {
    True: Text(
        es="[puede dejarse pasar](../commands.md#opendata-approve)",
        en="[can be let through](../commands.md#opendata-approve)",
    ),
    False: Text(es="no puede dejarse pasar: hay que corregirlo", en="cannot be let through: it must be mended"),
}
PLACES_ES = {
    "dataset": "conjunto",
    "table": "tabla",
    "row": "línea",
    "field": "columna",
    "value": "valor",
    "key": "clave",
    "part": "fichero",
    "source": "fuente",
    "count": "número",
    "limit": "límite",
    "expected": "esperado",
    "reason": "motivo",
    "column": "columna",
    "columns": "columnas",
    "kind": "clase",
    "other": "el otro",
}
"""How a place to be filled in reads on the Spanish pages; one that is not here keeps its name."""

HEADINGS = {
    "es": ("Español", "Qué pasa", "Qué hacer", "Por qué importa"),
    "en": ("English", "What is wrong", "What to do", "Why it matters"),
}


def pages() -> dict[str, str]:
    """The text of every page by file name, the index among them."""
    codes = catalogue()
    out = {f"{code}.md": page(code, message) for code, message in codes.items()}
    out[INDEX] = index(codes)
    return out


def page(code: str, message: Message) -> str:
    """The page of one code, in both languages."""
    facts = [
        ("Puerta · Gate", GATES[message.gate]),
        ("Gravedad · Severity", SEVERITIES[message.severity]),
        ("Quién actúa · Who acts", OWNERS[message.owner]),
        ("Aprobación · Approval", APPROVAL[message.approvable]),
    ]
    lines = [f"# {code}", "", "| | Español | English |", "|---|---|---|"]
    lines += [f"| {name} | {text.es} | {text.en} |" for name, text in facts]
    for lang in LANGS:
        language, *titles = HEADINGS[lang]
        lines += ["", f"## {language}"]
        for title, text in zip(titles, (message.what, message.do, message.why), strict=True):
            lines += ["", f"**{title}.** {_named(text.get(lang), lang)}"]
    lines += ["", f"[Todos los códigos · All codes]({INDEX})", ""]
    return "\n".join(lines)


def index(codes: dict[str, Message]) -> str:
    """The index: the codes of each gate, in the order of the gates."""
    lines = [
        "# Finding codes · Códigos de los hallazgos",
        "",
        "One page for each problem that the gates can find. Una página por cada problema que las puertas pueden",
        "encontrar. A dataset file may give a rule another severity. El fichero de un conjunto puede dar otra gravedad",
        "a una regla. `make docs` writes these pages from `pipelines/contracts/messages/`.",
    ]
    for gate, title in GATES.items():
        members = {code: m for code, m in sorted(codes.items()) if m.gate == gate}
        if not members:
            continue
        lines += ["", f"## {title.en} · {title.es}", "", "| code | severity | español | English |", "|---|---|---|---|"]
        for code, message in members.items():
            texts = " | ".join(_named(message.what.get(lang), lang).replace("|", "\\|") for lang in LANGS)
            lines.append(f"| [{code}]({code}.md) | {message.severity} | {texts} |")
    return "\n".join([*lines, ""])


def write(folder: Path) -> None:
    """Write all pages to `folder` and remove those of codes that are gone."""
    wanted = pages()
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.md"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


def _named(template: str, lang: Lang) -> str:
    def word(match: re.Match[str]) -> str:
        name = match.group(1)
        return f"*{PLACES_ES.get(name, name) if lang == 'es' else name}*"

    return re.sub(r"\{(\w+)\}", word, template)


if set(GATES) != set(get_args(Gate)):
    raise ValueError("a gate has no title here")

if __name__ == "__main__":
    write(FOLDER)
