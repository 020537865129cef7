"""Workbooks: every cell as it stands there, every row at its number, told by their content."""

import csv
import io
import re
import stat
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from analysis.errors import DataError
from analysis.ingest import workbook, workbook_xml
from analysis.ingest.blank_rows import blank_rows
from analysis.ingest.text import Text, read_text

Write = Callable[..., Path]
NAMES = ("Order No", "Client", "Paid")
WORKBOOKS = Path(__file__).parent / "workbooks"


def fits(header: tuple[str, ...]) -> bool:
    return set(NAMES) <= set(header)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write sheets, each a list of rows, as an .xlsx file."""

    def run(name: str = "orders.xlsx", **sheets: list[list[Any]]) -> Path:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
        book.save(tmp_path / name)
        return tmp_path / name

    return run


def read(file: Path, **options: Any) -> Text:
    folder = file.parent / "copies"
    folder.mkdir(exist_ok=True)
    return read_text(file, **{"folder": folder, "knows": fits, **options})


def rows_of(text: Text) -> list[list[str]]:
    with text.utf8.open(encoding="utf-8", newline="") as content:
        return [*csv.reader(content, delimiter=text.delimiter)][text.skip :]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (6806530000000, "6806530000000"),
        (9007199254740991, "9007199254740991"),
        (-5, "-5"),
        (19.9, "19.9"),
        (0.1 + 0.2, "0.3"),
        (1234567.891, "1234567.891"),
        (0.0000001, "0.0000001"),
        (12345678901234567890, "1.23456789012346E+19"),
        ("000123", "000123"),
        ("+1 as text", "+1 as text"),
        ("a,\"b\"\nc", "a,\"b\"\nc"),
        ("髙﨑①", "髙﨑①"),
        (True, "TRUE"),
        (False, "FALSE"),
        (datetime(2024, 3, 2, 10, 0, 4), "2024-03-02 10:00:04"),
        (datetime(2024, 3, 2, 23, 59, 59, 999_700), "2024-03-03 00:00:00"),
        (date(2024, 3, 2), "2024-03-02"),
        (time(10, 0, 4), "10:00:04"),
        (timedelta(hours=30, minutes=5), "30:05:00"),
    ],
)  # fmt: skip
def test_a_cell_is_text_as_it_stands_there(write: Write, value: Any, shown: str) -> None:
    text = read(write(Orders=[[*NAMES], ["1", value, "x"]]))
    assert rows_of(text) == [[*NAMES], ["1", shown, "x"]]
    assert (text.encoding, text.delimiter, text.header, text.notes) == ("utf-8", ",", NAMES, ())
    assert stat.S_IMODE(text.utf8.stat().st_mode) == 0o600


def test_every_minute_of_a_year_is_told_to_the_second(write: Write) -> None:
    first = datetime(2023, 12, 31, 23, 59, 1)
    moments = [first + timedelta(minutes=977 * n, seconds=n) for n in range(500)]
    text = read(write(Orders=[[*NAMES], *([1, moment, 2] for moment in moments)]))
    assert [row[1] for row in rows_of(text)[1:]] == [str(moment) for moment in moments]


@pytest.mark.parametrize(
    "form", ["dd/mm/yyyy hh:mm", '[$-411]yyyy"年"m"月"d"日"', "[$-409]d-mmm-yy;@", "m/d/yy h:mm"]
)
@pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904])
def test_dates_are_told_by_their_format_and_epoch(tmp_path: Path, form: str, epoch) -> None:
    book = openpyxl.Workbook()
    if epoch:
        book.epoch = epoch
    book.active.append([*NAMES])
    book.active.append([1, datetime(2024, 3, 2, 10, 30), 45353.4375])
    book.active["B2"].number_format = form
    book.save(tmp_path / "dates.xlsx")
    assert rows_of(read(tmp_path / "dates.xlsx"))[1] == ["1", "2024-03-02 10:30:00", "45353.4375"]


def test_errors_and_formulas_without_a_value_are_seen(write: Write, tmp_path: Path) -> None:
    file = write(Orders=[[], [None, *NAMES], [None, 1, "=1/0", 2], [], [None, 2, "=1+1", "#N/A"]])
    text = read(_changed(file, rb'<c r="C3"><f>1/0</f><v ?/></c>',
                         b'<c r="C3" t="e"><f>1/0</f><v>#DIV/0!</v></c>'))  # fmt: skip
    assert rows_of(text) == [
        [*NAMES],
        ["1", "#DIV/0!", "2"],
        [],
        ["2", "#NOT CALCULATED", "#N/A"],
    ]
    assert text.skip == 1
    assert text.notes[0] == "3 cells hold errors or formulas that were not calculated"
    # A formula may well come to an empty text.
    file = _changed(file, rb'<c r="C5"><f>1\+1</f><v ?/></c>',
                    b'<c r="C5" t="str"><f>""</f><v></v></c>')  # fmt: skip
    assert rows_of(read(file))[3][1] == ""


def _changed(file: Path, old: bytes, new: bytes, part: str = "xl/worksheets/sheet1.xml") -> Path:
    """Change a part of a workbook, as another program would have written it."""
    target = io.BytesIO()
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(target, "w") as changed:
        for entry in archive.infolist():
            content = archive.read(entry)
            if entry.filename == part:
                content, count = re.subn(old, new, content)
                assert count
            changed.writestr(entry, content)
    file.write_bytes(target.getvalue())
    return file


def test_the_reading_of_a_name_is_no_part_of_it(write: Write) -> None:
    file = _changed(
        write(Orders=[[*NAMES], [1, "山田", 2]]),
        "<si><t>山田</t></si>".encode(),
        "<si><t>山田</t><rPh sb='0' eb='2'><t>ヤマダ</t></rPh></si>".encode(),
        part="xl/sharedStrings.xml",
    )
    assert rows_of(read(file))[1] == ["1", "山田", "2"]


def test_rows_are_numbered_as_the_sheet_shows_them(write: Write) -> None:
    text = read(write(Orders=[["Report of March"], [], [*NAMES], [1, "a", 5], [], [2, "b", 6]]))
    assert (text.skip, text.header) == (2, NAMES)
    assert text.notes == ("2 rows above the header passed over",)
    assert blank_rows(text.utf8, skip=text.skip) == [5]
    assert rows_of(text)[-1] == ["2", "b", "6"]


def test_sheets(write: Write) -> None:
    table = [[*NAMES], [1, "a", 5]]
    file = write(Orders=table, Other=[[*NAMES], [2, "b", 6]], Empty=[])
    text = read(file)
    assert (rows_of(text)[1][0], text.notes) == ("1", ("sheet 'Orders' of 3",))
    assert rows_of(read(file, sheet="Ｏther "))[1][0] == "2"
    with pytest.raises(DataError, match=r"has no sheet 'Orter': say one of 'Orders', 'Other', 'E"):
        read(file, sheet="Orter")
    with pytest.raises(DataError, match=r"orders\.xlsx is empty"):
        read(file, sheet="Empty")
    file = write(Cover=[["Our shop"], ["March"]], Orders=table)
    why = r"no known table in its first sheet 'Cover', but one in 'Orders': say `sheet: Orders` un"
    with pytest.raises(DataError, match=why):
        read(file)
    assert read(file, sheet="Cover").header == ("Our shop",)
    # Where nothing is known, the first sheet is what it is.
    assert read(file, knows=lambda _header: False).header == ("Our shop",)


def test_a_hidden_sheet_and_a_chart_are_not_the_first(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Settings"
    book.active.sheet_state = "hidden"
    book.create_chartsheet("Chart")
    book.create_sheet("Orders").append([*NAMES])
    book.active = 2
    book.save(tmp_path / "orders.xlsx")
    assert read(tmp_path / "orders.xlsx").header == NAMES
    assert read(tmp_path / "orders.xlsx").notes == ("a header and no rows",)


@pytest.mark.parametrize("name", ["orders.csv", "orders", "orders.xls"])
def test_a_workbook_is_told_by_its_content(write: Write, name: str) -> None:
    text = read(write(name=name, Orders=[[*NAMES], [1, "a", 5]]))
    assert rows_of(text)[1] == ["1", "a", "5"]
    known = name.endswith(".xls")
    said = "read as a workbook, which it is whatever its name says"
    assert text.notes == (() if known else (said,))


def test_a_text_may_be_called_a_workbook(tmp_path: Path) -> None:
    file = tmp_path / "orders.xlsx"
    file.write_text("Order No\tClient\tPaid\n1\ta\t5\n", encoding="utf-16")
    assert rows_of(read(file))[1] == ["1", "a", "5"]


def test_a_workbook_in_a_zip(write: Write, tmp_path: Path) -> None:
    file = write(Orders=[[*NAMES], [1, "a", 5]])
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.write(file, "orders.xlsx")
    text = read(tmp_path / "export.zip")
    assert (rows_of(text)[1], text.notes) == (["1", "a", "5"], ("orders.xlsx unpacked from it",))


def test_an_old_workbook(tmp_path: Path) -> None:
    file = tmp_path / "old.xls"
    file.write_bytes((WORKBOOKS / "old.xls").read_bytes())
    text = read(file, knows=lambda header: "Ok" in header)
    assert rows_of(text) == [
        ["Order No", "Client", "Date", "Paid", "Ok"],
        ["6806530000000", "山田", "2024-03-02 10:00:04", "19.9", "TRUE"],
        [],
        ["2", "b", "2024-03-03", "5", ""],
    ]
    assert text.notes == ("sheet 'Orders' of 2",)


MANIFEST = '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
ODS = """<?xml version="1.0"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>
<table:table table:name="Orders"><table:table-row>{header}</table:table-row>
<table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row>
<table:table-row><table:table-cell office:value-type="float" office:value="6806530000000"/>
<table:table-cell office:value-type="date" office:date-value="2024-03-02T10:00:04"/>
<table:table-cell office:value-type="currency" office:currency="EUR" office:value="19.9"/>
</table:table-row>
<table:table-row table:number-rows-repeated="1048000"><table:table-cell
 table:number-columns-repeated="1024"/></table:table-row></table:table>
</office:spreadsheet></office:body></office:document-content>"""


def test_an_open_document_sheet(tmp_path: Path) -> None:
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    with zipfile.ZipFile(tmp_path / "orders.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        content = ODS.format(header="".join(map(cell.format, NAMES)))
        archive.writestr("content.xml", content.replace("\n", ""))
        archive.writestr("META-INF/manifest.xml", MANIFEST)
    text = read(tmp_path / "orders.ods")
    assert rows_of(text)[:4] == [[*NAMES], [], [], ["6806530000000", "2024-03-02 10:00:04", "19.9"]]
    assert blank_rows(text.utf8)[:2] == [2, 3]


def test_locked_and_damaged_workbooks_are_one_sentence(write: Write, tmp_path: Path, capfd) -> None:
    locked = tmp_path / "locked.xlsx"
    locked.write_bytes((WORKBOOKS / "locked.xlsx").read_bytes())
    with pytest.raises(DataError, match=r"locked\.xlsx is locked with a password: open it, save"):
        read(locked)
    whole = write(Orders=[[*NAMES], *([n, "a", 5] for n in range(500))]).read_bytes()
    old = (WORKBOOKS / "old.xls").read_bytes()
    for content in (whole, old):
        for share in range(1, 20):
            file = tmp_path / "cut.xls"
            file.write_bytes(content[: len(content) * share // 20])
            with pytest.raises(
                DataError, match=r"^cut\.xls .*damaged or was not copied to its end"
            ):
                read(file)
    assert capfd.readouterr() == ("", "")


def test_a_changed_byte_is_seen(write: Write, tmp_path: Path) -> None:
    whole = bytearray(write(Orders=[[*NAMES], *([n, "a", 5] for n in range(500))]).read_bytes())
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        for entry in archive.infolist():
            file = tmp_path / "changed.xlsx"
            place = entry.header_offset + 30 + len(entry.filename) + entry.compress_size // 2
            changed = whole[:]
            changed[place] ^= 0xFF
            file.write_bytes(changed)
            with pytest.raises(DataError, match=r"changed\.xlsx is .*damaged"):
                read(file)


def test_a_cell_far_from_the_table_fills_no_memory(write: Write) -> None:
    file = write(Orders=[[*NAMES], [1, "a", 5]])
    book = openpyxl.load_workbook(file)
    book.active["XFD1048576"] = "."
    book.save(file)
    why = r"^Sheet 'Orders' of orders\.xlsx goes down to row 1,048,576 and over 16,384 columns: del"
    with pytest.raises(DataError, match=why):
        read(file)


def test_a_workbook_that_unpacks_to_too_much(write: Write, monkeypatch) -> None:
    monkeypatch.setattr(workbook_xml, "_MOST_BYTES", 10_000)
    with pytest.raises(DataError, match=r"orders\.xlsx unpacks to .* bytes, too much for a workbo"):
        read(write(Orders=[[*NAMES], *([n, "a", 5] for n in range(500))]))


def test_a_sheet_is_surveyed_in_pieces(write: Write, monkeypatch) -> None:
    file = write(Orders=[[*NAMES], *([n, f"a{n}", "=1+1"] for n in range(300)), [1, 2, 3, 4, 5]])
    seen = workbook_xml.survey(file, "Orders")
    assert (seen.rows, seen.columns) == (302, 5)
    assert seen.marks == {n + 1: [(2, "#NOT CALCULATED")] for n in range(300)}
    for size in (7, 100, 1000):
        monkeypatch.setattr(workbook_xml, "_BLOCK", size)
        assert workbook_xml.survey(file, "Orders") == seen


def test_no_number_is_shown_with_an_exponent_that_the_sheet_holds_in_digits() -> None:
    for value in (1e15, 123456789012345.6, 4503599627370497.5, 1e-9, -1e-9, 0.1, 1 / 3, -2.5):
        shown = workbook.cell_text(value)
        assert "E" not in shown.upper()
        assert float(shown) == pytest.approx(value, rel=1e-14)
