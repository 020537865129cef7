"""Shops for tests: small ones made on the spot, and the samples imported once per test run."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from analysis.ingest import import_shop
from analysis.report import show
from analysis.style import use as use_language

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# How long an example takes depends on what else the machine does.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

CHECKOUT = Path(__file__).resolve().parents[1]
SAMPLES = ("cdnow", "cdnow_sample", "demo", "groceries")
BROWSER = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

Purchases = list[tuple[str, date, float]]

SHOP_FILE = """\
title: Tiny & <Shop>
currency: USD
time_zone: America/New_York
as_of: last_order
source:
  importer: cdnow
  file: {name}.txt
reports:
  03_lifetime_value:
"""


class RoomByRoom(LoadScopeScheduling):
    """Gives a process whole files of tests, and all tests of engines to one process.

    What a file sets up is set up once, and one PostgreSQL and one Spark serve all their tests.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::")[0]
        return "engines" if file.startswith("tests/engine/") else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> RoomByRoom:
    # As they are written: the heavy files come first, and src's small examples fill the end.
    config.option.loadscopereorder = False
    return RoomByRoom(config, log)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, with one small imported shop `tiny` and the notebooks of the checkout."""
    folder = tmp_path / "home"
    for name in ("shops", "data", "reports"):
        (folder / name).mkdir(parents=True)
    (folder / "notebooks").symlink_to(CHECKOUT / "notebooks")
    monkeypatch.setenv("ANALYSIS_HOME", str(folder))
    write_shop(folder, "tiny", simulate(customers=300, days=364, seed=7))
    import_shop("tiny")
    return folder


@pytest.fixture
def make_shop(home: Path) -> Callable[[str, Purchases], None]:
    """Write and import another shop from (customer, day, dollars)."""

    def make(name: str, purchases: Purchases) -> None:
        write_shop(home, name, purchases)
        import_shop(name)

    return make


@pytest.fixture
def simulate_purchases() -> Callable[..., Purchases]:
    """Draw a shop's purchases from the BG/NBD and Gamma-Gamma models."""
    return simulate


@pytest.fixture
def read_page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Return a function that runs the cells of a notebook and returns what a reader is told."""
    plt.switch_backend("agg")

    def read(notebook: str, shop: str, **parameters: object) -> str:
        said: list[str] = []
        monkeypatch.setattr(
            show, "display", lambda bundle, **_kept: said.append(bundle["text/plain"])
        )
        names: dict[str, object] = {}
        path = CHECKOUT / "notebooks" / f"{notebook}.ipynb"
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                exec(cell.source, names)
            if cell.metadata.get("tags"):
                names |= {"shop_name": shop, **parameters}
        plt.close("all")
        return "\n".join(said)

    yield read
    use_language()


@pytest.fixture(scope="session")
def samples_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the shops and notebooks of the checkout and freshly imported sample data.

    Test processes running side by side share it: the first one imports.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    folder = shared / "samples"
    folder.mkdir(exist_ok=True)
    with (folder / ".lock").open("w") as lock, pytest.MonkeyPatch.context() as patch:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "reports").exists():
            for name in ("shops", "notebooks", "campaigns"):
                (folder / name).symlink_to(CHECKOUT / name)
            patch.setenv("ANALYSIS_HOME", str(folder))
            for name in SAMPLES:
                import_shop(name)
            (folder / "reports").mkdir()
    return folder


@pytest.fixture
def samples(samples_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The home of the sample shops, in force for one test."""
    monkeypatch.setenv("ANALYSIS_HOME", str(samples_home))
    return samples_home


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Debian's Chromium, headless, that asks nobody for anything."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if not chromium or not _driver_starts():
        missing = "no browser to test with: apt-get install chromium libatomic1"
        assert "CI" not in os.environ, missing
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(BROWSER))
        yield browser
        browser.close()


def _driver_starts() -> bool:
    from playwright._impl._driver import compute_driver_executable

    node, _ = compute_driver_executable()
    return subprocess.run([node, "--version"], capture_output=True, check=False).returncode == 0


def write_shop(home: Path, name: str, purchases: Purchases) -> None:
    lines = [f"{customer} {day:%Y%m%d} 1 {dollars:.2f}" for customer, day, dollars in purchases]
    (home / f"{name}.txt").write_text("\n".join(lines) + "\n")
    (home / "shops" / f"{name}.yaml").write_text(SHOP_FILE.format(name=name))


def simulate(
    *,
    customers: int,
    days: int,
    seed: int,
    r: float = 0.6,
    alpha_weeks: float = 6.0,
    a: float = 0.8,
    b: float = 2.5,
    start: date = date(2024, 1, 1),
) -> Purchases:
    rng = np.random.default_rng(seed)
    first = rng.integers(0, days // 3, customers)
    rate = rng.gamma(r, 1 / alpha_weeks, customers) / 7
    leaving = rng.beta(a, b, customers)
    scale = 15.4 / rng.gamma(3.7, 1, customers)
    purchases: Purchases = []
    for number in range(customers):
        day = float(first[number])
        while day < days:
            amount = 0.01 + 6.2 * scale[number] * rng.gamma(6.2) / 6.2
            purchases.append((f"c{number:05d}", start + timedelta(days=int(day)), amount))
            if day > first[number] and rng.random() < leaving[number]:
                break
            day += rng.exponential(1 / rate[number])
    return purchases


def pytest_unconfigure(config: pytest.Config) -> None:
    # Test processes that run side by side end without unloading their modules, which duckdb's
    # binding reports as a hundred lines of leaks.
    if os.environ.get("PYTEST_XDIST_WORKER"):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
