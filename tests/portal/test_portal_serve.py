"""The command that serves becomes the portal, and the portal takes its settings from the project."""

import os
import sys

import pytest
from typer.testing import CliRunner

import portal.__main__ as program
from pipelines.cli import app
from portal.front import Front
from tests.tiny import Tiny


def test_the_command_becomes_the_portal(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    became: list[list[str]] = []
    monkeypatch.setattr(os, "execve", lambda _, words, __: became.append(words))
    done = CliRunner().invoke(app, ["serve", "--port", "8123", "--project", str(tiny.root)])
    assert done.exit_code == 0, done.output
    assert "http://127.0.0.1:8123/" in done.output
    assert became == [[sys.executable, "-P", "-m", "portal", str(tiny.root.resolve()), "127.0.0.1", "8123"]]


def test_a_folder_that_is_no_project_is_not_served(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("none")
    assert CliRunner().invoke(app, ["serve", "--project", str(folder)]).exit_code == 5


def test_the_portal_takes_its_settings_from_the_project(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    (tiny.root / "opendata.toml").write_text('requests_per_minute = 7\nlog_requests = false\nstore = "elsewhere"\n')
    served: list[tuple[Front, str, int, bool]] = []
    monkeypatch.setattr(program, "serve", lambda *given, behind_proxy: served.append((*given, behind_proxy)))
    program.main(tiny.root, "127.0.0.1", 0)
    front, host, port, behind_proxy = served[0]
    assert (front.rate.per_minute, host, port, behind_proxy) == (7, "127.0.0.1", 0, True)
    assert front.sites.store.root == (tiny.root / "elsewhere").resolve()
