"""A tiny project with one source more, whose kind and files the test chooses; workbooks; a rude server."""

import io
import socket
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd

from pipelines.contracts.findings import HIDDEN
from pipelines.contracts.project import Project
from pipelines.contracts.source import SourceFile
from pipelines.contracts.text import LANGS
from pipelines.pull import Pulled, current_snapshot, pull_source, read_feed
from tests.tiny import Tiny, text

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
HEADER = "place_id,name_es,kind\n"


@dataclass
class Desk:
    """The tiny project and its source `entrega`, which feeds the table `places`."""

    tiny: Tiny
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def drop(self) -> Path:
        return self.tiny.root / "entrega"

    def source(self, **more: Any) -> None:
        """Write the source file: a folder with one CSV, unless the test says otherwise."""
        feed = {"table": "places", "part": "*.csv", **more.pop("feed", {})}
        whole: dict[str, Any] = {
            "id": "entrega",
            "kind": "folder",
            "title": text("Entrega", "Delivery"),
            "publisher": text("Oficina", "Office"),
            "where": "entrega",
            "feeds": [feed],
        }
        self.tiny.source({**whole, **more})

    def project(self) -> Project:
        return self.tiny.load(**self.settings)

    def put(self, name: str, content: bytes | str) -> Path:
        path = self.drop / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def pull(self) -> Pulled:
        project = self.project()
        return pull_source(project, project.sources["entrega"], NOW)

    def read(self) -> pd.DataFrame:
        project = self.project()
        source: SourceFile = project.sources["entrega"]
        snapshot = current_snapshot(project.store, "entrega")
        assert snapshot is not None
        return read_feed(project, source, source.feeds[0], snapshot)

    def give(self, name: str, content: bytes | str, **more: Any) -> Pulled:
        """Drop one file and pull."""
        more.setdefault("feed", {})
        more["feed"].setdefault("part", name)
        self.source(**more)
        self.put(name, content)
        return self.pull()

    def rows(self, name: str, content: bytes | str, **more: Any) -> list[list[str]]:
        """The cells of each row of a file that is read without a finding that blocks."""
        pulled = self.give(name, content, **more)
        assert pulled.result.result == "new", [f.what("en") for f in pulled.findings]
        return cells(self.read())

    def stored(self) -> dict[str, bytes]:
        """Every file of the store with its bytes."""
        store = self.tiny.root / "store"
        return {str(p.relative_to(store)): p.read_bytes() for p in sorted(store.rglob("*")) if p.is_file()}


def cells(frame: pd.DataFrame) -> list[list[str]]:
    return frame.drop(columns=["_source", "_part", "_line"]).values.tolist()


def codes(pulled: Pulled) -> list[str]:
    """The codes of what was found; every text of it must have all it names."""
    for found in pulled.findings:
        for lang in LANGS:
            told = found.what(lang) + found.do(lang)
            assert HIDDEN.get(lang) not in told, told
            assert "None" not in told, told
    return [f.code for f in pulled.findings]


def only(pulled: Pulled, code: str) -> Any:
    """The one finding, which failed the source."""
    assert pulled.result.result == "failed"
    assert codes(pulled) == [code]
    return pulled.findings[0]


def workbook(*rows: list[Any], sheet: str = "Hoja1", change: Callable[[Any], None] | None = None) -> bytes:
    """An XLSX with these rows; `change` may spoil its sheet."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            if value is not None:
                page.cell(number, column, value)
    if change:
        change(page)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def spoilt(data: bytes, member: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same archive with one member changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            content = old.read(item)
            new.writestr(item.filename, change(content) if item.filename == member else content)
    return out.getvalue()


def ods(body: str, sheet: str = "Hoja1") -> bytes:
    """An ODS whose one table has `body` as rows."""
    spaces = {
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    }
    named = " ".join(f'xmlns:{k}="{v}"' for k, v in spaces.items())
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {named} office:version="1.3"><office:body>'
        f'<office:spreadsheet><table:table table:name="{sheet}">{body}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS_TYPE}"/></manifest:manifest>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", ODS_TYPE)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return out.getvalue()


def ods_row(*texts: str, more: str = "", cell: str = "") -> str:
    named = "".join(
        f'<table:table-cell office:value-type="string" {cell}><text:p>{t}</text:p></table:table-cell>' for t in texts
    )
    return f"<table:table-row {more}>{named}</table:table-row>"


class RudeServer:
    """A server that says exactly the bytes it is given, one script a connection; robots.txt is always 404."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/datos.csv"
        self.scripts: list[Callable[[socket.socket], None]] = []
        self.asked: list[str] = []
        self.closing = threading.Event()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def says(self, *scripts: bytes | Callable[[socket.socket], None]) -> None:
        for script in scripts:
            self.scripts.append(script if callable(script) else self._saying(script))

    @staticmethod
    def _saying(data: bytes) -> Callable[[socket.socket], None]:
        return lambda connection: connection.sendall(data)

    def _serve(self) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                try:
                    asked = connection.recv(65536).decode("latin-1")
                    if asked.startswith("GET /robots.txt"):
                        connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    elif asked:
                        self.asked.append(asked)
                        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
                        script(connection)
                except OSError:
                    continue

    def close(self) -> None:
        self.closing.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(timeout=10)
