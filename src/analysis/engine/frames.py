"""Rows as a pandas frame: the same dtypes whatever the rows, and texts that never become objects.

Texts go over as Arrow holds them, which is how pandas keeps them too. One object of Python for each
would cost more time and memory than the rest of a reduction that names every customer.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation
    from pandas import DataFrame


def frame_of(rows: "DuckDBPyRelation") -> "DataFrame":
    """Return rows as a frame of numbers, texts and moments that every engine returns alike.

    Days are `datetime64[us]`, whole numbers with gaps `Int64`, and decimals `float64`: pandas has
    them as objects otherwise, with which it counts slowly.

    >>> import duckdb
    >>> frame_of(duckdb.sql("SELECT 1 AS n, 'a' AS id, DATE '2025-01-31' AS day")).dtypes
    n               int32
    id                str
    day    datetime64[us]
    dtype: object
    """
    import pandas as pd
    import pyarrow as pa

    # What pandas has no place for a gap in otherwise.
    with_gaps = {
        pa.int64(): pd.Int64Dtype(),
        pa.int32(): pd.Int32Dtype(),
        pa.bool_(): pd.BooleanDtype(),
    }
    table = rows.to_arrow_table()
    gapped = {}
    for place, field in enumerate(table.schema):
        if pa.types.is_date(field.type):
            days = table.column(place).cast(pa.timestamp("us"))
            table = table.set_column(place, field.name, days)
        elif pa.types.is_decimal(field.type):
            # By way of what is written: Arrow's own cast is not the nearest number to it.
            numbers = table.column(place).cast(pa.string()).cast(pa.float64())
            table = table.set_column(place, field.name, numbers)
        elif field.type in with_gaps and table.column(place).null_count:
            gapped[field.name] = table.column(place).to_pandas(types_mapper=with_gaps.get)
    # Arrow's memory is let go column by column, as pandas takes its own.
    return table.to_pandas(self_destruct=True).assign(**gapped)
