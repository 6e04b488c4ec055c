"""Settings: what is said nearest wins, and what is wrong is said by name."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from pipelines.contracts.settings import SETTINGS_FILE, Settings, load_settings


def test_a_setting_comes_from_the_call_then_the_environment_then_the_file_then_the_default(tmp_path, monkeypatch):
    assert load_settings(tmp_path).max_rows == Settings.model_fields["max_rows"].default
    (tmp_path / SETTINGS_FILE).write_text("max_rows = 1\n", encoding="utf-8")
    assert load_settings(tmp_path).max_rows == 1
    monkeypatch.setenv("OPENDATA_MAX_ROWS", "2")
    assert load_settings(tmp_path).max_rows == 2
    assert load_settings(tmp_path, max_rows=3).max_rows == 3


def test_one_project_does_not_see_the_settings_of_another(tmp_path):
    for name, rows in (("one", 1), ("two", 2)):
        (tmp_path / name).mkdir()
        (tmp_path / name / SETTINGS_FILE).write_text(f"max_rows = {rows}\n", encoding="utf-8")
    assert [load_settings(tmp_path / name).max_rows for name in ("one", "two", "one")] == [1, 2, 1]


def test_the_rest_of_the_environment_is_no_setting(tmp_path, monkeypatch):
    monkeypatch.setenv("MAX_ROWS", "1")
    monkeypatch.setenv("STORE", "/elsewhere")
    assert load_settings(tmp_path).max_rows == Settings.model_fields["max_rows"].default
    assert load_settings(tmp_path).store == Path("store")


def test_lists_are_written_as_json_in_the_environment_and_as_lists_in_the_file(tmp_path, monkeypatch):
    (tmp_path / SETTINGS_FILE).write_text('allow_hosts = ["a.example"]\n', encoding="utf-8")
    assert load_settings(tmp_path).allow_hosts == ["a.example"]
    monkeypatch.setenv("OPENDATA_ALLOW_HOSTS", '["b.example"]')
    assert load_settings(tmp_path).allow_hosts == ["b.example"]


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_knob_can_be_set_in_the_environment(tmp_path, monkeypatch, name):
    monkeypatch.setenv(f"OPENDATA_{name.upper()}", "no value of any kind")
    default = Settings.model_fields[name].get_default(call_default_factory=True)
    try:
        assert getattr(load_settings(tmp_path), name) != default
    except ValueError as refused:
        assert name in str(refused)


def test_a_setting_that_does_not_exist_is_refused(tmp_path):
    (tmp_path / SETTINGS_FILE).write_text("max_rwos = 1\n", encoding="utf-8")
    with pytest.raises(ValidationError, match="max_rwos"):
        load_settings(tmp_path)


def test_settings_do_not_change_once_loaded(tmp_path):
    with pytest.raises(ValidationError):
        load_settings(tmp_path).max_rows = 5  # type: ignore[misc]
