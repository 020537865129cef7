"""A shop's page and what it remembers, made from the records of runs and from nothing else."""

from analysis.report.front.page import build_shop_page, first_screen

__all__ = ["build_shop_page", "first_screen"]
