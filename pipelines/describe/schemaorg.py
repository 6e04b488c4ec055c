"""The dataset as schema.org JSON-LD, for the page about it and for search engines.

What belongs here: which word of schema.org says which part of the model; the properties are those that dataset
search engines ask for or recommend. What does not: the page.

`citation` is left out on purpose: to schema.org it names works to be cited besides the dataset. How to cite the
dataset itself stands in `creditText`.
"""

from typing import Any

from pipelines.contracts import metadata as meta
from pipelines.contracts.project import Project
from pipelines.contracts.text import LANGS, Text
from pipelines.contracts.wording import EXAMPLE
from pipelines.describe import iris
from pipelines.describe.citation import apa
from pipelines.describe.dcat import dataset_page, file_address

_LANGUAGES = {"SPA": "es", "ENG": "en"}
"""EU language codes with a shorter code; the others are valid BCP 47 in lower case."""


def schema_org(dataset: meta.Dataset, base_url: str, project: Project | None = None) -> dict[str, Any]:
    """A schema.org Dataset as JSON values, texts in both languages.

    `base_url` is where the portal is served, without a final slash. The catalogue and the sources are told where
    `project` is given; a source that the project no longer has is not.
    """
    publisher = _organisation(dataset.publisher, dataset.contact)
    out = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": dataset.iri,
        "identifier": [dataset.identifier, dataset.iri],
        "sameAs": dataset.iri,
        "url": dataset_page(dataset, base_url),
        "name": _text(dataset.titles),
        "description": _text(dataset.descriptions),
        "keywords": [{"@language": lang, "@value": word} for lang in LANGS for word in dataset.keywords.get(lang)],
        "license": dataset.licence,
        "isAccessibleForFree": True,
        "creator": publisher,
        "publisher": publisher,
        "creditText": [{"@language": lang, "@value": apa(dataset, lang)} for lang in LANGS],
        "version": dataset.version,
        "datePublished": dataset.issued.isoformat(),
        "dateModified": dataset.data_changed.isoformat(timespec="seconds"),
        "inLanguage": [_language(code) for code in dataset.languages],
        "spatialCoverage": [{"@type": "Place", "@id": place.iri, "identifier": place.iri} for place in dataset.spatial],
        "variableMeasured": [_variable(t, f) for t in dataset.tables for f in t.fields if not f.derived_from],
        "distribution": [_download(dataset, file, base_url) for file in dataset.distributions],
    }
    if dataset.temporal:
        out["temporalCoverage"] = _interval(dataset.temporal)
    return out | _surroundings(dataset, project) if project else out


def _surroundings(dataset: meta.Dataset, project: Project) -> dict[str, Any]:
    """The catalogue that lists the dataset, what the dataset was made from, and whether all of it is an example."""
    catalogue = project.catalogue
    out: dict[str, Any] = {
        "includedInDataCatalog": {
            "@type": "DataCatalog",
            "@id": iris.catalogue(catalogue.uri_base),
            "name": _text(catalogue.titles),
            "url": f"{catalogue.uri_base}/",
        }
    }
    sources = [project.sources[name] for name in dataset.sources if name in project.sources]
    if sources:
        out["isBasedOn"] = [
            {
                "@type": "CreativeWork",
                "name": _text(source.title),
                "publisher": {"@type": "Organization", "name": _text(source.publisher)},
                **({"url": source.landing_page} if source.landing_page else {}),
            }
            for source in sources
        ]
    if catalogue.stage == "example":
        out["disambiguatingDescription"] = _text(EXAMPLE)
    return out


def _text(text: Text) -> list[dict[str, str]]:
    return [{"@language": lang, "@value": text.get(lang)} for lang in LANGS]


def _language(code: str) -> str:
    return _LANGUAGES.get(code, code.lower())


def _organisation(agent: meta.Agent, contact: meta.ContactPoint) -> dict[str, Any]:
    office = {"@type": "ContactPoint", "@id": contact.iri, "name": _text(contact.name), "email": contact.email}
    return {
        "@type": "Organization",
        "@id": agent.iri,
        "identifier": agent.identifier,
        "name": _text(agent.name),
        "url": agent.homepage,
        "contactPoint": {**office, **({"url": contact.url} if contact.url else {})},
    }


def _interval(period: meta.PeriodOfTime) -> str:
    """An ISO 8601 interval; `..` where an end is open."""
    return "/".join(day.isoformat() if day else ".." for day in (period.start, period.end))


def _variable(table: meta.TableFacts, field: meta.FieldFacts) -> dict[str, Any]:
    """A column; `alternateName` is how the files call it."""
    unit = {"unitCode": field.unit} if field.unit else {}
    return {
        "@type": "PropertyValue",
        "name": _text(field.titles),
        "alternateName": f"{table.name}.{field.name}",
        "description": _text(field.descriptions),
        **unit,
    }


def _download(dataset: meta.Dataset, file: meta.Distribution, base_url: str) -> dict[str, Any]:
    return {
        "@type": "DataDownload",
        "@id": file.iri,
        "name": _text(file.titles),
        "description": _text(file.descriptions),
        "encodingFormat": file.media_type,
        "contentUrl": file_address(dataset, file.file, base_url),
        "contentSize": f"{file.byte_size} B",
        "sha256": file.checksum.sha256,
        "license": file.licence,
        "datePublished": file.issued.isoformat(timespec="seconds"),
        "inLanguage": [_language(code) for code in file.languages],
    }
