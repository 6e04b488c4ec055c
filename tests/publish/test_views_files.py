"""The files of views stand in the tree, are verified, fall with a withdrawal, and stop no publication."""

import csv
import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from pipelines.contracts.findings import Finding
from pipelines.contracts.project import Project
from pipelines.contracts.records import Edition
from pipelines.contracts.store import EDITION_FILE
from pipelines.publish import publish_portal, take_down, verify_portal
from tests.publish.edition_city import LATER, places, publish
from tests.publish.views_city import declare, figures_file, files_of, make_views_city, tree_of, view
from tests.tiny import Tiny

LINE = ["line.csv", "line.en.svg", "line.es.svg", "line.json"]


def city(root: Path) -> Tiny:
    tiny = make_views_city(root / "city")
    declare(tiny, places(), view("kinds", "bars", "places", by="kind"))
    tiny.schema(figures_file(view("line", "line", "figures")))
    return tiny


def editions(project: Project) -> list[Edition]:
    """The editions of the store, oldest first."""
    return [
        Edition.model_validate(json.loads((folder / EDITION_FILE).read_text(encoding="utf-8")))
        for folder in sorted(project.store.editions.glob("2*"))
    ]


def show(project: Project, edition: Edition) -> list[Finding]:
    done = publish_portal(project, edition)
    assert done.result == "applied"
    return done.findings


def test_views_stand_in_the_tree_beside_the_versions_of_their_dataset(tmp_path: Path) -> None:
    project = publish(city(tmp_path))
    assert list(files_of(project, "figures")) == LINE
    assert list(files_of(project, "places")) == ["kinds.csv", "kinds.en.svg", "kinds.es.svg", "kinds.json"]
    assert files_of(project, "visits") == {}
    assert verify_portal(project) == []


def test_verify_tells_a_changed_a_missing_and_a_foreign_file(tmp_path: Path) -> None:
    project = publish(city(tmp_path))
    folder = tree_of(project) / "datasets" / "figures" / "views"
    (folder / "line.es.svg").write_text("<svg/>", encoding="utf-8")
    (folder / "line.en.svg").unlink()
    (folder / "other.json").write_text("{}", encoding="utf-8")
    found = {(f.code, (f.part or "").rpartition("/")[2]) for f in verify_portal(project)}
    assert found == {
        ("portal-file-changed", "line.es.svg"),
        ("portal-file-missing", "line.en.svg"),
        ("portal-file-foreign", "other.json"),
    }


def test_new_view_makes_a_new_tree_and_no_release(tmp_path: Path) -> None:
    tiny = city(tmp_path)
    first = publish(tiny)
    tree, releases = tree_of(first), sorted(first.store.releases.glob("*/2*"))
    declare(tiny, figures_file(), view("units", "bars", "figures", by="unit"))
    project = publish(tiny)
    assert tree_of(project) != tree
    assert sorted(project.store.releases.glob("*/2*")) == releases
    assert "units.es.svg" in files_of(project, "figures")
    assert "line.json" not in files_of(project, "figures")


def test_same_edition_gives_the_same_files(tmp_path: Path) -> None:
    project = publish(city(tmp_path))
    first = files_of(project, "figures")
    project.store.portal.unlink()
    show(project, editions(project)[-1])
    assert files_of(project, "figures") == first


def test_view_that_an_older_version_has_no_column_for_is_left_out_with_a_warning(tmp_path: Path) -> None:
    tiny = city(tmp_path)
    tiny.schema(figures_file(rows_without="qualifier"))
    publish(tiny)
    views: list[dict[str, Any]] = [
        view("line", "line", "figures"),
        view("kinds", "bars", "figures", by="qualifier"),
        view("units", "bars", "figures", by="unit"),
    ]
    tiny.schema(figures_file(*views))
    project = publish(tiny)
    assert len(files_of(project, "figures")) == 12
    older, newer = editions(project)
    found = show(project, older)
    assert [(f.code, f.severity, f.dataset, f.value, f.params["lacks"]) for f in found] == [
        ("view-left-out", "warning", "figures", "line", "figures (qualifier)"),
        ("view-left-out", "warning", "figures", "kinds", "figures.qualifier"),
    ]
    assert older.pins["figures"] in found[0].what("es")
    assert list(files_of(project, "figures")) == ["units.csv", "units.en.svg", "units.es.svg", "units.json"]
    assert publish_portal(project, older).findings == found
    assert show(project, newer) == []
    assert len(files_of(project, "figures")) == 12


def test_view_of_a_table_that_the_edition_does_not_have_is_left_out(tmp_path: Path) -> None:
    tiny = city(tmp_path)
    declare(
        tiny,
        figures_file(),
        view("net", "network", "figures", by="place_id", to="unit", among="nobody/nothing"),
        view("years", "matrix", "figures", by="place_id", value="unit", at=["2022"]),
    )
    project = publish(tiny)
    found = publish_portal(project, editions(project)[-1]).findings
    assert [(f.value, f.params["lacks"]) for f in found] == [("net", "nobody/nothing")]
    assert list(files_of(project, "figures")) == ["years.csv", "years.json"]


@pytest.mark.parametrize("spoilt", ['{"resources": []}', "{", "[]"])
def test_damaged_package_is_told_and_the_portal_stays(tmp_path: Path, spoilt: str) -> None:
    project = publish(city(tmp_path))
    tree, edition = tree_of(project), editions(project)[-1]
    package = project.store.release("figures", edition.pins["figures"]) / "datapackage.json"
    package.unlink()
    package.write_text(spoilt, encoding="utf-8")
    done = publish_portal(project, edition)
    assert (done.result, [(f.code, f.dataset, f.part) for f in done.findings]) == (
        "failed",
        [("release-damaged", "figures", "datapackage.json")],
    )
    assert tree_of(project) == tree


def test_published_text_that_looks_like_markup_stays_text(tmp_path: Path) -> None:
    name = "<script>alert(1)</script> ]]> & «Ñandú»"
    rows = LATER.replace("Distrito Centro", f"{name} {'muy largo ' * 40}")
    tiny = make_views_city(tmp_path / "city", places_rows=rows)
    tiny.schema(figures_file(view("line", "line", "figures"), view("places", "bars", "figures", by="place_id")))
    files = files_of(publish(tiny), "figures")
    assert name in json.loads(files["places.json"])["rows"][0][0]["text"]["es"]
    assert name in next(csv.reader(io.StringIO(files["places.csv"].decode().partition("\r\n")[2])))[0]
    for drawing in ("line.es.svg", "places.es.svg"):
        root = ET.fromstring(files[drawing])  # noqa: S314
        assert {e.tag.rpartition("}")[2] for e in root.iter()} <= {
            "svg",
            "title",
            "desc",
            "g",
            "path",
            "line",
            "text",
            "tspan",
        }
        words = " ".join("".join(t.itertext()) for t in root.iter("{http://www.w3.org/2000/svg}text"))
        assert "<script>alert(1)</script>" in words


def test_withdrawal_takes_all_views_away_at_once(tmp_path: Path) -> None:
    project = publish(city(tmp_path))
    edition = editions(project)[-1]
    take_down(project.store, "visits", [edition.pins["visits"]])
    assert not list(tree_of(project).glob("datasets/*/views"))
    assert (tree_of(project) / "datasets" / "places" / edition.pins["places"] / "places.csv").is_file()
