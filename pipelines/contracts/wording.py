"""How figures, days, sizes, codes and file names read in Spanish and English, on every page.

What belongs here: numbers, figures with their qualifier and unit, days and sizes in words; names of months, of the frequencies of the EU table (authority
`frequency`), of kinds of coverage, of licences, and of the files that every release has; the sentence that says that
a catalogue is an example. What does not: the vocabularies of the data, which stand in `vocab/`, and the texts of a
page, which stand in its template.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Any

from pipelines.contracts.dataset import Declared
from pipelines.contracts.frequency import MADRID
from pipelines.contracts.store import (
    CHANGES_FILE,
    DELTA_FILE,
    FINDINGS_FILE,
    METADATA_FILE,
    PACKAGE_FILE,
    QUALITY_FILE,
)
from pipelines.contracts.text import Lang, Text

MONTHS = [
    Text(es="enero", en="January"),
    Text(es="febrero", en="February"),
    Text(es="marzo", en="March"),
    Text(es="abril", en="April"),
    Text(es="mayo", en="May"),
    Text(es="junio", en="June"),
    Text(es="julio", en="July"),
    Text(es="agosto", en="August"),
    Text(es="septiembre", en="September"),
    Text(es="octubre", en="October"),
    Text(es="noviembre", en="November"),
    Text(es="diciembre", en="December"),
]

FREQUENCIES = {
    "IRREG": Text(es="sin periodicidad fija (documentos fechados)", en="no fixed frequency (dated documents)"),
    "CONT": Text(es="continua", en="continuous"),
    "UPDATE_CONT": Text(es="continua", en="continuous"),
    "HOURLY": Text(es="cada hora", en="hourly"),
    "DAILY_2": Text(es="dos veces al día", en="twice a day"),
    "DAILY": Text(es="diaria", en="daily"),
    "WEEKLY_3": Text(es="tres veces por semana", en="three times a week"),
    "WEEKLY_2": Text(es="dos veces por semana", en="twice a week"),
    "WEEKLY": Text(es="semanal", en="weekly"),
    "BIWEEKLY": Text(es="cada dos semanas", en="every two weeks"),
    "MONTHLY_3": Text(es="tres veces al mes", en="three times a month"),
    "MONTHLY_2": Text(es="dos veces al mes", en="twice a month"),
    "MONTHLY": Text(es="mensual", en="monthly"),
    "BIMONTHLY": Text(es="cada dos meses", en="every two months"),
    "QUARTERLY": Text(es="trimestral", en="quarterly"),
    "ANNUAL_3": Text(es="tres veces al año", en="three times a year"),
    "ANNUAL_2": Text(es="semestral", en="twice a year"),
    "ANNUAL": Text(es="anual", en="annual"),
    "BIENNIAL": Text(es="cada dos años", en="every two years"),
    "TRIENNIAL": Text(es="cada tres años", en="every three years"),
    "QUADRENNIAL": Text(es="cada cuatro años", en="every four years"),
    "QUINQUENNIAL": Text(es="cada cinco años", en="every five years"),
    "DECENNIAL": Text(es="cada diez años", en="every ten years"),
    "AS_NEEDED": Text(es="cuando hace falta", en="as needed"),
    "NEVER": Text(es="no se actualiza", en="never updated"),
    "UNKNOWN": Text(es="desconocida", en="unknown"),
    "OTHER": Text(es="otra", en="other"),
}

COVERAGE = {
    "complete": Text(es="Completa.", en="Complete."),
    "named-sample": Text(es="Muestra: solo lo que se nombra.", en="Sample: only what is named."),
    "unknown": Text(es="Cobertura desconocida.", en="Coverage unknown."),
}

TYPES = {
    "string": Text(es="texto", en="text"),
    "integer": Text(es="número entero", en="whole number"),
    "number": Text(es="número", en="number"),
    "boolean": Text(es="sí o no", en="yes or no"),
    "date": Text(es="fecha", en="date"),
    "datetime": Text(es="fecha y hora", en="date and time"),
    "year": Text(es="año", en="year"),
}
"""How the types of columns read (Frictionless Table Schema)."""

ABOUT = {
    PACKAGE_FILE: Text(es="Descripción de las tablas (Data Package)", en="Description of the tables (Data Package)"),
    METADATA_FILE: Text(es="Metadatos", en="Metadata"),
    QUALITY_FILE: Text(es="Calidad", en="Quality"),
    FINDINGS_FILE: Text(es="Avisos de las comprobaciones", en="Findings of the checks"),
    DELTA_FILE: Text(es="Filas nuevas, cambiadas y quitadas", en="Rows added, changed and removed"),
    CHANGES_FILE: Text(es="Qué cambia en esta versión", en="What changes in this version"),
}

EXAMPLE = Text(
    es="Este catálogo es un ejemplo y no una publicación oficial.",
    en="This catalogue is an example and no official publication.",
)
"""What pages and feeds say of a catalogue whose stage is `example`."""

Coded = tuple[str, Text]
"""A code and its label."""

UNITS = {
    "count": Text(es="{}", en="{}"),
    "count-per-month": Text(es="{} al mes", en="{} per month"),
    "count-per-year": Text(es="{} al año", en="{} per year"),
    "EUR": Text(es="{}\u00a0€", en="€{}"),
    "m2": Text(es="{}\u00a0m²", en="{}\u00a0m²"),
    "percent": Text(es="{}\u00a0%", en="{}%"),
    "rank": Text(es="puesto {}", en="rank {}"),
}
"""How a figure reads with its unit, where that is shorter than the label of the unit."""

_UNITS = ("kB", "MB", "GB", "TB")


def number(lang: Lang, value: int) -> str:
    """A count: `1,234` in English; `1234` and `12 345` in Spanish, where four digits stand together."""
    if lang == "en":
        return f"{value:,}"
    return f"{value:,}".replace(",", "\u202f") if abs(value) >= 10_000 else str(value)


def amount(lang: Lang, value: float) -> str:
    """A figure: grouped as `number`, with a decimal comma in Spanish."""
    if value == int(value):
        return number(lang, int(value))
    whole, point, rest = f"{value:,}".partition(".")
    if lang == "en":
        return f"{whole}.{rest}" if point else whole
    grouped = whole.replace(",", "\u202f" if abs(value) >= 10_000 else "")
    return f"{grouped},{rest}" if point else grouped


def figure(
    lang: Lang, value: float, upper: float | None = None, qualifier: Coded | None = None, unit: Coded | None = None
) -> str:
    """A figure as its source gives it, never without its qualifier: `más de 500`, `entre 10 y 12 al mes`, `almost 2%`.

    `upper`: the other bound where the figure is a range. A unit that is not in `UNITS` follows by its label.
    """
    read = amount(lang, value)
    if upper is not None:
        read = f"{read} {'y' if lang == 'es' else 'and'} {amount(lang, upper)}"
    if unit is not None:
        code, label = unit
        read = UNITS[code].get(lang).format(read) if code in UNITS else f"{read} ({label.get(lang)})"
    if qualifier is None or qualifier[0] == "exact":
        return read
    words = qualifier[1].get(lang)
    return f"{words[:1].lower()}{words[1:]} {read}"


def declared(lang: Lang, total: Declared, labels: dict[str, Text]) -> str:
    """A declared total with its qualifier, date and document: `más de 500 (2023, estrategia-2023)`."""
    plain = Text(es=total.qualifier, en=total.qualifier)
    read = figure(lang, total.value, qualifier=(total.qualifier, labels.get(total.qualifier, plain)))
    said = ", ".join(part for part in (total.date, total.document) if part)
    return f"{read} ({said})" if said else read


def size(lang: Lang, value: int) -> str:
    """A size in decimal units: `512 bytes`, `1,2 kB` in Spanish, `1.2 kB` in English."""
    if value < 1000:
        return f"{value}\u00a0bytes"
    power = 1
    while value / 1000**power >= 999.5 and power < len(_UNITS):
        power += 1
    scaled, unit = value / 1000**power, _UNITS[power - 1]
    figure = f"{scaled:.1f}" if scaled < 9.95 else f"{scaled:.0f}"
    return f"{figure.replace('.', ',') if lang == 'es' else figure}\u00a0{unit}"


def day(lang: Lang, value: date | datetime) -> str:
    """A day in words, `2 de enero de 2026` or `2 January 2026`; a moment is the day it was in Madrid."""
    here = value.astimezone(MADRID) if isinstance(value, datetime) else value
    month = MONTHS[here.month - 1].get(lang)
    return f"{here.day} de {month} de {here.year}" if lang == "es" else f"{here.day} {month} {here.year}"


def iso_day(value: date | datetime) -> str:
    """The same day as ISO 8601, for programs that read the page."""
    here = value.astimezone(MADRID).date() if isinstance(value, datetime) else value
    return here.isoformat()


def moment(lang: Lang, value: datetime) -> str:
    """A moment by the clocks of Madrid: `2 de enero de 2026, 06:00`."""
    return f"{day(lang, value)}, {value.astimezone(MADRID):%H:%M}"


def frequency(lang: Lang, code: str) -> str:
    """How often the dataset is renewed, from the EU table of frequencies; an unknown code stays as it is."""
    return FREQUENCIES[code].get(lang) if code in FREQUENCIES else code


def licence(iri: str) -> str:
    """The short name in the IRI of a licence: `CC BY 4.0`; the IRI itself where it has none."""
    creative = re.fullmatch(r"https?://creativecommons\.org/licenses/([a-z-]+)/([\d.]+)/?(?:deed\.\w+)?", iri)
    if creative:
        return f"CC {creative[1].upper()} {creative[2]}"
    authority = re.fullmatch(r"https?://publications\.europa\.eu/resource/authority/licence/(\w+)", iri)
    return re.sub(r"(\d) (?=\d)", r"\1.", authority[1].replace("_", " ")) if authority else iri


def wording(lang: Lang) -> dict[str, Callable[[Any], str]]:
    """What the templates of pages say things with in `lang`: functions of one value, by name."""
    return {
        "text": lambda text: text.get(lang),
        "number": partial(number, lang),
        "size": partial(size, lang),
        "day": partial(day, lang),
        "iso": iso_day,
        "moment": partial(moment, lang),
        "frequency": partial(frequency, lang),
        "covers": lambda kind: COVERAGE[kind].get(lang),
        "licence": licence,
        "type": lambda name: TYPES[name].get(lang) if name in TYPES else name,
    }
