"""The circumstances of a run that its record keeps: versions and the state of the code."""

import platform
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path

# Distributions whose version can change a number or a page.
_PACKAGES = {
    "analysis": "crm-analysis",
    **{
        name: name
        for name in (
            "pandas",
            "numpy",
            "scipy",
            "statsmodels",
            "tea-tasting",
            "duckdb",
            "sqlglot",
            "psycopg",
            "pyspark",
            "lifetimes",
            "matplotlib",
            "seaborn",
            "pillow",
            "papermill",
            "nbconvert",
        )
    },
}
_CHECKOUT = Path(__file__).resolve().parents[3]
_GIT_TIMEOUT_S = 20


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that a result depends on."""
    # The last digits of a number may depend on the processor as well.
    found = {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
    }
    for name, distribution in _PACKAGES.items():
        try:
            found[name] = metadata.version(distribution)
        except metadata.PackageNotFoundError:
            continue
    return found


@cache
def code_state(checkout: Path = _CHECKOUT) -> tuple[str | None, bool]:
    """Return the git commit of the checkout that holds this package, and whether it was changed.

    The commit is None where the package is not run from a checkout of its own, or nothing was
    committed yet.
    """
    top = _git(checkout, "rev-parse", "--show-toplevel")
    if top is None or Path(top).resolve() != checkout:
        return None, False
    return _git(checkout, "rev-parse", "HEAD"), bool(_git(checkout, "status", "--porcelain"))


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "-C", str(folder), *arguments],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=_GIT_TIMEOUT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
