"""The OpenAPI of the whole: what the routes say, and the paths of each table with its typed parameters.

What belongs here: `document`. What does not: what is said of tables, which is `openapi_tables`.
"""

import json
from weakref import WeakKeyDictionary

from portal.answer import JSON, Answer
from portal.filters import digits
from portal.openapi_tables import PRINTABLE, PROBLEM_ANSWER, Described, readings, tables
from portal.site import Site

_MADE: WeakKeyDictionary[Site, Answer] = WeakKeyDictionary()
"""Some megabytes that take a tenth of a second. A site that is no longer shown must go, with all that it has open."""


def document(site: Site, described: Described) -> Answer:
    """The OpenAPI of the site as JSON. `described`: what the routes say of themselves; it is not changed.

    A dataset whose tables cannot be asked yet (`Tables.reading`) is left out.
    """
    known = _MADE.get(site)
    if known is None:
        made = readings(site)
        known = _made(site, described, tables(site, made))
        if len(made) == sum(shown.pinned is not None for shown in site.datasets.values()):
            # What is still missing comes without another site, when the next publication has made it.
            _MADE[site] = known
    return known


def _made(site: Site, described: Described, ours: Described) -> Answer:
    paths = {**{path: _refusing(item) for path, item in described["paths"].items()}, **ours["paths"]}
    known = described.get("components", {})
    components = {
        **known,
        **ours["components"],
        "schemas": {**known.get("schemas", {}), **ours["components"]["schemas"]},
    }
    catalogue = site.catalogue
    whole = {
        **described,
        "info": {
            **described["info"],
            "title": f"{catalogue.titles.en} · {catalogue.titles.es}",
            "description": f"{catalogue.descriptions.en}\n\n{catalogue.descriptions.es}",
        },
        "servers": [{"url": site.base_url}],
        "paths": paths,
        "components": components,
    }
    body = json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(body, JSON, etag=f"{site.key}-{digits(body)}")


def _refusing(item: Described) -> Described:
    """A path whose operations say how they refuse: as a problem, and never with the framework's own 422."""
    out = {}
    for method, operation in item.items():
        responses = {k: v for k, v in operation.get("responses", {}).items() if k != "422"}
        parameters = [_printable(p) for p in operation.get("parameters", [])]
        out[method] = {**operation, "parameters": parameters, "responses": {**responses, "default": PROBLEM_ANSWER}}
    return out


def _printable(parameter: Described) -> Described:
    """A parameter of the path says that it holds only what can be printed; `limits` refuses the rest."""
    schema = parameter.get("schema", {})
    if parameter.get("in") != "path" or schema.get("type") != "string" or "enum" in schema:
        return parameter
    return {**parameter, "schema": {"pattern": PRINTABLE, **schema}}
