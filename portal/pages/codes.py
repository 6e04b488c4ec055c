"""The pages of finding codes: the list of all, and one page a code.

What belongs here: those pages. What does not: what a code means, which `pipelines.contracts.messages` says, and where
it occurs, which is `portal.codes`.
"""

from pipelines.contracts.codes import GATES, OWNERS, SEVERITIES, of_any
from pipelines.contracts.findings import Gate, Message, catalogue
from pipelines.contracts.text import Lang, Text
from portal.answer import Answer, Problem
from portal.codes import in_order, occurring, total
from portal.pages.facts import title_of
from portal.pages.render import Here, page, render, segment
from portal.site import Site

MARK = "‹{}›"
"""How a place that a finding fills in is shown."""


def codes_page(site: Site, lang: Lang) -> Answer:
    """All codes: those that occur in the edition, then the others by gate."""
    now = occurring(site)
    rest: dict[Gate, list[tuple[str, Message]]] = {gate: [] for gate in GATES}
    for code, message in in_order(site):
        if code not in now:
            rest[message.gate].append((code, message))
    known = catalogue()
    body = render(
        site,
        lang,
        "codes.html",
        Here.both("/findings"),
        now=[(code, known.get(code), total(where), len({o.dataset for o in where})) for code, where in now.items()],
        rest={gate: codes for gate, codes in rest.items() if codes},
        gates=GATES,
        severities=SEVERITIES,
        of_any=lambda text: _of_any(text, lang),
    )
    return page(body, lang)


def code_page(site: Site, lang: Lang, code: str) -> Answer:
    """One code. Raises `Problem` 404."""
    message = catalogue().get(code)
    if message is None:
        raise Problem(
            404, "finding-unknown", "No hay ningún aviso con ese código.", "There is no finding of that code."
        )
    where = occurring(site).get(code, [])
    body = render(
        site,
        lang,
        "code.html",
        Here.both(f"/findings/{segment(code)}"),
        code=code,
        message=message,
        where=where,
        total=total(where),
        titles={o.dataset: title_of(site, o.dataset) for o in where},
        tables={(d.id, t.name): t.titles for d in site.catalogue.datasets for t in d.tables},
        gates=GATES,
        severities=SEVERITIES,
        owners=OWNERS,
        of_any=lambda text: _of_any(text, lang),
    )
    return page(body, lang)


def _of_any(text: Text, lang: Lang) -> str:
    return of_any(text, lang, MARK)
