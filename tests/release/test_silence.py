"""What a run leaves outside of snapshots and quarantine never shows a row that is not public."""

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from tests.tiny import VISITS, Tiny

PERSON = "Zoila Zarzamora"
NUMBER = "12345678Z"


def leaks(tiny: Tiny, *secrets: str) -> list[str]:
    """Files of the store that hold a secret, but for raw bytes that only the operator reads."""
    root = tiny.load().store.root
    files = [
        p for p in root.rglob("*") if p.is_file() and p.relative_to(root).parts[0] not in ("snapshots", "quarantine")
    ]
    return [str(p.relative_to(root)) for p in files if any(s.encode() in p.read_bytes() for s in secrets)]


@pytest.mark.parametrize(
    "rows",
    [
        f"v-1,centro,2022-03-02,12,{PERSON} {NUMBER}\nv-2,retiro,2022,7,x\n",
        VISITS.replace("internal: a", f"-{PERSON}(llamar a {NUMBER})"),
        VISITS.replace(",12,", f",{NUMBER},"),
        VISITS.replace("visit_id,", f"visit_id,{PERSON} {NUMBER},").replace("v-", "v-,v-"),
        VISITS.replace("v-2,retiro", f"v-2,{PERSON} {NUMBER}"),
        VISITS + f'v-9,centro,2022,1,"{PERSON} {NUMBER}\n',
    ],
    ids=["no header", "a formula in a private column", "in a number", "in a header", "in a key", "unclosed quote"],
)
def test_neither_records_nor_the_screen_show_it(tiny: Tiny, rows: str) -> None:
    CliRunner().invoke(app, ["release", "--project", str(tiny.root)])
    tiny.rows("visits", rows)
    for command in ("tidy", "check", "release"):
        done = CliRunner().invoke(app, [command, "--project", str(tiny.root)], catch_exceptions=False)
        assert NUMBER not in done.output
    assert leaks(tiny, NUMBER) == []
