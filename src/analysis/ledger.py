"""The ledgers of a shop's campaigns: who was assigned to what, written once and never changed.

`data/private/ledgers/SHOP/CAMPAIGN.NUMBER.parquet` holds one batch of assignments, and a file of
the same name that ends in `.sha256` its seal: the hash of its bytes. A campaign that goes on adds
batches; nobody is assigned twice. Opening a shop joins the ledgers to its table `assignments`.
"""

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from analysis import paths
from analysis.errors import DataError
from analysis.whole_files import settle

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = ("campaign_id", "customer_id", "arm", "assigned_at")
_SEAL = ".sha256"
_DRAFT = ".draft"
_CHUNK = 1 << 20


def ledger_folder(shop: str) -> Path:
    """Return the folder of a shop's ledgers."""
    return paths.data_folder() / "private" / "ledgers" / shop


def ledger_files(shop: str, campaign_id: str = "") -> list[Path]:
    """Return the batches of a shop's ledgers, or of one campaign's, in the order of writing."""
    files = sorted(ledger_folder(shop).glob("*.parquet"))
    return [file for file in files if not campaign_id or campaign_of(file) == campaign_id]


def campaign_of(file: Path) -> str:
    """Return the campaign of a batch.

    >>> campaign_of(Path("2026-02-boots.0001.parquet"))
    '2026-02-boots'
    """
    return file.stem.rpartition(".")[0]


def append_ledger(shop: str, frame: "DataFrame") -> Path:
    """Write one batch of one campaign's assignments, seal it, and return its file.

    Args:
        shop: The shop's name.
        frame: Columns `campaign_id` (one value), `customer_id`, `arm` and `assigned_at`
            (shop-local time stamps).

    Raises:
        DataError: A column or value is missing, several campaigns are named, or a customer is
            assigned twice, here or in an earlier batch.
    """
    campaign_id = _check(frame)
    folder = _private(ledger_folder(shop))
    with _alone(folder):
        earlier = ledger_files(shop, campaign_id)
        _refuse_again(frame, earlier, campaign_id)
        last = max((_number_of(file) for file in earlier), default=0)
        file = folder / f"{campaign_id}.{last + 1:04d}.parquet"
        handle, name = tempfile.mkstemp(prefix=f".{file.stem}-", suffix=_DRAFT, dir=folder)
        os.close(handle)
        draft = Path(name)
        try:
            _write(frame, draft)
            # The seal comes first: a batch without one would count as broken for good.
            _write_seal(file, _digest(draft))
            # Linking refuses to replace what is there, whatever happened to the lock.
            os.link(draft, file)
        finally:
            draft.unlink()
        settle(folder)
    return file


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one batch of a shop wait for another, and clear away what a killed one left."""
    with (folder / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for draft in folder.glob(f".*{_DRAFT}"):
            draft.unlink()
        yield


def _private(folder: Path) -> Path:
    """Make a folder below `data/private`, and those above it, for this user alone."""
    private = paths.data_folder() / "private"
    private.parent.mkdir(parents=True, exist_ok=True)
    for path in (*reversed([one for one in folder.parents if one.is_relative_to(private)]), folder):
        path.mkdir(mode=0o700, exist_ok=True)
    return folder


def _write(frame: "DataFrame", file: Path) -> None:
    from analysis.engine import workbench

    with workbench() as bench:
        bench.register("batch", frame[list(COLUMNS)])
        bench.sql(
            "SELECT CAST(campaign_id AS VARCHAR) AS campaign_id, "
            "CAST(customer_id AS VARCHAR) AS customer_id, CAST(arm AS VARCHAR) AS arm, "
            "CAST(assigned_at AS TIMESTAMP) AS assigned_at FROM batch ORDER BY customer_id"
        ).write_parquet(str(file))
    file.chmod(0o600)
    settle(file)


def _write_seal(file: Path, digest: str) -> None:
    seal = file.with_name(file.name + _SEAL)
    seal.write_text(f"{digest}  {file.name}\n", encoding="ascii")
    seal.chmod(0o600)
    settle(seal)


def _number_of(file: Path) -> int:
    return int(file.stem.rpartition(".")[2])


def read_ledger(shop: str, campaign_id: str) -> "DataFrame":
    """Return all rows of a campaign's ledger as they were written, whatever engine the shop has."""
    from analysis.engine import workbench

    files = [str(file) for file in ledger_files(shop, campaign_id)]
    if not files:
        import pandas as pd

        return pd.DataFrame({column: [] for column in COLUMNS})
    with workbench() as bench:
        return bench.read_parquet(files).order("assigned_at, customer_id").df()


def broken_seals(shop: str, campaign_id: str) -> list[str]:
    """Return the names of a campaign's batches that are not as they were written."""
    return [file.name for file in ledger_files(shop, campaign_id) if _digest(file) != _sealed(file)]


def _sealed(file: Path) -> str:
    seal = file.with_name(file.name + _SEAL)
    return seal.read_text(encoding="ascii").split(" ")[0] if seal.exists() else ""


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as source:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _check(frame: "DataFrame") -> str:
    for column in COLUMNS:
        if column not in frame:
            raise DataError(f"The ledger lacks the column '{column}': add it.")
        missing = int(frame[column].isna().sum())
        if missing:
            raise DataError(f"Column '{column}' of the ledger is missing in {missing} rows.")
    campaigns = list(frame["campaign_id"].unique())
    if len(campaigns) != 1:
        raise DataError(
            f"The ledger names {len(campaigns)} campaigns, must name one: write each on its own."
        )
    again = frame["customer_id"].duplicated()
    if again.any():
        raise DataError(
            f"The ledger of campaign '{campaigns[0]}' assigns {int(again.sum())} customers twice: "
            f"keep the first row of each."
        )
    return str(campaigns[0])


def _refuse_again(frame: "DataFrame", earlier: list[Path], campaign_id: str) -> None:
    if not earlier:
        return
    from analysis.engine import workbench

    with workbench() as bench:
        bench.register("batch", frame[["customer_id"]])
        bench.read_parquet([str(file) for file in earlier]).create_view("earlier")
        (again,) = bench.execute(
            "SELECT count(*) FROM batch SEMI JOIN earlier USING (customer_id)"
        ).fetchone()
    if again:
        raise DataError(
            f"{again} customers are in the ledger of campaign '{campaign_id}' already; an "
            f"assignment is never changed: leave them out."
        )
