"""The CDNOW purchase histories, as the files in the `lifetimes` package write them.

Fader and Hardie's text files hold one purchase a line, columns apart by blanks: customer (in the
1/10 sample also the sample's own number), day, number of CDs, amount. Some cost nothing.
"""

from pathlib import Path

from analysis.engine import Workbench
from analysis.money import decimals_of

_STAGE = r"""
CREATE TABLE staged AS
WITH numbered AS (
    SELECT row_number() OVER () AS row_no, trim(line) AS line
    FROM read_csv($file, columns = {'line': 'VARCHAR'}, header = false, auto_detect = false,
                  delim = '\x1f', quote = '', escape = '', strict_mode = false)
),
split AS (
    SELECT row_no, line, string_split_regex(line, '\s+') AS parts
    FROM numbered
    WHERE line <> '' AND NOT line LIKE 'customer_id%'
),
typed AS (
    SELECT
        row_no,
        line,
        len(parts) AS columns,
        parts[1] AS customer_id,
        CAST(try_strptime(parts[-3], '%Y%m%d') AS TIMESTAMP) AS ordered_at,
        try_cast(parts[-1] AS DECIMAL(12, 2)) AS amount
    FROM split
)
SELECT
    'orders' AS table_name,
    row_no,
    line AS content,
    CASE
        WHEN columns NOT IN (4, 5) THEN 'not four or five columns'
        WHEN ordered_at IS NULL THEN 'day is no date'
        WHEN amount IS NULL THEN 'amount is no number'
        WHEN amount < 0 THEN 'amount is negative'
        WHEN amount * $minor_units <> floor(amount * $minor_units)
            THEN 'amount has more decimals than the currency'
    END AS reason,
    customer_id,
    ordered_at,
    CAST(amount * $minor_units AS BIGINT) AS amount_minor
FROM typed
"""

_ORDERS = """
CREATE TABLE orders AS
SELECT
    CAST(row_no AS VARCHAR) AS order_id,
    customer_id,
    ordered_at,
    amount_minor,
    'one_off' AS purchase_type
FROM staged
WHERE reason IS NULL
ORDER BY row_no
"""


def stage(connection: Workbench, file: Path, *, currency: str) -> None:
    """Read a CDNOW file into the tables `staged` (every row, with its verdict) and `orders`."""
    connection.execute(_STAGE, {"file": str(file), "minor_units": 10 ** decimals_of(currency)})
    connection.execute(_ORDERS)
