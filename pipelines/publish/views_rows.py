"""What a view shows: its rows, what is drawn of them, and the same in sentences.

What belongs here: bars, matrices and networks. What does not: queries, which are `views_table`; series of observations,
which are `views_series`; how a drawing looks, which is `views_drawing`.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from pipelines.contracts.reading import SCOPE
from pipelines.contracts.text import LANGS, Lang, Text
from pipelines.contracts.views import View, ViewCell
from pipelines.contracts.wording import number
from pipelines.publish.views_drawing import MOST_DRAWN, End, Spec, bars, network
from pipelines.publish.views_table import Cell, ViewTable, with_caveats

STATED = "stated"
"""Code of what a source says itself, in the column with the role `basis`."""
NOTHING_STATED = Text(es="nada consta", en="nothing stated")
"""What stands in a matrix where no row says anything. Nobody said no."""
ROWS = Text(es="Filas", en="Rows")
MOST_NAMED = 8
"""Names of one list in a sentence; all of them are in the data."""


@dataclass(frozen=True)
class Told:
    """What a view shows: the data behind it, in sentences, and the panels of its drawing; None without one."""

    header: list[Text]
    rows: list[list[ViewCell]]
    alternative: Text
    panels: Callable[[Lang], list[Spec]] | None = None


def bars_of(table: ViewTable, view: View, titles: dict[str, Text]) -> Told:
    """How many rows have each value of a column: in the order of its vocabulary, else the greatest first."""
    column = str(view.by)
    counted = table.counts(column, view)
    coded = column in table.schemes
    counted.sort(key=lambda pair: (pair[0].order[0], 0 if coded else -pair[1], pair[0].order))
    rows = [[cell.shown, _counted(n)] for cell, n in counted]
    drawn = 0 < len(counted) <= MOST_DRAWN

    def panels(lang: Lang) -> list[Spec]:
        labels = [cell.text.get(lang) for cell, _ in counted]
        return [bars(labels, [n for _, n in counted], [number(lang, n) for _, n in counted])]

    total = sum(n for _, n in counted)
    said = [
        Text(
            es=f"Filas contadas según «{titles[column].es}»: {number('es', total)}. Valores distintos: {len(counted)}.",
            en=f"Rows counted by '{titles[column].en}': {number('en', total)}. Different values: {len(counted)}.",
        )
    ]
    if counted:
        said += _extremes(counted)
    if len(counted) > MOST_DRAWN:
        said.append(TOO_MANY)
    return Told([titles[column], ROWS], rows, sentences(said), panels if drawn else None)


def matrix_of(table: ViewTable, view: View, titles: dict[str, Text]) -> Told:
    """What was said of each subject in each year: every row whose date may fall in it. Undated rows are left out."""
    by, value, basis, day = str(view.by), str(view.value), table.column("basis"), table.column("date")
    asked = [by, value, *([basis] if basis else [])]
    lines: dict[str, Cell] = {}
    said: dict[tuple[str, str], dict[str, ViewCell]] = {}
    unseen = 0
    for subject, what, *rest in table.rows(asked, view, [f"{day}_from", f"{day}_to"]):
        years = [year for year in view.at if touches(year, *rest[-2:])]
        unseen += not years
        for year in years:
            lines[subject.identity] = subject
            cell = _with_basis(what, rest[0] if basis else None)
            said.setdefault((subject.identity, year), {})[cell.text.es] = cell
    ordered = sorted(lines.values(), key=lambda cell: cell.order)
    cells = [[_joined(list(said.get((line.identity, year), {}).values())) for year in view.at] for line in ordered]
    rows = [[line.shown, *columns] for line, columns in zip(ordered, cells, strict=True)]
    header = [titles[by], *(Text(es=year, en=year) for year in view.at)]
    heading = Text(
        es=f"Filas («{titles[by].es}»): {len(rows)}. Años: {', '.join(view.at)}.",
        en=f"Rows ('{titles[by].en}'): {len(rows)}. Years: {', '.join(view.at)}.",
    )
    told = [heading, *(_year(year, [line[n] for line in cells]) for n, year in enumerate(view.at) if cells)]
    if unseen:
        told.append(
            Text(
                es=f"Afirmaciones de otras fechas o sin fecha, que no se muestran: {number('es', unseen)}.",
                en=f"Statements of other dates, or without one, which are not shown: {number('en', unseen)}.",
            )
        )
    return Told(header, rows, sentences(told))


def network_of(table: ViewTable, view: View, titles: dict[str, Text], among: set[str] | None) -> Told:
    """What rows join: `by` on the left, `to` on the right. `among`: the paths that may stand on the left, None for all."""
    by, to = str(view.by), str(view.to)
    coded = [c for c, scheme in table.schemes.items() if scheme != SCOPE and c not in (by, to, table.column("basis"))]
    asked = [by, to, *(coded if len(coded) == 1 else [])]
    found = [row for row in table.rows(asked, view, table.caveats) if row[0].code and row[1].code]
    found = [row for row in found if among is None or row[0].path in among]
    found.sort(key=lambda row: [cell.order for cell in row[: len(asked)]])
    header, rows = [titles[c] for c in asked], [[cell.shown for cell in row[: len(asked)]] for row in found]
    with_caveats(header, rows, [row[len(asked) :] for row in found])
    pairs = list(dict.fromkeys((row[0].identity, row[1].identity) for row in found))
    cells = {cell.identity: cell for row in found for cell in row[:2]}
    left, right = (list(dict.fromkeys(pair[n] for pair in pairs)) for n in (0, 1))
    many = max(len(left), len(right)) > MOST_DRAWN
    if not many:
        _order_sides(left, right, pairs)

    def panels(lang: Lang) -> list[Spec]:
        ends = [[End(cells[i].text.get(lang), cells[i].path) for i in side] for side in (left, right)]
        return [network(ends[0], ends[1], [(left.index(a), right.index(b)) for a, b in pairs])]

    said = [
        Text(
            es=f"Uniones: {len(pairs)}, entre {len(left)} («{titles[by].es}») y {len(right)} («{titles[to].es}»).",
            en=f"Links: {len(pairs)}, between {len(left)} ('{titles[by].en}') and {len(right)} ('{titles[to].en}').",
        )
    ]
    if pairs:
        # Named in the order of the labels, which is that of the rows.
        most = [(cells[i], n) for i, n in Counter(a for a, _ in pairs).items()]
        said += _extremes(most, Text(es="uniones", en="links"))
    if many:
        said.append(TOO_MANY)
    return Told(header, rows, sentences(said), panels if pairs and not many else None)


def touches(year: str, first: str | None, last: str | None) -> bool:
    """Whether days between `first` and `last` fall in `year`. An end that is open or unknown says no more than the other."""
    if not (first or last):
        return False
    return str(first or last)[:4] <= year <= str(last or first)[:4]


def sentences(said: Iterable[Text]) -> Text:
    """The sentences, one after the other."""
    told = list(said)
    return Text(es=" ".join(t.es for t in told), en=" ".join(t.en for t in told))


def day_of(value: str) -> date:
    """The day of a bound, as the database has it."""
    return date.fromisoformat(value)


TOO_MANY = Text(
    es="Son demasiados para dibujarlos; los datos están en la tabla.",
    en="They are too many to be drawn; the data are in the table.",
)
"""What is said instead of a drawing with more than `MOST_DRAWN` parts."""


def _counted(n: int) -> ViewCell:
    return ViewCell(text=Text(es=number("es", n), en=number("en", n)))


def _extremes(counted: list[tuple[Cell, int]], of: Text | None = None) -> list[Text]:
    """The greatest and the smallest of the counts, with those that have them."""
    noun = of or Text(es="filas", en="rows")
    out = []
    counts = [n for _, n in counted]
    for es, en, n in (("Más", "Most", max(counts)), ("Menos", "Fewest", min(counts))):
        having = _named([cell.text for cell, count in counted if count == n])
        out.append(
            Text(
                es=f"{es} {noun.es} ({number('es', n)}): {having.es}.",
                en=f"{en} {noun.en} ({number('en', n)}): {having.en}.",
            )
        )
    return out if max(counts) > min(counts) else out[:1]


def _named(texts: list[Text]) -> Text:
    """The first `MOST_NAMED` of the names, and how many more there are: who listens to a sentence cannot skim it."""
    more = len(texts) - MOST_NAMED
    es, en = ("; ".join(t.get(lang) for t in texts[:MOST_NAMED]) for lang in LANGS)
    if more <= 0:
        return Text(es=es, en=en)
    return Text(es=f"{es}, y {number('es', more)} más", en=f"{en}, and {number('en', more)} more")


def _with_basis(what: Cell, basis: Cell | None) -> ViewCell:
    """A value, with its basis where its source does not state it."""
    if basis is None or basis.code in (STATED, None):
        return what.shown
    text = Text(
        es=f"{what.text.es} ({_small(basis.text.es)})",
        en=f"{what.text.en} ({_small(basis.text.en)})",
    )
    return ViewCell(text=text, path=what.path)


def _small(words: str) -> str:
    return f"{words[:1].lower()}{words[1:]}"


def _joined(cells: list[ViewCell]) -> ViewCell:
    if not cells:
        return ViewCell(text=NOTHING_STATED)
    if len(cells) == 1:
        return cells[0]
    return ViewCell(text=Text(es="; ".join(c.text.es for c in cells), en="; ".join(c.text.en for c in cells)))


def _year(year: str, cells: list[ViewCell]) -> Text:
    """What stands in the column of a year, and how often."""
    often = Counter((c.text.es, c.text.en) for c in cells)
    ordered = sorted(often.items(), key=lambda pair: (pair[0][0] == NOTHING_STATED.es, -pair[1], pair[0]))
    es = ", ".join(f"{text} ({number('es', n)})" for (text, _), n in ordered)
    en = ", ".join(f"{text} ({number('en', n)})" for (_, text), n in ordered)
    return Text(es=f"En {year}: {es}.", en=f"In {year}: {en}.")


def _order_sides(left: list[str], right: list[str], pairs: list[tuple[str, str]]) -> None:
    """Put both sides in an order with few crossings: each end where those that it is joined to stand on average."""
    for _ in range(2):
        right.sort(key=lambda end: _mean([left.index(a) for a, b in pairs if b == end]))
        left.sort(key=lambda end: _mean([right.index(b) for a, b in pairs if a == end]))


def _mean(places: list[int]) -> float:
    return sum(places) / len(places)
