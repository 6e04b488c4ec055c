"""The dataset as schema.org JSON-LD, for the page about it and for search engines.

What belongs here: which word of schema.org says which part of the model. What does not: the page.
"""

from typing import Any

from pipelines.contracts import metadata as meta
from pipelines.contracts.text import LANGS, Text
from pipelines.describe.dcat import dataset_page, file_address

_LANGUAGES = {"SPA": "es", "ENG": "en"}
"""EU language codes with a shorter code; the others are valid BCP 47 in lower case."""


def schema_org(dataset: meta.Dataset, base_url: str) -> dict[str, Any]:
    """A schema.org Dataset as JSON values, texts in both languages.

    `base_url` is where the portal is served, without a final slash.
    """
    publisher = _organisation(dataset.publisher)
    out = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": dataset.iri,
        "identifier": dataset.identifier,
        "url": dataset_page(dataset, base_url),
        "name": _text(dataset.titles),
        "description": _text(dataset.descriptions),
        "keywords": [{"@language": lang, "@value": word} for lang in LANGS for word in dataset.keywords.get(lang)],
        "license": dataset.licence,
        "isAccessibleForFree": True,
        "creator": publisher,
        "publisher": publisher,
        "version": dataset.version,
        "datePublished": dataset.issued.isoformat(),
        "dateModified": dataset.data_changed.isoformat(timespec="seconds"),
        "inLanguage": [_LANGUAGES.get(code, code.lower()) for code in dataset.languages],
        "spatialCoverage": [{"@type": "Place", "@id": place.iri} for place in dataset.spatial],
        "variableMeasured": [_variable(t, f) for t in dataset.tables for f in t.fields if not f.derived_from],
        "distribution": [_download(dataset, file, base_url) for file in dataset.distributions],
    }
    if dataset.temporal:
        out["temporalCoverage"] = _interval(dataset.temporal)
    return out


def _text(text: Text) -> list[dict[str, str]]:
    return [{"@language": lang, "@value": text.get(lang)} for lang in LANGS]


def _organisation(agent: meta.Agent) -> dict[str, Any]:
    return {"@type": "Organization", "@id": agent.iri, "name": _text(agent.name), "url": agent.homepage}


def _interval(period: meta.PeriodOfTime) -> str:
    """An ISO 8601 interval; `..` where an end is open."""
    return "/".join(day.isoformat() if day else ".." for day in (period.start, period.end))


def _variable(table: meta.TableFacts, field: meta.FieldFacts) -> dict[str, Any]:
    unit = {"unitText": field.unit} if field.unit else {}
    name = f"{table.name}.{field.name}"
    return {"@type": "PropertyValue", "name": name, "description": _text(field.descriptions), **unit}


def _download(dataset: meta.Dataset, file: meta.Distribution, base_url: str) -> dict[str, Any]:
    return {
        "@type": "DataDownload",
        "@id": file.iri,
        "name": _text(file.titles),
        "encodingFormat": file.media_type,
        "contentUrl": file_address(dataset, file.file, base_url),
        "contentSize": f"{file.byte_size} B",
        "sha256": file.checksum.sha256,
    }
