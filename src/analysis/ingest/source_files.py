"""The files of an import: what they are called, what text they hold, and how it is laid out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from analysis.ingest.digests import content_digest
from analysis.ingest.given import Given
from analysis.ingest.layout_files import list_layouts
from analysis.ingest.layouts import Layout
from analysis.ingest.recognize import choose_layout, fitting, layouts_of
from analysis.ingest.text import Text, read_text
from analysis.shop import ShopFile


class Source(NamedTuple):
    """A file of this import.

    Attributes:
        name: What it is called in balances: its name, with digits of its content where another
            file of that name was imported before.
        digest: Digest of its content.
        text: Its text.
        layout: Its layout.
    """

    name: str
    digest: str
    text: Text
    layout: Layout


def read_sources(
    shop: ShopFile, files: Sequence[Given], record: dict[str, Any], *, work: Path
) -> list[Source]:
    """Read what files of an import hold, each once.

    Args:
        shop: What the shop's file says.
        files: The files.
        record: What earlier imports recorded.
        work: Folder for copies in another encoding, of this user alone.

    Raises:
        ParameterError: There is no such layout, or the shop's mapping is wrong.
        DataError: A file cannot be read, or its header fits no layout.
    """
    known = {entry["digest"]: entry["source"] for entry in record.get("files", [])}
    sources: dict[str, Source] = {}
    for number, (file, wanted, mapping) in enumerate(files):
        folder = work / f"{number}"
        folder.mkdir()
        layouts = layouts_of(mapping or shop.mapping, shop=shop.name)
        text, chosen = _read(file, layouts, wanted=wanted, folder=folder, shop=shop.name)
        digest = content_digest(file)
        taken = {*known.values(), *(source.name for source in sources.values())}
        fresh = f"{file.name} ({digest[:8]})" if file.name in taken else file.name
        if digest not in sources:
            sources[digest] = Source(known.get(digest, fresh), digest, text, chosen)
    return list(sources.values())


def _read(
    file: Path, layouts: dict[str, Layout], *, wanted: str, folder: Path, shop: str
) -> tuple[Text, Layout]:
    """Return a file's text and layout; how the text is written may depend on the layout."""
    candidates = {wanted: layouts[wanted]} if wanted in layouts else layouts

    def one_for_all(key: str) -> str:
        values = {getattr(layout, key) for layout in candidates.values()}
        own = {getattr(one, key) for name, one in candidates.items() if name.startswith("mapping")}
        said = (own or values) - {""}
        return said.pop() if len(said) == 1 else ""

    text = read_text(
        file,
        folder=folder,
        encoding=one_for_all("encoding"),
        sheet=one_for_all("sheet"),
        knows=lambda header: fitting(header, candidates) is not None,
    )
    return text, choose_layout(text, wanted=wanted, known=layouts, shop=shop)


def carts_of(sources: list[Source], record: dict[str, Any]) -> dict[str, str]:
    """Return the cart of every file of orders, or the format where that names none."""
    former = {entry["digest"]: entry["format"] for entry in record.get("files", [])}
    known = list_layouts()
    layouts = {source.digest: source.layout for source in sources}
    layouts |= {digest: known[name] for digest, name in former.items() if name in known} | {
        source.digest: source.layout for source in sources
    }
    carts = {
        digest: layout.cart or layout.name
        for digest, layout in layouts.items()
        if layout.table == "orders"
    }
    unnamed = {d: name for d, name in former.items() if name not in known and d not in carts}
    return {**unnamed, **carts}
