"""Turning what a shop exports into the canonical tables, without losing a row silently."""

from analysis.ingest.balance import Balance
from analysis.ingest.export_files import import_files
from analysis.ingest.shop_import import import_shop

__all__ = ["Balance", "import_files", "import_shop"]
