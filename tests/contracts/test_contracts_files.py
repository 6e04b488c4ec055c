"""Bytes on disk: a file is whole or it is not there."""

import hashlib
import os
from datetime import date
from pathlib import Path

import pytest

from pipelines.contracts import files
from pipelines.contracts.files import (
    append_json_line,
    canonical_json,
    hash_file,
    move_into_place,
    pretty_json,
    read_json,
    read_json_lines,
    remove_tree,
    replace_link,
    sha256_bytes,
    write_atomic,
)


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def fail(*_):
    raise OSError("no space left on device")


def test_a_file_is_written_with_the_folders_above_it(tmp_path):
    write_atomic(tmp_path / "a" / "b" / "c.txt", "Málaga")
    assert (tmp_path / "a" / "b" / "c.txt").read_bytes() == "Málaga".encode()
    assert names(tmp_path / "a" / "b") == ["c.txt"]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_former_file_and_nothing_else(tmp_path, monkeypatch, failing):
    path = tmp_path / "index.json"
    write_atomic(path, "former")
    with monkeypatch.context() as broken:
        broken.setattr(files.os, "fsync", fail) if failing == "fsync" else broken.setattr(Path, "replace", fail)
        with pytest.raises(OSError, match="no space"):
            write_atomic(path, "new")
    assert path.read_text() == "former"
    assert names(tmp_path) == ["index.json"]


def test_the_bytes_reach_the_disk_before_the_name_does(tmp_path, monkeypatch):
    steps = []
    real_sync, real_replace = os.fsync, Path.replace
    monkeypatch.setattr(files.os, "fsync", lambda handle: (steps.append("sync"), real_sync(handle))[1])
    monkeypatch.setattr(Path, "replace", lambda self, to: (steps.append("rename"), real_replace(self, to))[1])
    write_atomic(tmp_path / "x", b"1")
    assert steps == ["sync", "rename", "sync"]


def test_a_folder_is_moved_whole(tmp_path):
    built = tmp_path / "work" / "v1"
    write_atomic(built / "data" / "a.csv", "1")
    move_into_place(built, tmp_path / "releases" / "d" / "v1")
    assert (tmp_path / "releases" / "d" / "v1" / "data" / "a.csv").read_text() == "1"
    assert not built.exists()


def test_a_folder_never_replaces_another(tmp_path):
    write_atomic(tmp_path / "built" / "a", "new")
    write_atomic(tmp_path / "place" / "a", "former")
    with pytest.raises(FileExistsError):
        move_into_place(tmp_path / "built", tmp_path / "place")
    assert (tmp_path / "place" / "a").read_text() == "former"
    assert (tmp_path / "built" / "a").read_text() == "new"


def test_a_link_is_pointed_elsewhere_by_a_rename_and_is_never_gone(tmp_path, monkeypatch):
    link = tmp_path / "portal"
    replace_link(link, "one")
    seen = []
    real = Path.replace
    monkeypatch.setattr(Path, "replace", lambda self, to: (seen.append(link.readlink()), real(self, to))[1])
    replace_link(link, "two")
    assert [str(s) for s in seen] == ["one"]
    assert str(link.readlink()) == "two"
    assert names(tmp_path) == ["portal"]


def test_a_folder_is_out_of_sight_before_it_is_removed(tmp_path, monkeypatch):
    doomed = tmp_path / "v1"
    write_atomic(doomed / "a", "1")
    seen = []
    real = files.shutil.rmtree
    monkeypatch.setattr(files.shutil, "rmtree", lambda path: (seen.append(doomed.exists()), real(path))[1])
    remove_tree(doomed)
    assert seen == [False]
    assert names(tmp_path) == []
    remove_tree(doomed)


def test_a_hash_is_the_same_over_bytes_and_over_the_file(tmp_path):
    data = b"x" * ((1 << 20) + 7)
    write_atomic(tmp_path / "f", data)
    assert hash_file(tmp_path / "f") == sha256_bytes(data) == hashlib.sha256(data).hexdigest()
    assert hash_file(tmp_path / "f", "sha1") == hashlib.sha1(data, usedforsecurity=False).hexdigest()


def test_canonical_json_has_one_spelling():
    assert canonical_json({"b": 1, "a": [date(2022, 3, 2), "ñ"]}) == '{"a":["2022-03-02","ñ"],"b":1}'
    assert canonical_json({"a": 1, "b": 2}) == canonical_json({"b": 2, "a": 1})


def test_json_for_people_keeps_the_order_and_ends_with_a_line_break():
    assert pretty_json({"b": 1, "a": "ñ"}) == '{\n  "b": 1,\n  "a": "ñ"\n}\n'


def test_lines_are_appended_and_read_one_by_one(tmp_path):
    path = tmp_path / "deep" / "decisions.jsonl"
    append_json_line(path, {"n": 1})
    append_json_line(path, {"n": "línea\n"})
    with path.open("a") as stream:
        stream.write("\n")
    assert list(read_json_lines(path)) == [{"n": 1}, {"n": "línea\n"}]
    assert path.read_text().count("\n") == 3


def test_json_is_read_and_a_missing_file_is_said(tmp_path):
    write_atomic(tmp_path / "a.json", '{"ñ": 1}')
    assert read_json(tmp_path / "a.json") == {"ñ": 1}
    with pytest.raises(FileNotFoundError):
        read_json(tmp_path / "b.json")
