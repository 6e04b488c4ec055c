"""The database says which columns of an observation are its figure and what belongs to it."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.publish.edition_city import publish
from tests.publish.views_city import figures_file, make_views_city, tree_of

OF_A_FIGURE = {"indicator", "value", "upper", "unit", "qualifier", "formula"}


def roles(database: Path) -> set[tuple[str, str, str]]:
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro&immutable=1", uri=True)) as base:
        found = base.execute("SELECT table_name, column, role FROM role WHERE table_name IN ('figures', 'visits')")
        return {row for row in found if row[2] in OF_A_FIGURE}


def test_roles_tell_the_figure_its_bound_unit_and_qualifier_and_only_of_the_row_itself(tmp_path: Path) -> None:
    tiny = make_views_city(tmp_path / "city")
    content = figures_file()
    (one,) = content["resources"]  # type: ignore[misc]
    fields = {f["name"]: f for f in one["schema"]["fields"]}  # type: ignore[index]
    # A value of something else than the row is no figure of it.
    fields["caveat_es"]["rdf"] = {"propertyUrl": "city:derivation"}
    fields["caveat_en"]["rdf"] = {"propertyUrl": "sdmx-measure:obsValue", "aboutUrl": "#passage"}
    tiny.schema(content)
    (database,) = tree_of(publish(tiny)).glob("editions/*/edition.sqlite")
    assert roles(database) == {
        ("figures", "indicator", "indicator"),
        ("figures", "value", "value"),
        ("figures", "upper", "upper"),
        ("figures", "unit", "unit"),
        ("figures", "qualifier", "qualifier"),
        ("figures", "caveat_es", "formula"),
    }
