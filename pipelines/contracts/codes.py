"""How a finding code reads by itself, without a finding: on its page in the docs and on that of the portal.

What belongs here: the names of gates, severities and owners, and the texts of a code with words where a finding fills
something in. What does not: the texts themselves, which are in `messages/*.yaml`, and any page.
"""

import re
from typing import get_args

from pipelines.contracts.findings import Gate, Owner, Severity
from pipelines.contracts.text import Lang, Text

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

SEVERITIES: dict[Severity, Text] = {
    "error": Text(es="error: retiene el conjunto de datos", en="error: holds the dataset"),
    "warning": Text(es="aviso: no retiene nada", en="warning: holds nothing"),
}
OWNERS: dict[Owner, Text] = {
    "clerk": Text(es="quien lleva la hoja de cálculo", en="whoever keeps the spreadsheet"),
    "operator": Text(es="quien opera el sistema", en="the operator"),
    "supplier": Text(es="quien suministra los datos", en="the supplier of the data"),
    "maintainer": Text(es="quien mantiene el programa", en="the maintainer"),
}

PLACES_ES = {
    "action": "acción",
    "address": "dirección",
    "allowed": "permitido",
    "changed": "cambiadas",
    "code": "código",
    "column": "columna",
    "columns": "columnas",
    "condition": "condición",
    "constraint": "restricción",
    "count": "número",
    "dataset": "conjunto",
    "datasets": "conjuntos",
    "date": "fecha",
    "document": "documento",
    "end": "fin",
    "expected": "esperado",
    "field": "columna",
    "file": "fichero",
    "first": "primero",
    "fix": "remedio",
    "format": "formato",
    "former": "anterior",
    "host": "servidor",
    "into": "el que queda",
    "key": "clave",
    "kind": "clase",
    "limit": "límite",
    "line": "línea",
    "missing": "lo que falta",
    "more": "más",
    "name": "nombre",
    "notes": "notas",
    "other": "el otro",
    "part": "fichero",
    "path": "ruta",
    "rate": "proporción",
    "reason": "motivo",
    "reference": "referencia",
    "row": "línea",
    "rows": "filas",
    "rule": "regla",
    "section": "apartado",
    "shown": "lo que muestra",
    "size": "tamaño",
    "source": "fuente",
    "start": "inicio",
    "sum": "suma",
    "table": "tabla",
    "target": "destino",
    "title": "título",
    "total": "total",
    "value": "valor",
    "wanted": "lo que debe haber",
}
"""How a place to be filled in reads in Spanish; one that is not here keeps its name."""


def of_any(text: Text, lang: Lang, mark: str) -> str:
    """`text` of the catalogue as it reads of any finding. `mark`: how a place to be filled in is shown, `*{}*`."""
    words = PLACES_ES if lang == "es" else {}
    return re.sub(r"\{(\w+)\}", lambda found: mark.format(words.get(found[1], found[1])), text.get(lang))


if set(GATES) != set(get_args(Gate)):
    raise ValueError("a gate has no title here")
