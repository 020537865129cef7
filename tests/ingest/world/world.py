"""One drawn world: files, what the shop's owner wrote about them, and what is true."""

from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.ingest.world.expected import Expected

SHOPS = {
    "USD": "America/New_York",
    "EUR": "Europe/Berlin",
    "GBP": "Europe/London",
    "JPY": "Asia/Tokyo",
    "BRL": "America/Sao_Paulo",
    "INR": "Asia/Kolkata",
}


class World(NamedTuple):
    """One draw.

    Attributes:
        seed: Draws it again.
        labels: Convention to how it was drawn, for counts.
        files: Name to bytes, in the order in which they are given.
        shop: What stands in the shop's file.
        expected: What is true.
        must: Reasons for which it has to be refused, with the words a sentence has to hold.
        may: Reasons for which it may be.
        faults: Names of what is wrong in it.
    """

    seed: int
    labels: dict[str, str]
    files: dict[str, bytes]
    shop: dict[str, Any]
    expected: Expected
    must: dict[str, str] = {}  # noqa: RUF012 never changed
    may: dict[str, str] = {}  # noqa: RUF012 never changed
    faults: tuple[str, ...] = ()

    @property
    def readable(self) -> bool:
        """Whether a person could read the whole of it without asking."""
        return not self.must and not self.may and not self.faults

    def write(self, folder: Path) -> list[Path]:
        """Write its files, and the shop's file beside them, and return the former."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "shop.yaml").write_text(self.shop_file(), encoding="utf-8")
        paths = []
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
            paths.append(folder / name)
        return paths

    def shop_file(self) -> str:
        return yaml.safe_dump(self.shop, allow_unicode=True, sort_keys=False)


def shop_of(currency: str, mapping: object = None, **more: Any) -> dict[str, Any]:
    """Return the file of a shop."""
    shop = {
        "title": "Drawn",
        "currency": currency,
        "time_zone": SHOPS[currency],
        "as_of": "last_order",
        "amount_rule": "paid",
        "source": {},
        **more,
    }
    if mapping is not None:
        shop["mapping"] = mapping
    return shop | {"reports": {"01_customer_analysis": None}}
