"""The gates over the description hold a release of the line, and what a person may decide lets it through."""

import sys
from pathlib import Path
from typing import Any

import pytest

from pipelines.contracts.files import read_json
from pipelines.contracts.store import CANDIDATE_FILE
from pipelines.line import Line
from pipelines.release import decide
from tests.release.test_editions import codes, results, waiver
from tests.release.test_release import folder, run
from tests.tiny import Tiny, places_file

build_module = sys.modules["pipelines.release.build"]  # the package has a function of the same name

BOTH_RELEASED = {"places": "released", "visits": "released"}
BOTH_HELD = {"places": "held", "visits": "held"}


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def told(line: Line, code: str) -> str:
    """What the finding of that code says and asks for, of the first dataset that has it."""
    one = next(f for f in line.findings if f.code == code)
    return f"{one.what('es')} {one.do('es')}"


def test_another_publisher_holds_every_dataset_until_it_is_announced(tiny: Tiny) -> None:
    run(tiny)
    edit(tiny.root / "schemas" / "catalogue.yaml", "L01280796", "L01280797")
    line = run(tiny)
    assert results(line) == BOTH_HELD
    assert codes(line, "places") == {"dataset-identity-changed"}
    assert "era L01280796 y ahora es L01280797" in told(line, "dataset-identity-changed")
    assert "opendata announce catalogue --change identity" in told(line, "dataset-identity-changed")
    announcement = {"kind": "announcement", "change": "identity", "codes": [], "dataset": "catalogue"}
    decide(tiny.load().store, waiver("dataset-identity-changed").model_copy(update=announcement))
    assert results(run(tiny)) == BOTH_RELEASED


def test_a_waiver_does_not_let_another_publisher_through(tiny: Tiny) -> None:
    run(tiny)
    edit(tiny.root / "schemas" / "catalogue.yaml", "L01280796", "L01280797")
    decide(tiny.load().store, waiver("dataset-identity-changed").model_copy(update={"dataset": "places"}))
    assert results(run(tiny)) == BOTH_HELD


def test_a_description_that_scores_less_is_held_until_it_is_approved(tiny: Tiny) -> None:
    run(tiny)
    before = read_json(folder(tiny, "places") / "quality.json")["mqa"]["points"]
    national = "https://creativecommons.org/licenses/by/4.0/"
    edit(
        tiny.root / "schemas" / "catalogue.yaml",
        "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0",
        national,
    )
    line = run(tiny)
    assert codes(line, "places") == {"mqa-lower"}
    assert f"de {before} a {before - 10} puntos" in told(line, "mqa-lower") and "licence" in told(line, "mqa-lower")
    store = tiny.load().store
    (held,) = (store.held / "places").iterdir()
    approval = {"kind": "approval", "dataset": "places", "fingerprint": held.name}
    assert (held / CANDIDATE_FILE).is_file()
    decide(store, waiver("mqa-lower").model_copy(update=approval))
    assert results(run(tiny)) == {"places": "released", "visits": "held"}
    assert results(run(tiny))["places"] == "unchanged"


def test_a_mapping_that_cannot_be_applied_holds_its_dataset_and_says_where(tiny: Tiny) -> None:
    run(tiny)
    broken = places_file()
    broken["resources"][0]["rdf"] = {"aboutUrl": "/kos/places/{place_id}", "types": ["nobody:Place"]}  # type: ignore[index]
    tiny.schema(broken)
    line = run(tiny)
    assert results(line)["places"] == "held"
    assert "rdf-prefix-unknown" in codes(line, "places")
    assert "nobody:Place" in told(line, "rdf-prefix-unknown")


def test_a_high_value_dataset_without_an_api_is_held_and_with_one_has_all_that_the_annex_asks(tiny: Tiny) -> None:
    tiny.schema({**places_file(), "hvd_category": "c_a9135398"})
    held = run(tiny)
    assert results(held)["places"] == "held"
    assert codes(held, "places") == {"hvd-service-missing"}
    assert results(run(tiny, api_url="https://datos.ciudad.example/v1"))["places"] == "released"
    meta = read_json(folder(tiny, "places") / "metadata.json")
    law = "http://data.europa.eu/eli/reg_impl/2023/138/oj"
    assert law in meta["legislation"] and all(law in file["legislation"] for file in meta["distributions"])


def mapped_places() -> dict[str, Any]:
    """The dataset `places` with a mapping of each column."""
    file = places_file()
    [resource] = file["resources"]
    resource["rdf"] = {"aboutUrl": "/recurso/lugar/{place_id}", "types": ["dct:Location"]}
    words = {"place_id": "dct:identifier", "name_es": "dct:title", "kind": "dct:type"}
    for column in resource["schema"]["fields"]:
        column["rdf"] = {"propertyUrl": words[column["name"]]}
    return file


def test_a_mapped_table_has_its_graph_in_the_release_and_in_every_description(tiny: Tiny) -> None:
    tiny.schema(mapped_places())
    assert results(run(tiny)) == BOTH_RELEASED
    here = folder(tiny, "places")
    assert (
        "<https://datos.ciudad.example/recurso/lugar/centro>\n    a dct:Location" in (here / "places.ttl").read_text()
    )
    files = {d["file"]: d["format"] for d in read_json(here / "metadata.json")["distributions"]}
    assert files["places.ttl"] == "RDF_TURTLE"
    alternates = read_json(here / "datapackage.json")["resources"][0]["alternates"]
    assert "places.ttl" in {a["path"] for a in alternates}


def test_a_graph_that_does_not_give_its_rows_back_holds_the_dataset(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.schema(mapped_places())
    real = build_module.write_graph

    def spoilt(folder: Path, *args: Any) -> Path | None:
        path = real(folder, *args)
        if path:
            path.write_text(path.read_text().replace("Distrito Centro", "Distrito"))
        return path

    monkeypatch.setattr(build_module, "write_graph", spoilt)
    line = run(tiny)
    assert results(line)["places"] == "held"
    assert codes(line, "places") == {"rdf-cells-lost"}
