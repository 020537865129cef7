"""The main job as people use it: the command, the record, and the pages in a real browser."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CRM = Path(sys.executable).with_name("crm")
# Of a page's words and tables, and of each of its pictures.
MOST_BYTES, MOST_PICTURE_BYTES = 120 * 1024, 60 * 1024


@pytest.fixture(scope="module")
def reports(samples_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three shops on their last day, and the CDNOW sample at the end of its calibration."""
    folder = tmp_path_factory.mktemp("reports")
    environment = {**os.environ, "ANALYSIS_HOME": str(samples_home)}
    for request in (
        ["--shop", "cdnow", "--shop", "groceries", "--shop", "demo"],
        ["--shop", "cdnow_sample", "--as-of", "1997-09-30"],
    ):
        done = subprocess.run(
            [CRM, "run", *request, "--reports", str(folder)],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
            cwd=folder,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-1] == f"All reports: {folder / 'index.html'}"
    return folder


def record(reports: Path, shop: str) -> dict:
    (file,) = reports.glob(f"{shop}/03_lifetime_value/latest/run.json")
    return json.loads(file.read_text())


def numbers(reports: Path, shop: str) -> dict[str, float]:
    return {metric["name"]: metric["value"] for metric in record(reports, shop)["metrics"]}


def test_recorded_numbers_are_the_published_ones(reports: Path) -> None:
    found = numbers(reports, "cdnow_sample")
    for name, published, digits in (
        ("bg_nbd_r", 0.243, 3),
        ("bg_nbd_alpha_weeks", 4.414, 3),
        ("bg_nbd_a", 0.793, 3),
        ("bg_nbd_b", 2.426, 3),
        ("bg_nbd_log_likelihood", -9582.4, 1),
        ("gamma_gamma_p", 6.25, 2),
        ("gamma_gamma_q", 3.74, 2),
        ("gamma_gamma_v", 15.44, 2),
        ("gamma_gamma_log_likelihood", -4055.9177, 4),
    ):
        assert round(found[name], digits) == published, name


def test_the_planted_churn_point_is_the_top_finding(reports: Path) -> None:
    (file,) = reports.glob("demo/02_churn_points/latest/run.json")
    run = json.loads(file.read_text())
    top = max(run["findings"], key=lambda finding: finding["money_minor"])
    assert top["name"] == "churn_point_order_3_surplus"
    assert [check["name"] for check in run["checks"] if not check["passed"]] == []
    (file,) = reports.glob("groceries/02_churn_points/latest/run.json")
    names = [metric["name"] for metric in json.loads(file.read_text())["metrics"]]
    assert names[0] == "conversion_1_to_2_180d_share"


def test_record_tells_how_to_repeat_the_run(reports: Path) -> None:
    run = record(reports, "cdnow")
    assert (run["outcome"], run["exit_code"], run["as_of"]) == ("ok", 0, "1998-06-30")
    assert run["parameters"]["shop_name"] == "cdnow"
    assert run["parameters"]["horizon_days"] == 365
    assert run["data"]["orders"] == 69_659
    assert run["data"]["balance"][0]["rows_accepted"] == 69_659
    assert len(run["data"]["fingerprint"]) == 64
    assert {"python", "pandas", "duckdb", "lifetimes"} <= set(run["versions"])
    assert all(cell["status"] == "completed" for cell in run["cells"])
    assert [check["name"] for check in run["checks"] if not check["passed"]] == []
    assert run["findings"][0]["n"] > 0


def test_failed_check_is_recorded_and_the_run_is_still_good(reports: Path) -> None:
    run = record(reports, "groceries")
    assert run["outcome"] == "ok"
    assert [check["name"] for check in run["checks"] if not check["passed"]] == ["history_is_whole"]


def test_planted_purchases_pass_every_check(reports: Path) -> None:
    run = record(reports, "demo")
    assert (run["outcome"], run["as_of"]) == ("ok", "2025-12-31")
    assert [check["name"] for check in run["checks"] if not check["passed"]] == []
    assert "planted" not in json.dumps(run), "what is planted is for tests only"


def test_cells_print_and_warn_nothing(reports: Path) -> None:
    for file in reports.glob("*/*/latest/notebook.ipynb"):
        for cell in json.loads(file.read_text())["cells"]:
            streams = [out for out in cell.get("outputs", []) if out["output_type"] == "stream"]
            assert streams == [], file


def test_no_row_about_one_person_is_published(reports: Path) -> None:
    for file in reports.rglob("*"):
        if file.is_file() and file.suffix in {".html", ".ipynb", ".json"}:
            # A parameter says which columns a file of one's own has to have.
            text = file.read_text().replace("columns customer_id|customer", "")
            assert "customer_id" not in text, file
            assert str(reports) not in text, "no path of this machine"


def test_pages_are_small_and_read_well_in_a_browser(reports: Path, browser) -> None:
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto((reports / "index.html").as_uri())
    shops = ["CDNOW", "CDNOW, 1/10 sample", "Groceries", "デモショップ"]
    assert page.locator("h2").all_inner_texts() == shops
    for shop, customers in (("cdnow", "23,570 customers"), ("groceries", "2,469 customers")):
        page.goto((reports / "index.html").as_uri())
        page.locator(f"a[href^='{shop}/03_lifetime_value/']").first.click()
        assert page.locator("h1").inner_text().startswith("What is a customer worth")
        assert customers in page.locator("header").inner_text()
        assert page.locator("figure img").count() == 7
        alts = [image.get_attribute("alt") for image in page.locator("figure img").all()]
        assert len(set(alts)) == 7
        assert all(len(alt) > 40 for alt in alts)
        headings = page.locator("main h2").all_inner_texts()
        assert headings[0] == "The answer in short"
        assert "Definitions" in headings
        assert page.locator("math").count() >= 8
        assert not page.locator("pre.code").first.is_visible()
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 1200
        axe_complaints(page)
    assert complaints == []
    assert all(url.startswith(reports.as_uri()) for url in requests)
    page.close()
    for file in reports.glob("*/*/latest/index.html"):
        pictures = file.read_text().count("data:image/png;base64,")
        assert file.stat().st_size <= MOST_BYTES + pictures * MOST_PICTURE_BYTES, file


def test_every_shop_has_a_page_made_of_what_its_reports_recorded(reports: Path, browser) -> None:
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    for shop in ("cdnow", "demo", "groceries"):
        page.goto((reports / "index.html").as_uri())
        page.locator(f"h2 a[href='{shop}/index.html']").click()
        seen = page.locator("main").inner_text()
        runs = [json.loads(file.read_text()) for file in reports.glob(f"{shop}/*/latest/run.json")]
        metrics = {each["name"]: each for run in runs for each in run["metrics"]}
        assert metrics["revenue_all_30d_minor"]["text"] in seen
        assert metrics["second_purchase_90d_share"]["text"].split(" [")[0] in seen
        worth = sorted(
            (
                finding
                for run in runs
                for finding in run["findings"]
                if run["report"] < "04" and finding["money_minor"]
            ),
            key=lambda finding: -finding["money_minor"],
        )
        for finding in worth[:3]:
            assert finding["sentence"] in seen
        assert page.locator("svg").count() >= (3 if shop == "demo" else 1)
        axe_complaints(page)
    assert complaints == []
    page.close()


def axe_complaints(page) -> None:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    assert [violation["id"] for violation in found] == []


def test_repeated_run_records_the_same_numbers(reports: Path, samples_home: Path) -> None:
    before = record(reports, "cdnow_sample")
    asked = ["--shop", "cdnow_sample", "--as-of", before["as_of"], "--reports", reports]
    done = subprocess.run(
        [CRM, "run", *asked, "--fresh"],
        capture_output=True,
        check=False,
        env={**os.environ, "ANALYSIS_HOME": str(samples_home)},
    )
    assert done.returncode == 0
    again = record(reports, "cdnow_sample")
    assert again["run_id"] != before["run_id"]
    for part in ("metrics", "findings", "checks", "parameters", "data"):
        assert again[part] == before[part]


def test_run_for_an_earlier_day_does_not_replace_what_readers_see(
    reports: Path, samples_home: Path
) -> None:
    before = record(reports, "cdnow_sample")
    done = subprocess.run(
        [CRM, "run", "--shop", "cdnow_sample", "--as-of", "1997-08-31", "--reports", reports],
        capture_output=True,
        check=False,
        env={**os.environ, "ANALYSIS_HOME": str(samples_home)},
    )
    assert done.returncode == 0
    assert record(reports, "cdnow_sample") == before
    assert len(list(reports.glob("cdnow_sample/03_lifetime_value/1997-08-31--*/index.html"))) == 1
    assert "31 August 1997" not in (reports / "index.html").read_text()
