"""Homes with a demo shop of a wanted size, for benchmarks that work with all tables of a shop."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from analysis import paths

SHOP = "demo"
CRM = Path(sys.executable).with_name("crm")


def demo_home(folder: Path, lines: int) -> Path:
    """Return a home whose demo shop has about so many order lines, generated unless it is there."""
    home = folder / f"home-{lines}"
    if not tables(home).exists():
        (home / "shops").mkdir(parents=True, exist_ok=True)
        shutil.copy(paths.shops_folder() / f"{SHOP}.yaml", home / "shops")
        (home / "notebooks").unlink(missing_ok=True)
        (home / "notebooks").symlink_to(paths.notebooks_folder())
        command = [CRM, "demo", "--shop", SHOP, "--lines", str(lines)]
        subprocess.run(command, env=environment(home), check=True, capture_output=True)
    return home


def tables(home: Path) -> Path:
    """Return the folder of the shop's tables."""
    return home / "data" / SHOP / "current"


def environment(home: Path) -> dict[str, str]:
    """Return the variables with which a command works in a home."""
    return {**os.environ, "ANALYSIS_HOME": str(home)}
