"""A view that says too little, too much, or what nobody may see is refused when the file is read."""

from typing import Any

import pytest
from pydantic import ValidationError

from pipelines.contracts.dataset import DatasetFile
from tests.tiny import text, visits_file


def file(*views: dict[str, Any]) -> DatasetFile:
    texts = {"titles": text("Vista", "View"), "descriptions": text("Qué es.", "What it is.")}
    return DatasetFile.model_validate({**visits_file(), "views": [{"table": "visits", **texts, **v} for v in views]})


BARS = {"id": "places", "kind": "bars", "by": "place_id"}


@pytest.mark.parametrize(
    ("view", "reason"),
    [
        ({"kind": "bars", "by": None}, "a bars needs by"),
        ({"kind": "matrix"}, "a matrix needs at, value"),
        ({"kind": "network"}, "a network needs to"),
        ({"kind": "line"}, "a line has no by"),
        ({"kind": "bars", "at": ["2020"]}, "a bars has no at"),
        ({"table": "nothing"}, "no table named nothing"),
        ({"by": "note"}, "no public column named note"),
        ({"where": {"note": ["x"]}}, "no public column named note"),
        ({"kind": "matrix", "value": "people", "at": ["20"]}, "String should match pattern"),
        ({"id": "../up"}, "String should match pattern"),
        ({"kind": "network", "to": "date", "among": "places"}, "String should match pattern"),
    ],
)
def test_view_that_cannot_be_made_is_refused(view: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        file({**BARS, **view})


def test_two_views_of_one_id_are_refused() -> None:
    with pytest.raises(ValidationError, match="two views share an id"):
        file(BARS, BARS)


def test_new_view_makes_no_release() -> None:
    assert file(BARS).promised() == file().promised()
