"""What Dagster keeps holds no value of the data, so that `withdraw` need not reach into it."""

from pathlib import Path

import pytest

from pipelines.contracts.findings import finding
from pipelines.line import Line
from pipelines.orchestrate.told import UNDECLARED, finding_table
from tests.orchestrate.orchestrate_builders import publish
from tests.tiny import PLACES, Tiny

SECRETS = ("12345678Z", "Zuleika", "no-such-place", "veinticuatro")
"""A DNI in a text, in a header, as a broken key, and as an unreadable number."""

BAD_VISITS = (
    "visit_id,place_id,date,people,note,Zuleika\n"
    "v-1,no-such-place,2022-03-02,veinticuatro,x,y\n"
    "v-2,12345678Z,2022,7,12345678Z,y\n"
)


def kept(folder: Path) -> bytes:
    """All bytes of all files under a folder."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_no_value_of_a_finding_is_in_the_history(tiny: Tiny) -> None:
    tiny.rows("visits", BAD_VISITS)
    tiny.rows("places", PLACES + "norte,El vecino 12345678Z,district\n")
    project = tiny.load()
    line = publish(project)
    assert {"visits", "places"} & {f.dataset for f in line.findings}
    history = kept(project.store.dagster)
    assert b"candidates/places" in history or b"candidates__places" in history
    for secret in SECRETS:
        assert secret.encode() not in history


def test_the_text_of_an_error_is_not_in_the_history(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(line: Line, name: str) -> None:
        raise RuntimeError("a row: 12345678Z")

    monkeypatch.setattr(Line, "tidy", broken)
    project = tiny.load()
    with pytest.raises(RuntimeError):
        publish(project)
    history = kept(project.store.dagster)
    assert b"RuntimeError" in history
    assert b"12345678Z" not in history


def test_what_a_step_prints_is_not_kept(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    tidy = Line.tidy

    def loud(line: Line, name: str) -> object:
        print("12345678Z")
        return tidy(line, name)

    monkeypatch.setattr(Line, "tidy", loud)
    project = tiny.load()
    publish(project)
    assert "12345678Z" in capfd.readouterr().out
    assert b"12345678Z" not in kept(project.store.dagster)


def test_a_run_writes_nothing_of_its_own_to_the_terminal(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    tiny.rows("visits", BAD_VISITS)
    publish(tiny.load())
    out = capfd.readouterr()
    assert (out.out, out.err) == ("", "")


def test_a_column_that_no_file_declares_is_not_named() -> None:
    found = [
        finding("table-twice", table="t", field="Zuleika", value="12345678Z", params={"other": "x"}),
        finding("table-twice", table="Zuleika", params={"other": "x"}),
        finding("table-twice", table="t", field="known", params={"other": "x"}),
    ]
    text = finding_table(found, {"t": {"known"}})["what_was_found"].value
    assert "Zuleika" not in text and "12345678Z" not in text
    assert "known" in text and UNDECLARED in text
