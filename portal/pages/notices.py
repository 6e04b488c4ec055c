"""The legal notice, the statement of accessibility, and the page of a refusal.

What belongs here: pages whose words hardly depend on the data. What does not: deciding to refuse.
"""

from pipelines.contracts.text import Lang, Text
from portal.answer import Answer, Problem
from portal.pages.render import Here, page, render
from portal.site import Site

TITLES: dict[int, Text] = {
    400: Text(es="La petición no se entiende", en="The request is not understood"),
    404: Text(es="Aquí no hay nada", en="There is nothing here"),
    405: Text(es="Aquí solo se lee", en="This is only for reading"),
    406: Text(es="No se ofrece en ese formato", en="Not offered in that format"),
    410: Text(es="Se ha retirado", en="It was withdrawn"),
    429: Text(es="Demasiadas peticiones", en="Too many requests"),
    500: Text(es="Algo ha fallado aquí", en="Something failed here"),
    503: Text(es="Por ahora no está disponible", en="Not available for now"),
}
OTHER = Text(es="No se puede responder", en="This cannot be answered")


def legal(site: Site, lang: Lang) -> Answer:
    """The legal notice."""
    return page(render(site, lang, "legal.html", Here.both("/legal")), lang)


def accessibility(site: Site, lang: Lang) -> Answer:
    """The statement of accessibility."""
    return page(render(site, lang, "accessibility.html", Here.both("/accessibility")), lang)


def problem_page(site: Site | None, lang: Lang, problem: Problem) -> bytes:
    """The page of a refusal; `site` None where there is none to show. Nothing of the address asked for is repeated."""
    title = TITLES.get(problem.status, OTHER)
    return render(site, lang, "problem.html", Here.both("/"), problem=problem, title=title, noindex=True)
