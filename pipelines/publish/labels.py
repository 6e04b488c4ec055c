"""How codes and file names read in Spanish and English on the pages.

What belongs here: names of months, of the frequencies of the EU table (authority `frequency`), of kinds
of coverage, and of the files that every release has. What does not: the vocabularies of the data, which
stand in `vocab/`.
"""

from pipelines.contracts.store import (
    CHANGES_FILE,
    DELTA_FILE,
    FINDINGS_FILE,
    METADATA_FILE,
    PACKAGE_FILE,
    QUALITY_FILE,
)
from pipelines.contracts.text import Text

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

ABOUT = {
    PACKAGE_FILE: Text(es="Descripción de las tablas (Data Package)", en="Description of the tables (Data Package)"),
    METADATA_FILE: Text(es="Metadatos", en="Metadata"),
    QUALITY_FILE: Text(es="Calidad", en="Quality"),
    FINDINGS_FILE: Text(es="Avisos de las comprobaciones", en="Findings of the checks"),
    DELTA_FILE: Text(es="Filas nuevas, cambiadas y quitadas", en="Rows added, changed and removed"),
    CHANGES_FILE: Text(es="Qué cambia en esta versión", en="What changes in this version"),
}
