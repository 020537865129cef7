"""A shop: the file that describes it, and its tables as of one day."""

import difflib
import json
import os
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args
from zoneinfo import ZoneInfo

from analysis import paths
from analysis.catalog import SOURCE_LANGUAGE, check_language
from analysis.engine import Engine, Ledgers, ResourceLimits, open_engine
from analysis.engine.connections import check_name
from analysis.engine.limits import read_limits
from analysis.engine.warehouse import open_warehouse, totals_fingerprint
from analysis.errors import DataError, ParameterError
from analysis.file_patterns import FilePattern, read_patterns
from analysis.ledger import ledger_files
from analysis.money import decimals_of
from analysis.names import with_shown_names
from analysis.schema import check_tables
from analysis.versions import RECORD, lease
from analysis.yaml_file import read_yaml

if TYPE_CHECKING:
    from pandas import DataFrame


TABLES_VARIABLE = "CRM_TABLES"
# Of rows and of money, that an import may leave out without a rule of the format.
EXPECTED_SET_ASIDE = 0.02
Every = Literal["day", "week", "month"]


class ShopFile(NamedTuple):
    """What `shops/NAME.yaml` says.

    Attributes:
        name: The shop's key: the file's name without its ending.
        title: The shop's name on pages.
        currency: ISO 4217 code of the one currency of all its money.
        time_zone: IANA name of the zone its time stamps are in.
        source: Where its orders are imported from: `files` that lie somewhere, or a sample shop's
            `importer`.
        reports: Notebook name to the parameters in which the shop differs from the notebook.
        as_of: Day that reports speak of: `yesterday`, `last_order` or an ISO date.
        language: Code of the language that its reports are written in: `en` or `ja`.
        amount_rule: What an order's amount includes, in words.
        mapping: The layout of its own export files, or what stands over a layout that comes along;
            or a list of such.
        cancel_reasons: Reason code to parts of what customers wrote when they cancelled.
        engine: Name of the connection that its tables are read through; empty for DuckDB over the
            imported files.
        limits: What a reduction may take.
        every: How often its reports are due: each `day`, `week` (ending on Sunday) or `month`.
        expected_set_aside: Share of rows, and of money, that an import may set aside for other
            reasons than a rule of the format before it is refused; or one for each table.
    """

    name: str
    title: str
    currency: str
    time_zone: str
    source: dict[str, Any]
    reports: dict[str, dict[str, Any]]
    as_of: str = "yesterday"
    language: str = SOURCE_LANGUAGE
    amount_rule: str = ""
    mapping: dict[str, Any] | list[Any] | None = None
    cancel_reasons: dict[str, list[str]] | None = None
    engine: str = ""
    limits: ResourceLimits = ResourceLimits()
    every: Every = "day"
    expected_set_aside: float | dict[str, float] = EXPECTED_SET_ASIDE

    @property
    def patterns(self) -> tuple[FilePattern, ...]:
        """Where its export files lie; empty where the shop's file does not say."""
        return read_patterns(self.source, where=f"shops/{self.name}.yaml")


class Shop(NamedTuple):
    """The tables of a shop as of one day.

    Attributes:
        file: What the shop's file says.
        as_of: The day; nothing after it is read.
        first_day: Day of the first order.
        last_day: Day of the last order up to `as_of`.
        record: What the import recorded: `imported_at`, `fingerprint` and `balance`.
        engine: Where reductions run.
    """

    file: ShopFile
    as_of: date
    first_day: date
    last_day: date
    record: dict[str, Any]
    engine: Engine

    def reduce(self, name: str, **parameters: Any) -> "DataFrame":
        """Run the reduction `sql/NAME.sql` on this shop, as of its day unless told otherwise."""
        frame = self.engine.reduce(name, **{"as_of": self.as_of, **parameters})
        # Rules of campaign files are asked of names as they are.
        return frame if name.startswith("target_") else with_shown_names(frame)


def list_shops() -> list[str]:
    """Return the names of the shops that have a file."""
    return sorted(path.stem for path in paths.shops_folder().glob("*.yaml"))


def no_shops() -> str:
    """Return the sentence on a folder of shop files in which there is none."""
    return (
        f"There are no shops: {paths.shops_folder()} holds no YAML file. Set ANALYSIS_HOME to the "
        "folder that holds shops/, notebooks/ and data/."
    )


def read_shop(name: str) -> ShopFile:
    """Read and check a shop's file.

    Raises:
        ParameterError: There is no such shop, or a key of its file is missing, unknown or wrong.
    """
    known = list_shops()
    if not known:
        raise ParameterError(no_shops())
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"known shops: {', '.join(known)}."
        raise ParameterError(f"There is no shop '{name}': {hint}")
    where = f"shops/{name}.yaml"
    content = read_yaml(paths.shops_folder() / f"{name}.yaml", where=where)
    return _shop_file(name, content, where=where)


def _shop_file(name: str, content: Any, *, where: str) -> ShopFile:
    if not isinstance(content, dict):
        raise ParameterError(f"{where} must hold keys and values.")
    known = [field for field in ShopFile._fields if field != "name"]
    for key in content:
        if key not in known:
            close = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean '{close[0]}'?" if close else f"known keys: {', '.join(known)}."
            raise ParameterError(f"{where} has the unknown key '{key}': {hint}")
    missing = [key for key in known if key not in content and key not in ShopFile._field_defaults]
    if missing:
        raise ParameterError(f"{where} lacks the key '{missing[0]}'.")
    shop = ShopFile(name=name, **{**content, "as_of": str(content.get("as_of", "yesterday"))})
    _check_values(shop, where=where)
    return shop._replace(
        reports={report: values or {} for report, values in shop.reports.items()},
        limits=read_limits(content.get("limits", {}), where=where),
    )


def _check_values(shop: ShopFile, *, where: str) -> None:
    def refuse(key: str, value: object, must: str) -> None:
        raise ParameterError(f"{key} of {where} == {value!r}, must be {must}.")

    try:
        decimals_of(str(shop.currency))
    except ParameterError:
        refuse("currency", shop.currency, "an ISO 4217 code with 0 or 2 decimals such as JPY")
    try:
        ZoneInfo(str(shop.time_zone))
    except (KeyError, ValueError, OSError):
        refuse("time_zone", shop.time_zone, "an IANA name such as Asia/Tokyo")
    check_language(str(shop.language), where=f"language of {where}")
    if shop.every not in get_args(Every):
        refuse("every", shop.every, "day, week or month")
    if not isinstance(shop.source, dict):
        refuse("source", shop.source, "keys and values")
    read_patterns(shop.source, where=where)
    said = shop.expected_set_aside
    for share in said.values() if isinstance(said, dict) else [said]:
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share < 1:
            must = "a share such as 0.05, at least 0 and less than 1, or one for each table"
            refuse("expected_set_aside", said, must)
    if shop.engine:
        check_name(shop.engine, where=f"engine of {where}")
    if not isinstance(shop.reports, dict):
        refuse("reports", shop.reports, "notebook names, each with its parameters or nothing")
    for report, values in shop.reports.items():
        if not isinstance(values, dict | None):
            refuse(f"reports: {report}", values, "parameters, each with its value, or nothing")
    _check_reasons(shop.cancel_reasons or {}, where=where)


def _check_reasons(reasons: Any, *, where: str) -> None:
    ok = isinstance(reasons, dict) and all(
        isinstance(code, str) and isinstance(parts, list) and all(map(_is_text, parts))
        for code, parts in reasons.items()
    )
    if not ok:
        raise ParameterError(
            f"cancel_reasons of {where} must hold reasons, each with a list of parts of texts "
            f"such as [expensive, price]; quote what looks like a number."
        )


def _is_text(part: Any) -> bool:
    return isinstance(part, str) and bool(part.strip())


def open_shop(name: str, *, as_of: str = "", tables: Path | None = None) -> Shop:
    """Open the tables of a shop as of a day.

    Args:
        name: The shop, as `shops/NAME.yaml` names it.
        as_of: ISO date, `yesterday`, `last_order`, or empty for the shop's own rule.
        tables: Folder of the version to open; None for the one that `tables_folder` names.

    Raises:
        ParameterError: There is no such shop, or the day is no date, lies before the first order
            or in the future.
        DataError: The shop was never imported, has no orders, or breaks the contract.
    """
    shop = read_shop(name)
    engine = _open(shop, tables)
    try:
        return _as_of(shop, engine, as_of)
    except BaseException:
        engine.close()
        raise


def _as_of(shop: ShopFile, engine: Engine, as_of: str) -> Shop:
    check_tables(engine.tables, shop=shop.name)
    period = engine.scalar("period", as_of=date.max)
    if period["first_day"] is None:
        raise DataError(f"Shop '{shop.name}' has no orders: its table 'orders' is empty.")
    day = _resolve(as_of or shop.as_of, shop, period["first_day"], period["last_day"])
    last_day = engine.scalar("period", as_of=day)["last_day"]
    record = engine.record
    if shop.engine and "fingerprint" not in record:
        totals = {**period, **engine.refund_totals()}
        record = {**record, "fingerprint": totals_fingerprint(engine.tables, totals)}
    known = engine.as_known_on(day)
    return Shop(shop, day, period["first_day"], last_day, record, known)


def _open(shop: ShopFile, tables: Path | None) -> Engine:
    if shop.engine:
        current = paths.data_folder() / shop.name / "current"
        folder = current.resolve() if current.is_dir() else None
    else:
        folder = tables or tables_folder(shop.name)
    names = folder / "kept" / "links.parquet" if folder else None
    ledgers = Ledgers(ledger_files(shop.name), names if names and names.exists() else None)
    held = lease(folder) if folder else None
    try:
        if folder and not shop.engine:
            engine = open_engine(
                folder,
                limits=shop.limits,
                spill=paths.data_folder() / ".spill",
                record=_import_record(folder),
                ledgers=ledgers,
            )
        else:
            engine = open_warehouse(
                shop.engine, shop=shop.name, limits=shop.limits, folder=folder, ledgers=ledgers
            )
    except BaseException:
        if held:
            held.close()
        raise
    return engine._replace(lease=held)


def _resolve(text: str, shop: ShopFile, first_day: date, last_day: date) -> date:
    today = datetime.now(ZoneInfo(shop.time_zone)).date()
    named = {"yesterday": today - timedelta(days=1), "last_order": last_day}
    try:
        day = named.get(text) or date.fromisoformat(text)
    except ValueError:
        raise ParameterError(
            f"as_of == '{text}', must be a date such as {last_day}, 'yesterday' or 'last_order'."
        ) from None
    if day < first_day:
        raise ParameterError(
            f"as_of == {day}, must be {first_day} or later: "
            f"that is the day of the first order of shop '{shop.name}'."
        )
    if day > today:
        raise ParameterError(f"as_of == {day}, must not lie in the future (today is {today}).")
    return day


def tables_folder(name: str) -> Path:
    """Return the folder of a shop's current tables, links resolved, so that it stays the same.

    Where a run has set the environment variable `CRM_TABLES` to a version of the shop's tables, it
    is that one: an import in the middle of a run does not change what the run speaks of.

    Raises:
        DataError: The shop was never imported, or the version is gone.
    """
    held = os.environ.get(TABLES_VARIABLE, "")
    if held and Path(held).parent == (paths.data_folder() / name).resolve():
        if Path(held).is_dir():
            return Path(held)
        raise DataError(f"The data of shop '{name}' were replaced under the run: run it again.")
    folder = paths.data_folder() / name / "current"
    if not folder.is_dir():
        raise DataError(
            f"Shop '{name}' has no data yet: import it with `crm import --shop {name}`."
        )
    return folder.resolve()


def _import_record(folder: Path) -> dict[str, Any]:
    file = folder / RECORD
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def describe(shop: Shop) -> dict[str, Any]:
    """Return what a run records of its data: period, counts, fingerprint and import balance."""
    period = shop.engine.scalar("period", as_of=shop.as_of)
    return {
        "title": shop.file.title,
        "currency": shop.file.currency,
        "time_zone": shop.file.time_zone,
        "amount_rule": shop.file.amount_rule,
        "first_day": f"{period['first_day']}",
        "last_day": f"{period['last_day']}",
        "orders": period["orders"],
        "customers": period["customers"],
        "imported_at": shop.record.get("imported_at"),
        "fingerprint": shop.record.get("fingerprint"),
        "balance": shop.record.get("balance", []),
    }
