"""Where things lie, whatever folder a run was started from."""

import os
from pathlib import Path


def home() -> Path:
    """Return the folder that holds `notebooks/`, `shops/`, `data/` and `reports/`.

    The environment variable `ANALYSIS_HOME` names it; without it, the checkout that contains this
    package is meant. Notebook servers and papermill start kernels in different folders, so nothing
    may depend on the current one.
    """
    named = os.environ.get("ANALYSIS_HOME", "")
    return Path(named).expanduser().resolve() if named else Path(__file__).resolve().parents[2]


def campaigns_folder() -> Path:
    """Return the folder of the campaign files, one folder a shop."""
    return home() / "campaigns"


def data_folder() -> Path:
    """Return the folder of the imported tables."""
    return home() / "data"


def notebooks_folder() -> Path:
    """Return the folder of the notebooks."""
    return home() / "notebooks"


def reports_folder() -> Path:
    """Return the folder that pages are published to."""
    return home() / "reports"


def shops_folder() -> Path:
    """Return the folder of the shop files."""
    return home() / "shops"
