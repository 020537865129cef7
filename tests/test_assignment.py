import duckdb
import numpy as np
import pytest

from analysis.assignment import arms, assignment_share, assignment_shares


@pytest.mark.parametrize(
    ("salt", "customer", "share"),
    [
        ("2026-07-winback", "C000001", 0.891087981770),
        ("2026-07-winback", "C000002", 0.640526338406),
        ("2026-08-crosssell", "C000001", 0.059332221651),
        ("テスト", "顧客1", 0.554254908217),
    ],
)
def test_known_customers_keep_their_place(salt: str, customer: str, share: float) -> None:
    assert assignment_share(salt, customer) == pytest.approx(share, abs=1e-12)


def test_sql_gives_the_same_bits() -> None:
    customers = [f"C{number:06d}" for number in range(500)]
    found = duckdb.sql(
        "SELECT CAST('0x' || substr(sha256('spring:C' || lpad(CAST(i AS VARCHAR), 6, '0')), 1, 13)"
        " AS UBIGINT) / pow(16, 13) FROM range(500) AS numbers(i) ORDER BY i"
    ).fetchall()
    assert [row[0] for row in found] == list(assignment_shares("spring", customers))


def test_shares_are_even_and_campaigns_are_independent() -> None:
    customers = [f"C{number:06d}" for number in range(20_000)]
    first, second = (assignment_shares(salt, customers) for salt in ("a", "b"))
    counts = np.histogram(first, bins=20, range=(0, 1))[0]
    assert ((counts - 1000) ** 2 / 1000).sum() < 45, "chi-square with 19 degrees, p = 0.0007"
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.03


def test_larger_share_keeps_the_treated() -> None:
    customers = [f"C{number:06d}" for number in range(1_000)]
    half = arms("a", customers, treated_share=0.5)
    more = arms("a", customers, treated_share=0.7)
    assert set(more[half == "treatment"]) == {"treatment"}
    assert 620 < (more == "treatment").sum() < 780
