"""Files of shops that nobody described, each with what a person would say its columns are."""

import csv
from pathlib import Path

import pytest

from analysis.errors import DataError
from analysis.ingest.guessing.contents import read_rows, read_sample
from analysis.ingest.guessing.layout import Guess, guess_layout
from analysis.ingest.guessing.questions import Answers
from analysis.ingest.layout_files import layout_from
from analysis.ingest.text import read_text


@pytest.fixture
def guess(tmp_path: Path):
    """Write a file and return the guess at it."""

    def read(text: str, **values: str) -> Guess:
        file = tmp_path / "orders.csv"
        file.write_text(text.lstrip(), encoding="utf-8")
        folder = tmp_path / "work"
        folder.mkdir(exist_ok=True)
        sample = read_sample(read_text(file, folder=folder))
        return guess_layout(sample, Answers(values))

    return read


def certain(found: Guess) -> dict:
    """Return a mapping that leaves nothing open, and that an import would take."""
    assert [question.sentence for question in found.questions] == []
    layout_from("mapping", found.mapping, where="test")
    return found.mapping


def test_one_row_an_order_with_states_and_refunds(guess):
    mapping = certain(guess("""
ID,Purchase Date,Bill-to Name,Grand Total (Base),Grand Total,Status,Customer Email,Total Refunded
000000001,2024-03-02 10:11:12,Anna Bee,45.0000,45.0000,complete,anna@example.com,0.0000
000000002,2024-03-12 10:11:12,Carl Dee,25.0000,25.0000,closed,carl@example.com,25.0000
000000003,2024-03-13 10:11:12,Anna Bee,25.0000,25.0000,canceled,anna@example.com,
"""))  # fmt: skip
    assert mapping == {
        "order_id": "ID",
        "email": "Customer Email",
        "ordered_at": "Purchase Date",
        "amount_plus": ["Grand Total (Base)"],
        "refund": "Total Refunded",
        "status": [
            {"column": "Status", "keep": ["closed", "complete"], "drop": {"canceled": "cancelled"}}
        ],
    }


def test_rows_of_lines_whose_money_is_that_of_the_row(guess):
    mapping = certain(guess("""
Row ID,Order ID,Order Date,Customer ID,Customer Name,City,State,Product ID,Sales,Quantity,Discount
1,CA-152156,11/8/2016,CG-12520,Claire Gute,Henderson,Kentucky,FUR-1,261.96,2,0
2,CA-152156,11/8/2016,CG-12520,Claire Gute,Henderson,Kentucky,FUR-2,731.94,3,0.2
3,CA-138688,6/12/2016,DV-13045,Darrin Huff,Los Angeles,California,OFF-3,14.62,2,0
4,US-108966,10/11/2015,SO-20335,Sean Dee,Fort Lauderdale,Florida,OFF-3,36.55,5,0
"""))  # fmt: skip
    assert mapping["amount"] == "lines"
    assert mapping["line"] == {
        "product_id": "Product ID",
        "quantity": "Quantity",
        "amount": "Sales",
    }
    assert "status" not in mapping, "where people live is no state of an order"
    assert "discount" not in mapping, "a rate is no money"


def test_a_total_of_each_row_is_not_that_of_the_order(guess):
    mapping = certain(
        guess("""
Invoice,Date,Client,Sku,Qty,Unit price,Total
1,2024-03-02,a1,A,2,5.00,10.00
1,2024-03-02,a1,B,1,10.00,10.00
2,2024-03-03,a2,A,1,5.00,5.00
""")
    )
    assert mapping["amount"] == "lines"
    assert mapping["line"]["amount"] == "Total"


def test_a_total_of_the_order_stands_on_each_of_its_rows(guess):
    mapping = certain(
        guess("""
Invoice,Date,Client,Sku,Qty,Price,Total
1,2024-03-02,a1,A,2,5.00,24.00
1,2024-03-02,a1,B,1,10.00,24.00
2,2024-03-03,a2,A,3,5.00,15.00
""")
    )
    assert mapping["amount_plus"] == ["Total"]
    assert mapping["line"] == {"product_id": "Sku", "quantity": "Qty", "price": "Price"}


def test_whether_a_price_is_of_one_piece_is_told_by_what_stays_the_same(guess):
    rows = "1,2024-03-02,a1,A,1,{}\n2,2024-03-02,a2,A,3,{}\n3,2024-03-03,a2,B,1,4.00\n"
    header = "Invoice,Date,Client,Sku,Qty,Price\n"
    assert certain(guess(header + rows.format("5.00", "5.00")))["line"]["price"] == "Price"
    assert certain(guess(header + rows.format("5.00", "15.00")))["line"]["amount"] == "Price"
    (question,) = guess(header + rows.format("5.00", "9.00")).questions
    assert question.key == "price"
    said = guess(header + rows.format("5.00", "9.00"), price="all")
    assert certain(said)["line"]["amount"] == "Price"


def test_payments_and_what_went_back_under_one_number(guess):
    mapping = certain(
        guess("""
Date,Time,Name,Status,Currency,Gross,Fee,Net,From Email Address,Transaction ID,Invoice Number
03/02/2024,10:11:12,Anna Bee,Completed,USD,45.00,-1.60,43.40,anna@example.com,9AB901E,1001
03/15/2024,11:11:12,Carl Dee,Completed,USD,25.00,-1.10,23.90,carl@example.com,9AB902E,1002
03/16/2024,11:11:12,Carl Dee,Completed,USD,-25.00,1.10,-23.90,shop@example.com,9AB903E,1002
""")
    )
    assert mapping["order_id"] == "Invoice Number"
    assert (mapping["ordered_at"], mapping["ordered_time"]) == ("Date", "Time")
    assert (mapping["amount_plus"], mapping["email"]) == (["Gross"], "From Email Address")


@pytest.mark.parametrize(
    ("header", "row", "keys"),
    [
        (
            "N° commande;Date de commande;N° client;Référence;Quantité;Prix unitaire;Total TTC",
            "1001;02/03/2024;C12;T-1;2;9,95;19,90",
            "N° commande;Date de commande;N° client;Total TTC;Référence;Quantité",
        ),
        (
            "Numero ordine;Data ordine;Codice cliente;Codice articolo;Quantità;Prezzo;Totale",
            "1001;02/03/2024;C12;T-1;2;9,95;19,90",
            "Numero ordine;Data ordine;Codice cliente;Totale;Codice articolo;Quantità",
        ),
        (
            "Bestell-Nr.;Bestelldatum;Kunden-Nr.;Artikelnr.;Menge;Einzelpreis;Gesamtbetrag (EUR)",
            "1001;02.03.2024;C12;T-1;2;9,95;19,90",
            "Bestell-Nr.;Bestelldatum;Kunden-Nr.;Gesamtbetrag (EUR);Artikelnr.;Menge",
        ),
        (
            "受注番号,受注日時,顧客ID,品番,数量,販売単価,請求金額",
            "1001,2024/03/02 10:05,C12,T-1,2,995,1990",
            "受注番号;受注日時;顧客ID;請求金額;品番;数量",
        ),
        (
            "ordernumber;ordertime;customernumber;sku;quantity;unit_price;invoice_amount",
            "20001;02.03.2024 10:11;10001;T-1;2;9,95;19,90",
            "ordernumber;ordertime;customernumber;invoice_amount;sku;quantity",
        ),
    ],
)  # fmt: skip
def test_names_of_five_languages(guess, header: str, row: str, keys: str):
    mapping = certain(guess(f"{header}\n{row}\n"))
    line = mapping["line"]
    assert keys.split(";") == [
        mapping["order_id"],
        mapping["ordered_at"],
        mapping["customer_id"],
        mapping["amount_plus"][0],
        line["product_id"],
        line["quantity"],
    ]


def test_what_is_called_alike_is_asked(guess):
    found = guess("""
Order No,Client,Date,Total,Amount paid
1,a1,2024-03-02,9.00,4.00
2,a2,2024-03-02,5.00,5.00
""")
    (question,) = found.questions
    assert dict(question.choices) == {
        "Total": "such as 9.00, 5.00",
        "Amount paid": "such as 4.00, 5.00",
    }
    same = guess("""
Order No,Client,Date,Total,Amount paid
1,a1,2024-03-02,9.00,9.00
2,a2,2024-03-02,5.00,5.00
""")
    assert certain(same)["amount_plus"] == ["Total"]


def test_numbers_that_went_through_a_spreadsheet_are_numbers_of_customers(guess):
    mapping = certain(
        guess("""
Invoice,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
489434.0,85048,GLASS BALL,12,12/1/2009 7:45,6.95,13085.0,United Kingdom
489434.0,79323P,CHERRY LIGHTS,12,12/1/2009 7:45,6.75,13085.0,United Kingdom
C489449,22087,PAPER BUNTING,-12,12/1/2009 10:33,2.95,16321.0,Australia
""")
    )
    assert (mapping["order_id"], mapping["customer_id"]) == ("Invoice", "CustomerID")
    assert mapping["amount"] == "lines"


def test_a_list_of_people_is_no_list_of_orders(guess):
    mapping = certain(
        guess("""
E-mail,First name,Member since,Newsletter,Prefecture
a@example.com,Anna,2023-01-05,yes,Tokyo
b@example.com,Bert,2023-02-05,no,Osaka
""")
    )
    assert mapping["table"] == "customers"
    assert (mapping["email"], mapping["registered_at"]) == ("E-mail", "Member since")
    assert ("yes" in mapping["granted"], "no" in mapping["refused"]) == (True, True)


@pytest.mark.parametrize("customer", ["Hanako Yamada", "A. Bee", "山田 花子"])
def test_names_of_people_never_tell_customers_apart(guess, customer: str):
    with pytest.raises(DataError, match="Customer: names of people, which enter no table"):
        guess(f"Order No,Customer,Date,Paid\n1,{customer},2024-03-02,9.00\n")


def test_guests_are_not_one_customer(guess):
    mapping = certain(
        guess("""
Order ID,Customer ID,Email,Date,Total
1,7,a@example.com,2024-03-02,9.00
2,0,b@example.com,2024-03-03,5.00
3,Guest,c@example.com,2024-03-03,5.00
""")
    )
    assert mapping["no_customer"] == ["0", "Guest"]


def test_the_longest_cell_that_others_may_read_stays_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("Order No,Client\n1,a\n2,b\n")
    usual = csv.field_size_limit()
    text = read_text(file, folder=tmp_path)
    assert list(read_sample(text).columns) == ["Order No", "Client"]
    next(read_rows(text))
    assert csv.field_size_limit() == usual
