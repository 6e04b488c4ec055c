"""Workbooks: XLSX and ODS.

What belongs here: the rows of one sheet as text, after a scan has said that it is safe to load. What does
not: the archive around it, which `sanity` has checked.

calamine reads the values. It lays a sheet out as a full rectangle and shows only the last result of a
formula, so the XML is scanned first, as a stream: how far the cells reach, and which of them are formulas.
"""

from collections.abc import Iterator

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, WorksheetNotFound

from pipelines.pull.cells import typed_text
from pipelines.pull.reading import Reading, Row
from pipelines.pull.sheets import Scan, scan_workbook

_BYTES_IN_CELL = 20
"""Bytes of XML that a filled cell takes at least: a rectangle of more cells than fit is nearly empty."""


def workbook_rows(reading: Reading) -> Iterator[Row]:
    """The rows of the declared sheet, or of the first one. Raises `FindingError`."""
    for scan in scan_workbook(reading):
        _check_size(reading, scan)
        if scan.chosen:
            _check_cells(reading, scan)
    if any(f.blocks for f in reading.found):
        reading.close()
    try:
        for line, cells in enumerate(_sheet(reading).iter_rows(), 1):
            yield line, [c if isinstance(c, str) else typed_text(c, reading.dialect) for c in cells]
    except CalamineError:
        raise reading.refused("source-broken") from None
    except BaseException as error:
        # A panic of the Rust library is no Exception; it means a file that nobody foresaw.
        if type(error).__name__ != "PanicException":
            raise
        raise reading.refused("source-broken") from None


def _sheet(reading: Reading) -> CalamineSheet:
    book = CalamineWorkbook.from_path(str(reading.path))
    name = reading.dialect.sheet
    try:
        return book.get_sheet_by_name(name) if name else book.get_sheet_by_index(0)
    except WorksheetNotFound:
        raise _no_sheet(reading, book.sheet_names) from None


def _no_sheet(reading: Reading, names: list[str]) -> Exception:
    wanted = reading.dialect.sheet or "1"
    return reading.refused("source-sheet-missing", value=wanted, params={"kind": ", ".join(names)[:200]})


def _check_size(reading: Reading, scan: Scan) -> None:
    settings = reading.settings
    if scan.columns > settings.max_columns and scan.chosen:
        raise reading.refused(
            "source-too-many-columns", row=1, params={"count": scan.columns, "limit": settings.max_columns}
        )
    if scan.rows > settings.max_rows and scan.chosen:
        raise reading.refused("source-too-many-rows", params={"limit": settings.max_rows})
    limit = settings.max_file_bytes // _BYTES_IN_CELL
    if scan.rows * scan.columns > limit:
        raise reading.refused("source-area", params={"count": scan.rows * scan.columns, "limit": limit})


def _check_cells(reading: Reading, scan: Scan) -> None:
    for line, cell in scan.formulas:
        reading.note("source-formula", row=line, field=cell, value="=")
    for line, cell in scan.errors:
        reading.note("source-error-cell", row=line, field=cell)
    if scan.hidden:
        reading.note("source-hidden-rows", params={"count": scan.hidden})
    if scan.merged:
        reading.note("source-merged-cells", params={"count": scan.merged})
