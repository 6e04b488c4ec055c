"""The formats in which a table is published, and their codes.

What belongs here: for each extension its EU file-type code, its media type and its words. What does
not: writing the files.

Two choices. The EU table of file types has no code for JSON Lines (216 codes of 2024-09-25): such a
file is described as `JSON`, the nearest code, for a code that is not in the table makes a federator
drop the dataset. IANA has registered no media type for JSON Lines either: `application/jsonl` is what
the format's own page proposes, so it is the type in the Data Package, and RDF leaves it out, because
`dcat:mediaType` is a name in IANA's register (DCAT 3, 6.8.17).
"""

from dataclasses import dataclass

from pipelines.contracts.text import Text


@dataclass(frozen=True)
class FileFormat:
    """One format: its code in the EU table, its media type, and whether IANA has registered it."""

    code: str
    media_type: str
    registered: bool
    name: str
    words: Text


FORMATS = {
    "csv": FileFormat(
        "CSV",
        "text/csv",
        True,
        "CSV",
        Text(
            es="Texto en UTF-8 separado por comas (RFC 4180), con una fila de cabecera.",
            en="Comma-separated text in UTF-8 (RFC 4180) with a header row.",
        ),
    ),
    "xlsx": FileFormat(
        "XLSX",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        True,
        "Excel",
        Text(
            es="Libro de Excel, con hojas para las columnas, los códigos y la cobertura.",
            en="Excel workbook, with sheets for the columns, the codes and the coverage.",
        ),
    ),
    "jsonl": FileFormat(
        "JSON",
        "application/jsonl",
        False,
        "JSON Lines",
        Text(es="Un objeto JSON por línea, en UTF-8.", en="One JSON object a line, in UTF-8."),
    ),
    "parquet": FileFormat(
        "PARQUET",
        "application/vnd.apache.parquet",
        True,
        "Parquet",
        Text(
            es="Apache Parquet: columnas con su tipo, para programas de análisis.",
            en="Apache Parquet: typed columns, for analysis programs.",
        ),
    ),
    "ttl": FileFormat(
        "RDF_TURTLE",
        "text/turtle",
        True,
        "Turtle",
        Text(es="Datos enlazados (RDF) en Turtle.", en="Linked data (RDF) as Turtle."),
    ),
    "nt": FileFormat(
        "RDF_N_TRIPLES",
        "application/n-triples",
        True,
        "N-Triples",
        Text(es="Datos enlazados (RDF), una tripleta por línea.", en="Linked data (RDF), a triple a line."),
    ),
}
"""The formats by extension; the extensions are those of `contracts.store`, of tables and of graphs."""

IANA_MEDIA_TYPES = frozenset(f.media_type for f in FORMATS.values() if f.registered)
"""Those of our media types that are in IANA's register."""
