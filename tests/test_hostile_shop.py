"""A shop whose data attack their reader: all five reports, in a real browser, nothing happens."""

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import yaml

from analysis.demo import Plan, generate_shop

CRM = Path(sys.executable).with_name("crm")
CHECKOUT = Path(__file__).resolve().parents[1]
CUSTOMERS = 3_000
REPORTS = ("01_customer_analysis", "02_churn_points", "03_lifetime_value")
CAMPAIGN_REPORTS = ("04_ab_test_evaluation", "05_campaign_targets")

STREET, FAMILY = "Aobadai 4-chome Planted Heights", "Yamadaplanted"
EMAIL, PHONE = "{}.planted@mail.example.com", "090-1234-{:04d}"
PAYLOADS = (
    "<script>window.planted=1;alert(1)</script>",
    '"><img id="planted" src=x onerror="window.planted=1">',
    "'><svg class='planted' onload='window.planted=1'></svg>",
    "</style></title></script><script>window.planted=1</script>",
    '=HYPERLINK("https://evil.example/planted","open me")',
    "\u202e\u2066planted \u05e9\u05dc\u05d5\u05dd 123 (\u0645\u0631\u062d\u0628\u0627)",
    r"$\frac{1}{0}$ and $x",
    '<a id="planted" href="javascript:window.planted=1">here</a>',
    "{{ 7 * 7 }}{% raw %} `code` **b** [l](javascript:alert(1))",
    "A" * 10_000,
    "--><!-- <iframe id='planted' srcdoc='<script>parent.planted=1</script>'></iframe>",
    f"for {EMAIL.format('taro')} {PHONE.format(1)}",
)
NAMES = {
    "products": ("product_name", "category"),
    "orders": ("source", "coupon_code", "channel"),
    "customers": ("source", "region"),
    "costs": ("source",),
    "subscriptions": ("cancel_reason", "offer"),
    "subscription_events": ("reason",),
}

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose one shop has hostile names wherever a name can stand, and its five reports."""
    folder = tmp_path_factory.mktemp("hostile")
    for name in ("shops", "data", "campaigns/hostile"):
        (folder / name).mkdir(parents=True)
    (folder / "notebooks").symlink_to(CHECKOUT / "notebooks")
    _write_shop(folder / "shops" / "hostile.yaml")
    _write_campaigns(folder / "campaigns" / "hostile")
    environment = {**os.environ, "ANALYSIS_HOME": str(folder)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_HOME", str(folder))
        generate_shop("hostile", Plan(customers=CUSTOMERS, seed=5))
    _poison(folder / "data" / "hostile" / "current")
    _write_members(folder / "members.csv", folder / "data" / "hostile" / "current")
    done = subprocess.run(
        [CRM, "run", "--shop", "hostile"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def _write_shop(file: Path) -> None:
    shop = yaml.safe_load((CHECKOUT / "shops" / "demo.yaml").read_text())
    reasons = {f"{key} {PAYLOADS[0]}": parts for key, parts in shop["cancel_reasons"].items()}
    shop |= {
        "title": "".join(PAYLOADS[:4]),
        "amount_rule": PAYLOADS[1],
        "cancel_reasons": reasons,
        "reports": {
            **dict.fromkeys(REPORTS),
            CAMPAIGN_REPORTS[0]: None,
            CAMPAIGN_REPORTS[1]: {"write_lists": True, "contacts_file": "members.csv"},
        },
    }
    file.write_text(yaml.safe_dump(shop, allow_unicode=True))


def _write_campaigns(folder: Path) -> None:
    for number, file in enumerate(sorted((CHECKOUT / "campaigns" / "demo").glob("*.yaml"))):
        campaign = yaml.safe_load(file.read_text())
        payload = PAYLOADS[number % len(PAYLOADS)]
        for key in ("title", "hypothesis", "owner", "offer"):
            campaign[key] = f"{payload} {campaign.get(key) or key}"
        for step in campaign["steps"]:
            step["message"] = f"{payload} {step['message']}"
        (folder / file.name).write_text(yaml.safe_dump(campaign, allow_unicode=True))


def _poison(tables: Path) -> None:
    """Put a payload before every name of a shop, so that equal names stay equal."""
    with duckdb.connect(":memory:") as connection:
        connection.execute("CREATE TABLE payloads AS SELECT $1 AS list", [list(PAYLOADS)])
        for table, columns in NAMES.items():
            file = tables / f"{table}.parquet"
            known = {row[0] for row in connection.read_parquet(str(file)).description}
            changed = ", ".join(
                f"(SELECT list[1 + (length({column}) + ascii({column})) % len(list)] FROM payloads)"
                f" || ' ' || {column} AS {column}"
                for column in columns
                if column in known
            )
            connection.execute(
                f"COPY (SELECT * REPLACE ({changed}) FROM read_parquet('{file}')) "
                f"TO '{file}.new' (FORMAT parquet)"
            )
            Path(f"{file}.new").replace(file)


def _write_members(file: Path, tables: Path) -> None:
    """Write the shop's own export of its customers, with what must never reach a page."""
    with duckdb.connect(":memory:") as connection:
        found = connection.execute(
            f"SELECT customer_id FROM '{tables}/customers.parquet' ORDER BY 1"
        ).fetchall()
    lines = ["customer_id,given_name,family_name,email,phone,address"]
    lines += [
        f"{customer},Taro,{FAMILY},{EMAIL.format(f'c{number}')},{PHONE.format(number)},{STREET}"
        for number, (customer,) in enumerate(found)
    ]
    file.write_text("\n".join(lines) + "\n", "utf-8")


def pages(home: Path) -> list[Path]:
    reports = home / "reports"
    found = [reports / "index.html", reports / "hostile" / "index.html"]
    return found + sorted(reports.glob("hostile/*/latest/index.html"))


def test_every_report_ran(home: Path) -> None:
    assert len(pages(home)) == 2 + len(REPORTS) + len(CAMPAIGN_REPORTS)
    for file in home.glob("reports/hostile/*/latest/run.json"):
        assert json.loads(file.read_text())["outcome"] == "ok"


def watched(browser):
    """Return a page with all that it will request, and all that it will say or complain of."""
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    requests, complaints = [], []
    page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    return page, requests, complaints


def test_nothing_in_the_pages_acts(home: Path, browser) -> None:
    for file in pages(home):
        page, requests, complaints = watched(browser)
        page.goto(file.as_uri())
        page.wait_for_timeout(200)
        assert complaints == [], file
        assert [url for url in requests if not url.startswith("data:")] == [file.as_uri()]
        assert page.evaluate("'planted' in window") is False
        found = page.evaluate(
            """() => [
                ...document.querySelectorAll("script, iframe, object, embed, form, base"),
                ...document.querySelectorAll("#planted, .planted, [srcdoc], [style]"),
                ...[...document.querySelectorAll("*")].filter(one =>
                    [...one.attributes].some(a => a.name.startsWith("on"))),
                ...[...document.querySelectorAll("[href], [src]")].filter(one =>
                    /^\\s*(javascript|https?|\\/\\/)/i.test(
                        one.getAttribute("href") || one.getAttribute("src"))),
            ].map(one => one.outerHTML.slice(0, 200))"""
        )
        assert found == [], file
        assert page.locator("style").count() == 1
        page.close()


def test_pages_stay_readable(home: Path, browser) -> None:
    for file in pages(home):
        for width in (1200, 390):
            page = browser.new_page(viewport={"width": width, "height": 900})
            page.goto(file.as_uri())
            wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert wide <= 0, (file, width)
            seen = page.locator("body").inner_text()
            assert "A" * 100 not in seen, file
            assert not re.search("[\u202a-\u202e\u2066-\u2069]", seen), file
            page.close()
    shown = "".join(file.read_text() for file in pages(home))
    assert "<bdi>\u05e9\u05dc\u05d5\u05dd" in shown, "words from right to left stand apart"
    assert "&lt;script&gt;" in shown, "the payloads were there"


def test_no_address_number_or_secret_is_under_the_reports(home: Path) -> None:
    secrets = [file.read_bytes().strip() for file in (home / "data" / "private").glob("*key*")]
    assert secrets, "there is a key to look for"
    planted = [STREET, FAMILY, "planted@mail", "family_name"]
    patterns = (r"[\w.+-]+@[\w-]+\.[\w.-]+", r"(?<!\d)0\d{1,3}-\d{1,4}-\d{4}(?!\d)")
    for file in (home / "reports").rglob("*"):
        if not file.is_file() or file.is_symlink():
            continue
        raw = file.read_bytes()
        text = raw.decode("utf-8")
        text = re.sub(r"base64,[\w+/=]+|\"image/png\": \"[^\"]*\"", "", text)
        for secret in secrets:
            assert secret not in raw, file
            assert secret.hex() not in text, file
        for word in planted:
            assert word not in text, (file, word)
        for pattern in patterns:
            assert re.search(pattern, text) is None, (file, re.search(pattern, text))


def test_lists_and_ledgers_are_for_their_owner_alone(home: Path) -> None:
    private = home / "data" / "private"
    files = [
        *(private / "targets").rglob("*.csv"),
        *(private / "ledgers").rglob("*.parquet"),
        *private.glob("*key*"),
    ]
    assert len([file for file in files if file.suffix == ".csv"]) >= 1
    assert len([file for file in files if file.suffix == ".parquet"]) >= 1
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    for file in (private / "targets").rglob("*.csv"):
        for cell in re.split(r"[\n,]", file.read_text("utf-8-sig")):
            assert not cell.startswith(("=", "@", "\t")), cell
