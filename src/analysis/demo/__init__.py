"""A shop whose truth is known: generated, so that what an analysis finds can be checked."""

from analysis.demo.portion import Plan
from analysis.demo.writing import customers_for_lines, generate_shop

__all__ = ["Plan", "customers_for_lines", "generate_shop"]
