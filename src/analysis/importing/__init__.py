"""Turning what a shop exports into the canonical tables, without losing a row silently."""

from analysis.importing.balance import Balance
from analysis.importing.export_files import import_files
from analysis.importing.shop_import import import_shop

__all__ = ["Balance", "import_files", "import_shop"]
