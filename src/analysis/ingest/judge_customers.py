"""Customers of an export file: region, year of birth and consent, and nothing that names them."""

from analysis.engine import Workbench
from analysis.ingest.cells import Cells
from analysis.ingest.judge_orders import shift_rows
from analysis.ingest.layouts import Columns, Layout
from analysis.ingest.phones import add_phone_keys

PREPARE = """
CREATE TABLE customer_versions (
    source_no INTEGER, row_no BIGINT, incoming BOOLEAN, origin VARCHAR, reason VARCHAR,
    moment TIMESTAMP, horizon TIMESTAMP, customer_number VARCHAR, email_key VARCHAR,
    phone_key VARCHAR, registered_at TIMESTAMP, source VARCHAR, region VARCHAR, birth_year BIGINT,
    email_optin BOOLEAN, line_optin BOOLEAN, sms_optin BOOLEAN);
"""

_VERSIONS = """
INSERT INTO customer_versions
SELECT
    $source_no, row_no, true, $origin,
    CASE
        WHEN shortened AND customer_number IS NULL
            THEN 'customer number was shortened by a spreadsheet'
        WHEN coalesce(customer_number, email_key, phone_key) IS NULL THEN 'no customer'
        WHEN unreadable THEN 'date of registration is no date'
        WHEN registered_at > $now THEN 'date of registration is in the future'
    END AS reason,
    moment,
    (SELECT max(moment) FROM staged WHERE moment <= $now),
    customer_number, email_key, phone_key, registered_at, source, region, birth_year, email_optin,
    line_optin, sms_optin
FROM staged
"""


def judge_customers(
    connection: Workbench, cells: Cells, layout: Layout, settings: dict[str, object]
) -> None:
    """Read a file into `staged`, and add its customers to the tables of the import.

    Args:
        connection: Where the table of `PREPARE` is.
        cells: The cells of the file.
        layout: How they are to be read.
        settings: `source_no`, `origin`, `now`, `key` and `region`, among others.
    """
    statement = _stage(cells, layout)
    connection.execute(statement, cells.used(statement))
    shift_rows(connection, "staged")
    add_phone_keys(connection, "staged", key=settings["key"], region=settings["region"])
    connection.execute(_VERSIONS, {name: settings[name] for name in ("source_no", "origin", "now")})
    connection.execute("DROP TABLE staged")
    connection.execute("DROP TABLE cells")


def _stage(cells: Cells, layout: Layout) -> str:
    moments = [cells.moment((name,)) for name in layout.moments if cells.has((name,))]
    registered = cells.text(layout.registered_at)
    return f"""
CREATE TABLE staged AS
SELECT
    row_no,
    {cells.customer_number()} AS customer_number,
    {cells.shortened(layout.customer_id)} AS shortened,
    {cells.email_key()} AS email_key,
    {cells.text(layout.phone)} AS phone,
    CAST(NULL AS VARCHAR) AS phone_key,
    {cells.moment(layout.registered_at)} AS registered_at,
    {registered} IS NOT NULL AND registered_at IS NULL AS unreadable,
    greatest({", ".join(["registered_at", *moments])}) AS moment,
    {cells.public(layout.source)} AS source,
    {cells.public(layout.region)} AS region,
    CAST(year({cells.moment(layout.birth_day)}) AS BIGINT) AS birth_year,
    {_consent(cells, layout, layout.email_optin)} AS email_optin,
    {_consent(cells, layout, layout.line_optin)} AS line_optin,
    {_consent(cells, layout, layout.sms_optin)} AS sms_optin
FROM {cells.source()}
"""  # noqa: S608 - column numbers and parameter names only, see `cells`


def _consent(cells: Cells, layout: Layout, columns: Columns) -> str:
    """Return consent as it is known: what is neither yes nor no stays unknown."""
    if not cells.has(columns) or not layout.granted:
        return "CAST(NULL AS BOOLEAN)"
    value = cells.text(columns)
    granted, refused = cells.one_of(value, layout.granted), cells.one_of(value, layout.refused)
    return f"CASE WHEN {granted} THEN true WHEN {refused} THEN false END"
