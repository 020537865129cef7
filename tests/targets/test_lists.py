"""Ledgers before lists, lists as each tool wants them, and nothing where nothing is due."""

import csv
import io
import json
import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from analysis.assignment import CONTROL
from analysis.campaigns import Campaign, read_campaigns
from analysis.demo import Plan
from analysis.demo.export.files import export_shop
from analysis.errors import DataError, ParameterError
from analysis.ingest.export_files import import_files
from analysis.language import using
from analysis.ledger import ledger_files
from analysis.shop import open_shop
from analysis.targets import act, answers, list_formats, plan_actions, why_not_now
from analysis.targets.acting import Outcome
from analysis.targets.address_book import Contact
from analysis.targets.lists import Member, Sending, write_list

DAY = "2024-07-01"
EXPORT = "customer_id,email,first_name,last_name,phone,line_user_id,tags,email_optin\r\n"


def run(*campaigns: Campaign, formats: tuple[str, ...] = ("csv",), contacts: str = "",
        as_of: str = "", shop: str = "hand") -> list[Outcome]:  # fmt: skip
    opened = open_shop(shop, as_of=as_of)
    actions = plan_actions(opened, campaigns, global_holdout_share=0.0)
    return act(opened, actions, formats=formats, contacts_file=contacts)


def folder(home: Path, campaign: str = "one", day: str = DAY, shop: str = "hand") -> Path:
    return home / "data" / "private" / "targets" / shop / campaign / day


def ledger(campaign: str = "one", shop: str = "hand") -> pd.DataFrame:
    return duckdb.read_parquet([str(file) for file in ledger_files(shop, campaign)]).df()


def export(home: Path, *, rows: dict[str, str] | None = None) -> str:
    """An export of the shop `hand`: everybody has an address, unless told otherwise."""
    lines = {
        f"c{number:03d}": f"c{number:03d},c{number:03d}@example.com,Ann,Lee,"
        f"+81 90-0000-{number:04d},U{number:032x},vip,yes"
        for number in range(100)
    }
    (home / "people.csv").write_text(EXPORT + "\r\n".join((lines | (rows or {})).values()))
    return "people.csv"


def read_csv(file: Path, encoding: str = "utf-8") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_bytes().decode(encoding), newline="")))


def test_the_ledger_holds_everybody_and_lists_the_treated_only(
    hand: Path, write_campaign: Callable
) -> None:
    (outcome,) = run(write_campaign(), contacts=export(hand), formats=("csv", "klaviyo"))
    rows = ledger()
    assert len(rows) == 50
    assert set(rows["assigned_at"]) == {pd.Timestamp(DAY)}
    treated = set(rows.loc[rows["arm"] == "treatment", "customer_id"])
    listed = read_csv(folder(hand) / "treatment.csv.csv", "utf-8-sig")
    assert {row["customer_id"] for row in listed} == treated
    assert {row["send_on"] for row in listed} == {"2024-07-03"}
    mailed = read_csv(folder(hand) / "treatment.klaviyo.csv")
    assert {row["Email"] for row in mailed} == {f"{who}@example.com" for who in treated}
    assert mailed[0]["Phone Number"].startswith("+8190")
    for control in set(rows["customer_id"]) - treated:
        for file in folder(hand).iterdir():
            assert control not in file.read_text(encoding="utf-8-sig")
    counts = json.loads((folder(hand) / "counts.json").read_text())
    assert counts["assigned"] == rows["arm"].value_counts().to_dict()
    assert counts["lists"][0]["customers"] == len(treated)
    assert counts["ledger"] == [outcome.ledger]
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder(hand).iterdir()} == {0o600}
    assert stat.S_IMODE(folder(hand).stat().st_mode) == 0o700


def test_a_second_run_assigns_nobody_and_writes_the_same_lists(
    hand: Path, write_campaign: Callable
) -> None:
    one = write_campaign()
    run(one)
    before = ledger()
    (folder(hand) / "treatment.csv.csv").unlink()
    (outcome,) = run(one, contacts=export(hand))
    assert outcome.ledger == ""
    pd.testing.assert_frame_equal(ledger(), before)
    (action,) = plan_actions(open_shop("hand"), [one], global_holdout_share=0.0)
    assert (action.problem, action.selection.assigned_before, action.selection.late) == ("", 50, 0)
    # Whoever comes to match a campaign of one day after it has been assigned comes too late.
    letter = write_campaign(steps=[{"day": 0, "channel": "post", "message": "x"}])
    (action,) = plan_actions(open_shop("hand"), [letter], global_holdout_share=0.0)
    assert (action.selection.late, sum(action.arms.values())) == (10, 0)
    assert "assigns nobody new today" in answers.findings([action], currency="USD")[0].sentence
    assert (
        len(read_csv(folder(hand) / "treatment.csv.csv", "utf-8-sig"))
        == (before["arm"] == "treatment").sum()
    )


def test_a_rolling_campaign_adds_whoever_is_new_and_moves_nobody(
    hand: Path, write_campaign: Callable, make_shop: Callable
) -> None:
    one = write_campaign(ends_on=date(2024, 7, 9), readout_on=date(2024, 9, 1))
    run(one)
    before = ledger().set_index("customer_id")["arm"]
    people = duckdb.read_parquet(str(hand / "data/hand/current/customers.parquet")).df()
    make_shop("hand", [*((f"c{number:03d}", date(2024, 7, 2), 1.0) for number in range(40, 80))])
    duckdb.sql("SELECT * FROM people").write_parquet(
        str(hand / "data" / "hand" / "current" / "customers.parquet")
    )
    del people
    (outcome,) = run(one)
    assert outcome.action.assigned == 50
    after = ledger().set_index("customer_id")["arm"]
    # Of the 40 who bought, 10 were assigned before, and 30 allow no e-mail.
    assert outcome.ledger == ""
    assert after.equals(before)
    letter = write_campaign(
        ends_on=date(2024, 7, 9), readout_on=date(2024, 9, 1),
        steps=[{"day": 0, "channel": "post", "message": "x"}],
    )  # fmt: skip
    (outcome,) = run(letter)
    after = ledger().set_index("customer_id")["arm"]
    assert outcome.ledger == "one.0002.parquet"
    assert len(after) == 80
    assert after[before.index].equals(before)
    first, second = (
        (folder(hand, day=day) / "treatment.csv.csv").read_bytes() for day in (DAY, "2024-07-03")
    )
    assert first != second


def test_nothing_is_written_for_another_day_or_before_it_is_due(
    hand: Path, write_campaign: Callable
) -> None:
    past = write_campaign(starts_on=date(2024, 6, 1), readout_on=date(2024, 8, 1))
    running = write_campaign("two", ends_on=date(2024, 7, 9), readout_on=date(2024, 9, 1))
    for day in ("2024-05-31", "2024-07-02"):
        assert run(past, running, as_of=day) == []
        assert "for another day nothing is written" in why_not_now(open_shop("hand", as_of=day))
    assert run(past) == []
    assert not ledger_files("hand")
    assert not (hand / "data" / "private" / "targets").exists()


def test_unknown_formats_and_exports_are_named_before_anything_is_written(
    hand: Path, write_campaign: Callable
) -> None:
    one = write_campaign()
    with pytest.raises(ParameterError, match="no list format 'mailchimpp': did you mean 'mailchi"):
        run(one, formats=("mailchimpp",))
    with pytest.raises(DataError, match="contacts_file == 'nowhere.csv' is not there"):
        run(one, contacts="nowhere.csv")
    assert not ledger_files("hand")
    (hand / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="has the columns a, b, which are none of"):
        run(one, contacts="other.csv")
    (hand / "strangers.csv").write_text("customer_id,email\nx1,x@example.com\n")
    with pytest.raises(DataError, match="Not one of the 1 rows of strangers.csv belongs"):
        run(one, contacts="strangers.csv")
    assert not ledger_files("hand")


def test_without_an_export_only_numbers_are_listed(hand: Path, write_campaign: Callable) -> None:
    (outcome,) = run(write_campaign(), formats=("csv", "klaviyo", "line"))
    assert [written.format for written in outcome.lists] == ["csv"]
    (row, *_rest) = read_csv(folder(hand) / "treatment.csv.csv", "utf-8-sig")
    assert row["customer_id"].startswith("c0")
    assert row["email"] == row["line_user_id"] == ""


def test_addresses_that_must_not_be_written_to_are_left_out_and_counted(
    hand: Path, write_campaign: Callable
) -> None:
    one = write_campaign()
    run(one)
    rows = ledger()
    treated = sorted(rows.loc[rows["arm"] == "treatment", "customer_id"])
    control = sorted(rows.loc[rows["arm"] == CONTROL, "customer_id"])
    family, refuses, absent, odd, twice = treated[:5]
    changed = {
        family: f"{family},{control[0]}@EXAMPLE.com,A,B,,,,yes",
        refuses: f"{refuses},{refuses}@example.com,A,B,,,,no",
        absent: f"{absent},,A,B,,,,yes",
        odd: f"{odd},=cmd@example.com,A,B,,,,yes",
        twice: f"{twice},{treated[9]}@example.com,A,B,,,,yes",
    }
    (outcome,) = run(one, contacts=export(hand, rows=changed), formats=("klaviyo",))
    (written,) = outcome.lists
    assert written.customers == len(treated) - 5
    assert written.left_out == {
        "shares an address with a customer in control": 1,
        "refuses the channel in the export of customers": 1,
        "no address in the export of customers": 1,
        "address cannot be used": 1,
        "same address as another customer of the list": 1,
    }
    mailed = {row["Email"] for row in read_csv(folder(hand) / "treatment.klaviyo.csv")}
    assert f"{control[0]}@example.com" not in {mail.lower() for mail in mailed}


SENDING = Sending("spring", date(2024, 6, 30), date(2024, 7, 1), frozenset())
EVERYTHING = frozenset({"email", "line", "sms"})


def member(**contact: str) -> Member:
    known = {"email": "ann@example.com", "first_name": "Ann", "line_user_id": "U" + "0a" * 16}
    return Member("c1", "coupon", Contact(**known | contact), EVERYTHING)


def written_bytes(tmp_path: Path, form: str, *members: Member, sending: Sending = SENDING) -> bytes:
    found = write_list(tmp_path, list_formats()[form], "coupon", members, sending)
    return b"".join((tmp_path / name).read_bytes() for name in found.files)


def test_each_tool_gets_its_columns_encoding_and_line_ends(tmp_path: Path) -> None:
    one = member(last_name="Lee, Jr.", phone="+81 (90) 1234-5678", tags="vip, b2b")
    expected = {
        "klaviyo": "Email,First Name,Last Name,Phone Number,Campaign,Campaign Arm,Send On\r\n"
        'ann@example.com,Ann,"Lee, Jr.",+819012345678,spring,coupon,2024-07-01\r\n',
        "mailchimp": "Email Address,First Name,Last Name,Tags\r\n"
        'ann@example.com,Ann,"Lee, Jr.",spring:coupon\r\n',
        "shopify_tags": 'Email,Tags\r\nann@example.com,"vip, b2b, spring:coupon"\r\n',
        "zoho": "Contact Email,First Name,Last Name,Tag\r\n"
        'ann@example.com,Ann,"Lee, Jr.",spring:coupon\r\n',
        "line": "U" + "0a" * 16 + "\n",
    }
    for form, text in expected.items():
        assert written_bytes(tmp_path, form, one) == text.encode(), form
    assert set(expected) | {"csv", "csv_cp932"} == set(list_formats())
    spreadsheet = written_bytes(tmp_path, "csv", member(first_name="花子"))
    assert spreadsheet.startswith(b"\xef\xbb\xbfcustomer_id,campaign_id,arm,as_of,send_on,email,")
    japanese = written_bytes(tmp_path, "csv_cp932", member(first_name="花子", last_name="😀"))
    assert "花子,?".encode("cp932") in japanese
    assert not [file for file in tmp_path.iterdir() if file.suffix == ".draft"]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "= 1",
        "＝1+1",
        "＋1",
        "－1",
        "＠SUM",
        "﹦1",
    ],
)
def test_what_begins_like_a_formula_is_made_text(tmp_path: Path, text: str) -> None:
    (row,) = csv.DictReader(
        io.StringIO(
            written_bytes(tmp_path, "klaviyo", member(first_name=text)).decode(), newline=""
        )
    )
    assert row["First Name"].startswith("'")
    assert len(row["First Name"].splitlines()) == 1
    risky = written_bytes(tmp_path, "csv", member(phone=text)).decode("utf-8-sig")
    assert next(csv.DictReader(io.StringIO(risky, newline="")))["phone"].startswith("'")


def test_lists_for_people_are_headed_in_their_language_and_lists_for_tools_as_they_want_it(
    tmp_path: Path,
) -> None:
    ann = member()
    with using("ja"):
        for form in ("csv", "csv_cp932"):
            text = written_bytes(tmp_path, form, ann).decode(list_formats()[form].encoding)
            assert text.startswith("顧客番号,施策,群,基準日,配信日,メールアドレス,名,姓,電話番号,")
        tool = written_bytes(tmp_path, "klaviyo", ann)
    assert tool == written_bytes(tmp_path, "klaviyo", ann)


def test_limits_of_tools_are_kept(tmp_path: Path) -> None:
    text = written_bytes(tmp_path, "mailchimp", member(first_name="漢" * 200)).decode()
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row["First Name"] == "漢" * 85
    zoho = list_formats()["zoho"]._replace(most_rows=2)
    people = [member(email=f"p{number}@example.com") for number in range(5)]
    found = write_list(
        tmp_path, zoho, "coupon", [*people, member(email="info@example.com")], SENDING
    )
    assert found.files == ("coupon.zoho.1.csv", "coupon.zoho.2.csv", "coupon.zoho.3.csv")
    assert found.left_out == {"address of a role": 1}
    # Fewer people the next time leave no former file behind.
    again = write_list(tmp_path, zoho, "coupon", people[:2], SENDING)
    assert again.files == ("coupon.zoho.csv",)
    assert [file.name for file in tmp_path.glob("coupon.zoho*")] == ["coupon.zoho.csv"]
    line = write_list(tmp_path, list_formats()["line"], "coupon", people[:1], SENDING)
    assert line.too_few
    wrong = [member(line_user_id="U123"), member(line_user_id="")]
    line = write_list(tmp_path, list_formats()["line"], "coupon", wrong, SENDING)
    assert line.left_out == {
        "address cannot be used": 1,
        "no address in the export of customers": 1,
    }
    assert line.files == ()


def test_what_a_killed_process_left_of_a_list_is_gone_with_the_next(tmp_path: Path) -> None:
    for name in (".coupon.csv-0a.csv", ".coupon.csv.1-0a.csv", "coupon.csv.2.csv"):
        (tmp_path / name).write_text("personal")
    (tmp_path / "voucher.csv.csv").write_text("another arm's")
    write_list(tmp_path, list_formats()["csv"], "coupon", [member()], SENDING)
    assert {file.name for file in tmp_path.iterdir()} == {"coupon.csv.csv", "voucher.csv.csv"}


def test_a_list_for_any_use_names_no_address_that_may_not_be_used(tmp_path: Path) -> None:
    only_line = member()._replace(allows=frozenset({"line"}))
    row = next(csv.DictReader(io.StringIO(
        written_bytes(tmp_path, "csv", only_line).decode("utf-8-sig"), newline="")))  # fmt: skip
    assert (row["email"], row["line_user_id"]) == ("", "U" + "0a" * 16)
    assert written_bytes(tmp_path, "klaviyo", only_line) == b""


SHOP = """\
title: Shopify
currency: JPY
time_zone: Asia/Tokyo
as_of: last_order
source: {}
reports: {}
"""


def test_lists_of_a_shop_that_knows_customers_by_address_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a Shopify export to a list of its tags: keyed digests find their addresses again."""
    monkeypatch.setenv("ANALYSIS_HOME", str(tmp_path))
    (tmp_path / "shops").mkdir()
    (tmp_path / "shops" / "web.yaml").write_text(SHOP)
    export_shop("shopify", tmp_path / "files", Plan(customers=400, seed=5))
    files = sorted((tmp_path / "files").glob("*.csv"))
    for file in files:
        # Exports of the demo shop end in the middle of a row, as downloads that were cut off.
        whole = file.read_bytes().rpartition(b'"cut off')
        file.write_bytes(whole[0] or whole[2])
    import_files("web", files)
    customers = next(file for file in files if "customers" in file.name)
    campaigns = tmp_path / "campaigns" / "web"
    campaigns.mkdir(parents=True)
    day = open_shop("web").as_of
    (campaigns / "thanks.yaml").write_text(
        f"title: Thanks\nhypothesis: None.\nowner: CRM\nsegment: {{orders: {{at_least: 1}}}}\n"
        f"starts_on: {pd.Timestamp(day) + pd.Timedelta(days=1):%Y-%m-%d}\nreadout_on: 2026-12-31\n"
        "steps: [{day: 0, channel: email, message: Thanks}]\ncontact_cost_minor: 1\n"
        "margin_share: 0.5\nprimary: {metric: purchase, window_days: 30, value_minor: 100}\n"
        "expected_effect: 0.1\nholdout_share: 0.5\nsalt: 2026-thanks\n"
    )
    name = f"files/{customers.name}"
    (outcome,) = run(*read_campaigns("web"), formats=("shopify_tags", "klaviyo"), contacts=name,
                     shop="web")  # fmt: skip
    tags, klaviyo = outcome.lists
    assert tags.customers > 30
    assert klaviyo.customers > 30
    written = next(iter(folder(tmp_path, "thanks", shop="web").parent.iterdir()))
    mails = {row["Email"].lower() for row in read_csv(written / "treatment.shopify_tags.csv")}
    by_mail = {
        row["Email"].lower(): row for row in read_csv(customers, "utf-8-sig") if row["Email"]
    }
    assert mails <= set(by_mail)
    agreed = {row["Email"].lower() for row in read_csv(written / "treatment.klaviyo.csv")}
    assert {by_mail[mail]["Accepts Email Marketing"] for mail in agreed} == {"yes"}
    for file in (tmp_path / "data" / "web").rglob("*"):
        if file.is_file():
            assert next(iter(mails)).encode() not in file.read_bytes(), (
                "no address outside of lists"
            )
