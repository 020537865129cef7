"""Whatever text a shop has: its encoding, its delimiter, its line ends, and where it begins."""

import csv
import gzip
import io
import os
import random
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from analysis.errors import DataError
from analysis.ingest import archives
from analysis.ingest.blank_rows import blank_rows
from analysis.ingest.text import Text, read_text

Read = Callable[..., Text]

NAMES = ("Order No", "Client", "Paid")
HEADER = "Order No,Client,Paid\n"


def fits(header: tuple[str, ...]) -> bool:
    return set(NAMES) <= set(header)


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read bytes or text as a file of a shop."""
    (tmp_path / "copies").mkdir()

    def run(content: bytes | str, name: str = "orders.csv", **options) -> Text:
        file = tmp_path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_text(file, **{"folder": tmp_path / "copies", "knows": fits, **options})

    return run


def rows_of(text: Text) -> list[list[str]]:
    """The header and the rows as the engine reads them."""
    columns = {f"c{place}": "VARCHAR" for place in range(len(text.header))}
    found = duckdb.execute(
        "SELECT * FROM read_csv($file, columns = $columns, auto_detect = false, header = true, "
        "skip = $skip, delim = $delimiter, quote = '\"', escape = '\"')",
        {"file": str(text.utf8), "columns": columns, "skip": text.skip,
         "delimiter": text.delimiter},
    ).fetchall()  # fmt: skip
    return [list(text.header), *([cell or "" for cell in row] for row in found)]


ROWS = [["Order No", "Client", "Paid"], ["1", "髙﨑①～㈱", "1,980"], ["2", "ｻｲｽﾞ\n大", "5"]]


def written(rows: list[list[str]], delimiter: str = ",", end: str = "\r\n") -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows(rows)
    return text.getvalue()


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("cp932", "cp932"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32-le"),
    ],
)
def test_the_same_cells_out_of_every_encoding(
    read: Read, encoding: str, told: str, delimiter: str
) -> None:
    text = read(written(ROWS, delimiter).encode(encoding))
    assert (text.encoding, text.delimiter, text.skip) == (told, delimiter, 0)
    assert rows_of(text) == ROWS
    assert (text.utf8 == text.file) == encoding.startswith("utf-8")
    if text.utf8 != text.file:
        assert stat.S_IMODE(text.utf8.stat().st_mode) == 0o600


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_western_text_is_read_and_said(read: Read, encoding: str) -> None:
    rows = [["Order No", "Client", "Paid"], ["1", "Crème brûlée, Thé", "£19.90"], ["2", "Å", "1"]]
    text = read(written(rows).encode(encoding))
    assert text.encoding == "cp1252"
    assert text.notes == ("read as Windows-1252",)
    assert rows_of(text) == rows


def test_japanese_of_seven_bits(read: Read) -> None:
    rows = [["Order No", "Client", "Paid"], ["1", "山田", "5"]]
    text = read(written(rows).encode("iso2022_jp"))
    assert (text.encoding, rows_of(text)) == ("iso2022_jp", rows)
    # An escape alone makes no other encoding of it.
    assert read(f"{HEADER}1,\x1b[0m,5\n").encoding == "utf-8"


def test_euc(read: Read) -> None:
    rows = [["Order No", "顧客", "金額"]] + [[str(n), f"やまだ{n}さん", "お茶"] for n in range(5)]
    text = read(written(rows).encode("euc_jp"), knows=lambda _header: True)
    assert (text.encoding, rows_of(text)) == ("euc_jp", rows)


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("mac_roman", "Amélie Crème Thé naïve Zoë François élégant brûlée"),
        ("cp1251", "Иванов Москва Доставка Чай Кружка Смирнова Анна оплачен возврат"),
        ("cp1250", "Kraków Łódź Żółć Wrocław gęś ślad źdźbło jabłko właśnie"),
    ],
)
def test_other_encodings_are_read_or_asked_about(read: Read, encoding: str, words: str) -> None:
    rows = [[*NAMES], *([str(n), word, "5"] for n, word in enumerate(words.split()))]
    content = written(rows).encode(encoding)
    try:
        assert rows_of(read(content)) == rows
    except DataError as refusal:
        assert "can be read in two ways" in str(refusal)  # noqa: PT017
    assert rows_of(read(content, encoding=encoding)) == rows


def test_two_readings_are_asked_about_by_an_example(read: Read) -> None:
    content = f"{HEADER}1,髙,5\n".encode("cp932")
    with pytest.raises(DataError) as refusal:
        read(content)
    said = str(refusal.value)
    assert said == (
        "orders.csv can be read in two ways: the same word is '髙' in CP932 (Shift JIS) and 'îà' "
        "in Windows-1252: say `encoding: cp932` or `encoding: cp1252` under `mapping:` in the "
        "shop's file."
    )
    assert rows_of(read(content, encoding="cp932"))[1][1] == "髙"
    assert rows_of(read(content, encoding="windows-1252"))[1][1] == "îà"


def test_an_encoding_that_is_given_is_strict(read: Read) -> None:
    content = f"{HEADER}1,山田,5\n2,\x00,5\n".encode("cp932").replace(b"\0", b"\xff")
    with pytest.raises(
        DataError, match=r"orders\.csv is not cp932 \(byte 0xff in line 3, at position 32\): corr"
    ):
        read(content, encoding="shift_jis")
    with pytest.raises(DataError, match=r"encoding == 'utf-9' is no encoding: say utf-8, cp932"):
        read(content, encoding="utf-9")
    with pytest.raises(DataError, match=r"encoding == 'base64' is no encoding"):
        read(content, encoding="base64")
    # What the file states itself stands over what is said of it.
    assert read(f"{HEADER}1,é,5\n".encode("utf-8-sig"), encoding="cp1252").encoding == "utf-8-sig"


@pytest.mark.parametrize(
    ("cell", "byte"),
    [(b"\xed\xa0\x80", "ed"), (b"\xc3\x28", "c3"), (b"\xe3\x81", "e3"), (b"\xe9", "e9")],
)
def test_damaged_utf8_becomes_no_other_encoding(read: Read, cell: bytes, byte: str) -> None:
    lines = [HEADER.encode(), "1,山田,5\n2,Zoë,5\n".encode(), b"3," + cell + b",5\n"]
    with pytest.raises(DataError, match=rf"utf-8 \(byte 0x{byte} in line 4, at position 43\)"):
        read(b"".join(lines))
    with pytest.raises(DataError, match=r"utf-8 \(byte 0xed in line 2"):
        read(HEADER.encode() + b"1,\xed\xa0\x80,5\n")


@pytest.mark.parametrize("encoding", ["utf-8", "cp932", "utf-16"])
def test_nul_is_no_text(read: Read, encoding: str) -> None:
    content = f"{HEADER}1,山田,5\n2,a\0b,5\n".encode(encoding)
    with pytest.raises(DataError, match=r"orders\.csv holds a NUL byte in line 3 \(at position "):
        read(content)
    with pytest.raises(DataError, match="holds a NUL byte in line 3"):
        read(f"{HEADER}1,a,5\n".encode() + bytes(4096))


def words_of(*languages: str) -> Iterator[str]:
    """Names of countries, languages, currencies, months and days."""
    babel = pytest.importorskip("babel")
    for language in languages:
        known = babel.Locale.parse(language)
        found = [*known.territories.values(), *known.languages.values()]
        found += [*known.currencies.values(), *known.months["format"]["wide"].values()]
        yield from sorted({word for word in map(str, found) if not word.isascii()})


def outcome(read: Read, word: str, encoding: str) -> str:
    try:
        return read(f"id,name\r\n1,{word}\r\n".encode(encoding), knows=lambda _: True).encoding
    except DataError:
        return "asked"


@pytest.mark.parametrize("language", ["fr", "de", "es", "it", "pt", "sv", "da", "nb", "nl", "ca"])
def test_one_western_word_is_never_japanese(read: Read, language: str) -> None:
    words = [word for word in words_of(language) if _fits(word, "cp1252")][::3]
    words += [word.upper() for word in words[:30] if _fits(word.upper(), "cp1252")]
    found = [outcome(read, word, "cp1252") for word in words]
    assert len(found) > 15
    assert "cp932" not in found
    assert found.count("cp1252") >= 0.98 * len(found)


def test_one_japanese_word_is_never_western(read: Read) -> None:
    words = [word for word in words_of("ja") if _fits(word, "cp932")][::4]
    words += [
        "男",
        "女",
        "3個",
        "ﾔﾏﾀﾞ ﾊﾅｺ",
        "ｶ-ﾄﾞ",
        "Ａ",
        "①",
        "Tシャツ",
        "L判",
        "iPhone用",
        "齋藤",
        "髙",
    ]
    found = [outcome(read, word, "cp932") for word in words]
    assert len(found) > 300
    assert set(found) == {"cp932", "asked"}
    assert found.count("cp932") >= 0.98 * len(found)


def _fits(word: str, encoding: str) -> bool:
    try:
        return word.encode(encoding) is not None and not word.isascii()
    except UnicodeEncodeError:
        return False


@pytest.mark.parametrize(
    "word",
    ["£19.90", "¥100", "5 €", "½ lb", "20°C", "Nº 5", "Kid’s", "“Best” mug", "ZOË", "DÉJÀ VU",
     "L’Oréal", "Noël…", "¿Qué?", "ß", "ÉTÉ", "© 2024", "iPhone®", "œuf"],
)  # fmt: skip
def test_signs_of_western_text(read: Read, word: str) -> None:
    assert outcome(read, word, "cp1252") == "cp1252"


def test_long_cells_are_told_by_their_words(read: Read) -> None:
    rows = [[*NAMES], ["1", "a fine cup of thé " * 50, "5"]]
    assert rows_of(read(written(rows).encode("cp1252"))) == [rows[0], [*rows[1]]]
    rows[1][1] = "お茶 100g 静岡県産 " * 50
    assert rows_of(read(written(rows).encode("cp932"))) == rows


def test_a_large_file_is_decoded_across_blocks(read: Read) -> None:
    rows = [[*NAMES], *([str(n), f"山田{n}号", "商品その一"] for n in range(250_000))]
    text = read(written(rows).encode("cp932"))
    assert text.utf8.read_text("utf-8") == written(rows).replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a;b;c\n1;2,50;3,00\n2;3,50;4,00\n", ";"),
        ("a,b\n1,x; y; z\n2,u; v; w\n", ","),
        ("name|sum\nA, B, C|1,5\nD, E, F|2,5\n", "|"),
        ("a\tb\n1, 2, 3\tx\n", "\t"),
        ('"Date; time, zone";Total\n1;2,5\n2;3,5\n', ";"),
        ("only\n1\n2\n", ","),
    ],
)
def test_the_delimiter_is_told_by_the_rows(read: Read, text: str, delimiter: str) -> None:
    assert read(text, knows=lambda _header: False).delimiter == delimiter


def test_the_delimiter_is_the_one_whose_header_is_known(read: Read) -> None:
    text = read("Order No;Client;Paid\n1,a;b,c;d,e\n")
    assert (text.delimiter, text.header) == (";", NAMES)


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "\ufeffsep=;"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_stated_delimiter_is_obeyed_and_passed_over(read: Read, line: str, end: str) -> None:
    text = read(f"{line}\nOrder No;Client;Paid\n1;a,b;5,50\n".replace("\n", end))
    assert (text.delimiter, text.skip, text.notes) == (";", 1, ())
    assert rows_of(text) == [[*NAMES], ["1", "a,b", "5,50"]]


def test_a_table_below_other_rows(read: Read) -> None:
    title = '"All amounts in EUR"\n"",\n\n"two\nlines\rof text"\n'
    body = f"{HEADER}1,a,5\n\n2,b,6\n"
    text = read(title + body)
    assert (text.skip, text.header) == (4, NAMES)
    assert text.notes == ("4 rows above the header passed over",)
    assert rows_of(text) == [[*NAMES], ["1", "a", "5"], ["2", "b", "6"]]
    # Rows 1 to 4 are passed over, 5 is the header.
    assert blank_rows(text.utf8, skip=text.skip) == [7]
    text = read((title + body).encode("utf-16"))
    assert (text.skip, len(rows_of(text))) == (4, 3)


def test_a_quote_above_the_table_does_not_hide_its_blank_lines(read: Read) -> None:
    text = read(f'Report of 5" pipes\n{HEADER}1,a,5\n\n2,"b\n\nc",6\n\n3,d,7\n')
    assert text.skip == 1
    assert blank_rows(text.utf8, skip=1) == [4, 6]


def test_the_first_row_is_the_header_unless_another_names_more(read: Read) -> None:
    assert read("a,b,c\n1,2,3\n").skip == 0
    assert read("\n\na,b,c\n1,2,3\n").skip == 2
    text = read("Report of March\n\nId,Name,Sum,Day\n1,x,2,2024-03-01\n")
    assert (text.skip, text.header) == (2, ("Id", "Name", "Sum", "Day"))


def test_a_header_of_blank_and_repeated_names(read: Read) -> None:
    text = read("a,,b,a, ,\n1,2,3,4,5,6\n")
    assert text.header == ("a", "", "b", "a (2)", " (2)", " (3)")
    assert read("\ufeff\ufeff\u3000Ａ ,\u200bb\xa0\n1,2\n").header == ("A", "b")
    assert read(HEADER).notes == ("a header and no rows",)


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_line_ends_of_all_kinds(read: Read, end: str) -> None:
    text = read(written([[*NAMES], ["1", 'a\n"b"', "5"], ["2", "c", "6"]], end=end))
    assert rows_of(text)[1:] == [["1", 'a\n"b"', "5"], ["2", "c", "6"]]
    assert (text.utf8 == text.file) == (end != "\r")


def test_mixed_line_ends_are_evened_outside_of_cells(read: Read, monkeypatch) -> None:
    from analysis.ingest import line_ends

    monkeypatch.setattr(line_ends, "_BLOCK", 5)
    rng = random.Random(1)
    for _ in range(50):
        ends = rng.choice([["\n", "\r\n"], ["\r", "\n"], ["\r\n"], ["\n"]])
        cells = [rng.choice(["a", "x\ny", "x\r\ny", "x\ry", 'q"q', ""]) for _ in range(8)]
        lines = [written([[str(n), cell, "5"]], end="") for n, cell in enumerate(cells)]
        content = "".join(line + rng.choice(ends) for line in [HEADER.strip(), *lines])
        text = read(content)
        assert rows_of(text) == [[*NAMES], *([str(n), cell, "5"] for n, cell in enumerate(cells))]


def packed(**files: str | bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return target.getvalue()


def test_the_one_table_in_an_archive_is_read(read: Read) -> None:
    body = f"{HEADER}1,Zoë,5\n".encode("cp1252")
    entries = {"a__orders.csv": body, "read.me": "?", "__MACOSX__a__._orders.csv": "?"}
    text = read(packed(**entries), "export.zip")
    assert (text.file.name, rows_of(text)[1]) == ("export.zip", ["1", "Zoë", "5"])
    assert text.notes == ("orders.csv unpacked from it", "read as Windows-1252")
    assert stat.S_IMODE(text.utf8.stat().st_mode) == 0o600
    text = read(gzip.compress(body), "orders.csv.gz")
    assert (text.notes[0], text.header) == ("orders.csv unpacked from it", NAMES)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (packed(**{"a.csv": "a", "b.csv": "b"}), r"holds 2 files \(a\.csv, b\.csv\): unpack it"),
        (packed(), "holds no file: unpack it"),
        (packed(**{"a.csv": ""}), r"a\.csv in odd\.zip is empty"),
        (packed(**{"a.zip": packed(**{"a.csv": "a,b\n1,2\n"})}), "is packed twice"),
        (packed(**{"a.csv": "a" * 500})[:60], "is damaged or was not copied to its end"),
        (gzip.compress(os.urandom(500))[:-20], "is damaged or was not copied to its end"),
        (packed(**{"word__document.xml": "<a/>"}), "is a text document: open it and save"),
        (packed(**{"xl__workbook.bin": "?"}), r"is a binary workbook \(\.xlsb\): open it"),
        (packed(**{"a.pdf": "%PDF-1.4"}), r"a\.pdf in odd\.zip is a PDF, not a table"),
    ],
)
def test_other_archives_are_refused_by_one_sentence(read: Read, content: bytes, why: str) -> None:
    with pytest.raises(DataError, match=why) as refusal:
        read(content, "odd.zip")
    assert len(str(refusal.value).splitlines()) == 1


def test_names_in_archives_of_japan(read: Read) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in ("注文.csv", "会員.csv"):
            entry = zipfile.ZipInfo(name.encode("cp932").decode("cp437"))
            archive.writestr(entry, "a")
    content = target.getvalue().replace(b"\x00\x08", b"\x00\x00")
    names = [entry.filename for entry in zipfile.ZipFile(io.BytesIO(content)).infolist()]
    with pytest.raises(DataError, match=r"holds 2 files \(.*\.csv, .*\.csv\)"):
        read(content, "export.zip")
    assert len(names) == 2


def test_a_bomb_is_not_unpacked(read: Read, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(archives, "_SMALL", 1_000_000)
    for content in (packed(**{"a.csv": bytes(50_000_000)}), gzip.compress(bytes(50_000_000))):
        with pytest.raises(DataError, match=r"unpacks to more than .* bytes, which no export does"):
            read(content, "bomb.zip")
    unpacked = [file.stat().st_size for file in (tmp_path / "copies").iterdir()]
    assert max(unpacked) <= 26_000_000


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", r"orders\.csv is empty: export it again"),
        (b"\xef\xbb\xbf", r"orders\.csv is empty"),
        (b"\n\r\n \n", r"orders\.csv is empty"),
        (b"sep=;\n", r"orders\.csv is empty"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html><html>", r"orders\.csv is a web page, .*: sign in"),
        ("<html>".encode("utf-16"), r"orders\.csv is a web page"),
        (b"<table><tr><td>a", r"orders\.csv is a web page"),
        (b'<?xml version="1.0"?><a/>', r"orders\.csv is XML, not a table: open it in a spread"),
        (b'{"errors": "no"}', r"orders\.csv is JSON"),
        (b'[{"id": 1}]', r"orders\.csv is JSON"),
        (b"%PDF-1.7 ...", r"orders\.csv is a PDF, not a table: export the orders as CSV"),
        (b"PAR1....", r"orders\.csv is a Parquet file"),
        (b"Rar!....", r"orders\.csv is a RAR archive, not a table: unpack it"),
    ],
)
def test_what_is_no_table_is_named(read: Read, content: bytes, why: str) -> None:
    with pytest.raises(DataError, match=why) as refusal:
        read(content)
    assert len(str(refusal.value).splitlines()) == 1


def test_a_place_without_a_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is a folder: name the export file in it"):
        read_text(tmp_path, folder=tmp_path)
    with pytest.raises(DataError, match="is no file: name an export file"):
        read_text(tmp_path / "gone.csv", folder=tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="is no file"):
        read_text(tmp_path / "pipe", folder=tmp_path)


@contextmanager
def nobody() -> Iterator[None]:
    """Without the rights of root, if this is root."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_file_of_somebody_else(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(HEADER)
    file.chmod(0)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.getuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    with nobody(), pytest.raises(DataError, match=r"may not be read by this user: allow it"):
        read_text(file, folder=tmp_path)


def test_a_file_that_goes_while_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(HEADER)

    def knows(_header: tuple[str, ...]) -> bool:
        file.unlink(missing_ok=True)
        raise FileNotFoundError(file)

    with pytest.raises(DataError, match=r"orders\.csv is gone: it was moved or removed"):
        read_text(file, folder=tmp_path, knows=knows)


def test_a_full_disk_is_one_sentence(read: Read) -> None:
    with pytest.raises(DataError, match=r"orders\.csv cannot be read \(Not a directory\)"):
        read(f"{HEADER}1,é,5\n".encode("cp1252"), folder=Path("/dev/null"))


def test_a_quote_that_is_never_closed_in_the_header(read: Read) -> None:
    with pytest.raises(DataError, match=r"orders\.csv opens a quote in its header that is never"):
        read('"' + HEADER + "1,c1,5\n" * 30_000)
