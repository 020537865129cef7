"""A shop whose truth is known: generated, so that what an analysis finds can be checked."""

from analysis.demo.portion import Plan
from analysis.demo.reaction import Effect, Response
from analysis.demo.writing import customers_for_lines, extend_shop, generate_shop

__all__ = ["Effect", "Plan", "Response", "customers_for_lines", "extend_shop", "generate_shop"]
