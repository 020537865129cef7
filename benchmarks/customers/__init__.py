"""The reductions of notebook 01 as polars and pandas would have them, and what each takes."""
