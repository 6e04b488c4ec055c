"""The addresses that a row has for a reader: in the explorer of its table, and the mail that reports a problem in it.

What belongs here: these two. What does not: the addresses of things, which are the paths of their IRIs.
"""

from urllib.parse import quote, urlencode

from pipelines.contracts.text import Lang
from portal.pages.render import segment
from portal.site import Site
from portal.statements import Row


def explorer(site: Site, lang: Lang, row: Row) -> str:
    """The address of a row in the explorer of its table."""
    key = site.table(row.dataset, site.version(row.dataset, None), row.table).facts.key
    query = urlencode({f"{c}__eq": row.cells[c] for c in key if row.cells.get(c) is not None})
    return f"/{lang}/datasets/{segment(row.dataset)}/{segment(row.table)}?{query}"


def report(site: Site, lang: Lang, row: Row, path: str) -> str:
    """The address that begins a mail about a row, with record and version filled in. `path`: of the page it is seen on."""
    meta = site.metadata(row.dataset, site.version(row.dataset, None))
    record = f"{row.dataset} {meta.version}, {row.table}, {row.key}"
    subject, wrong = ("Problema en", "Qué está mal") if lang == "es" else ("Problem in", "What is wrong")
    body = f"{record}\n{site.base_url}{path}\n\n{wrong}:\n"
    return f"mailto:{meta.contact.email}?" + urlencode(
        {"subject": f"{subject} {record}", "body": body}, quote_via=quote
    )
