"""What a reduction may take: rows, memory, threads."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from analysis.engine import ResourceLimits, open_engine
from analysis.errors import DataError
from analysis.shop import open_shop

CUSTOMERS = 1_000_000


def test_more_rows_than_allowed_are_refused_with_what_to_use_instead(
    home: Path, make_shop: Callable
) -> None:
    make_shop("few", [(f"c{n}", date(2024, 1, 1) + timedelta(days=n), 1.0) for n in range(4)])
    file = home / "shops" / "few.yaml"
    file.write_text(file.read_text() + "limits: {rows: 3}\n")
    shop = open_shop("few")
    sentence = (
        "The reduction 'btyd_summary' would return more than 3 rows: use the reduction "
        "'btyd_cells', which counts how many share the same values"
    )
    with pytest.raises(DataError, match=sentence):
        shop.reduce("btyd_summary")
    with pytest.raises(DataError, match="'observed_value' .* count by groups in a reduction of"):
        shop.reduce("observed_value", window_days=365)
    assert len(shop.reduce("btyd_summary", as_of=date(2024, 1, 3))) == 3
    assert ResourceLimits().rows == 5_000_000


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    duckdb.sql(
        "SELECT (i * 7919) % $n + 1 AS customer_no, "
        "first_day + CAST(i // $n * 100 AS INTEGER) AS day, "
        "'one_off' AS purchase_type, i // $n + 1 AS purchase_no, first_day, "
        "CAST(1 AS BIGINT) AS opens_day, CAST(1 AS BIGINT) AS opens_month, "
        "CAST(1 AS BIGINT) AS orders, CAST(i AS BIGINT) AS amount_minor FROM (SELECT i, "
        "DATE '2024-01-01' + CAST(i % $n % 499 AS INTEGER) AS first_day FROM range(3 * $n) t(i))",
        params={"n": CUSTOMERS},
    ).write_parquet(str(folder / "customer_day.parquet"))
    duckdb.sql(
        "SELECT i + 1 AS customer_no, 'customer-' || lpad(CAST(i AS VARCHAR), 12, '0') AS "
        "customer_id FROM range($n) t(i)",
        params={"n": CUSTOMERS},
    ).write_parquet(str(folder / "customer_keys.parquet"))
    return folder


def test_what_does_not_fit_into_memory_is_put_aside(many: Path, tmp_path: Path) -> None:
    spill = tmp_path / "spill"
    limits = ResourceLimits(memory="100MB", threads=2)
    engine = open_engine(many, limits=limits, spill=spill)
    asked = engine.source.row("settings", "SELECT current_setting('threads') AS threads", {})
    assert asked == {"threads": 2}
    frame = engine.reduce("btyd_holdout", as_of=date(2026, 1, 1), calibration_end=date(2025, 1, 1))
    assert list(spill.glob("*/rows/*")), "the test must not fit into memory"
    whole = open_engine(many).reduce(
        "btyd_holdout", as_of=date(2026, 1, 1), calibration_end=date(2025, 1, 1)
    )
    assert frame.equals(whole)
    assert len(frame) > CUSTOMERS / 2
    engine.close()
    assert not any(spill.iterdir())


def test_too_little_memory_is_told(many: Path) -> None:
    engine = open_engine(many, limits=ResourceLimits(memory="12MB", threads=1))
    with pytest.raises(DataError, match="'btyd_holdout' needs more memory than it may take"):
        engine.reduce("btyd_holdout", as_of=date(2026, 1, 1), calibration_end=date(2025, 1, 1))


def test_what_killed_runs_put_aside_is_swept(many: Path, tmp_path: Path) -> None:
    left = tmp_path / "spill" / "engine-dead"
    left.mkdir(parents=True)
    for name in (".lock", "duckdb_temp_storage.tmp"):
        (left / name).write_text("customers")
    # Told by a lock: in another container the same process number is another process.
    running = open_engine(many, spill=tmp_path / "spill")
    (living,) = (tmp_path / "spill").iterdir()
    open_engine(many, spill=tmp_path / "spill").close()
    assert list((tmp_path / "spill").iterdir()) == [living]
    running.close()
    assert not living.exists()


def test_tables_replaced_under_a_reader_are_told(many: Path, tmp_path: Path) -> None:
    file = tmp_path / "customer_day.parquet"
    file.write_bytes((many / "customer_day.parquet").read_bytes())
    engine = open_engine(tmp_path)
    file.unlink()
    with pytest.raises(DataError, match="tables were replaced while the reduction 'period' read"):
        engine.scalar("period", as_of=date(2026, 1, 1))
