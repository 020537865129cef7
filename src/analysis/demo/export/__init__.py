"""The demo shop as the files that carts export."""

from analysis.demo.export.files import CARTS, export_shop

__all__ = ["CARTS", "export_shop"]
