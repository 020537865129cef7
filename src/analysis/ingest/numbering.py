"""Two carts in one shop: numbers that both of them give would be taken for the same thing."""

from analysis.engine import Workbench
from analysis.errors import DataError

# Numbers of orders, and of customers where the cart has such: a digest of an address is the same
# person in every cart.
_SHARED = """
WITH carts AS (SELECT unnest($origins) AS origin, unnest($carts) AS cart)
SELECT {number} AS number, min(cart) AS one, max(cart) AS other
FROM versions JOIN carts USING (origin)
WHERE {number} IS NOT NULL AND length({number}) < 64
GROUP BY {number} HAVING min(cart) <> max(cart)
ORDER BY number LIMIT 3
"""


def refuse_shared_numbers(connection: Workbench, carts: dict[str, str]) -> None:
    """Refuse orders of two carts that have the same number, or the same customer number.

    Args:
        connection: Where the orders of this and of earlier imports are.
        carts: Digest of a file to its cart, or the name of its format, for all files of orders
            that were ever imported.

    Raises:
        DataError: A number comes from two carts.
    """
    if len(set(carts.values())) < 2:
        return
    values = {"origins": list(carts), "carts": list(carts.values())}
    for number, what in (("order_id", "order"), ("customer_number", "customer")):
        found = connection.execute(_SHARED.format(number=number), values).fetchall()
        if found:
            _, one, other = found[0]
            raise DataError(
                f"{what.capitalize()} numbers such as {', '.join(row[0] for row in found)} are in "
                f"files of two formats, {one} and {other}, where they mean another {what} each: "
                "give each cart a shop of its own."
            )
