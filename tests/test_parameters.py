import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import ParameterError
from analysis.parameters import parse_parameters, read_parameters, resolve_parameters

CELL = """\
shop_name: str = "cdnow"  # shop, as shops/ names it
as_of: str = ""  # day to report on, ISO date, empty for the shop's own
horizon_days: int = 365  # how far ahead, days, 1 to 3650
share: float = 1  # margin, share, 0.01 to 1
method: str = "welch"  # test = method, one of welch bootstrap
color: str = "#ff0000"  # line color # not a second comment
url: str = "https://example.org/?a=b"  # where = there
fast: bool = False  # skip the check, yes or no
groups: list[str] = [
    "a",
    "b",
]  # arms to compare
end: str = ""  # last day, ISO date
note: str = "a -> b"  # free text, 1 to 5 words
"""


def parameters():
    return {parameter.name: parameter for parameter in parse_parameters(CELL)}


def resolve(from_shop=None, **texts):
    return resolve_parameters(
        parse_parameters(CELL), notebook="03_value", from_shop=from_shop or {}, from_command=texts
    )


def test_a_cell_is_read_past_every_sign_that_misleads_a_line_parser():
    found = parameters()
    assert list(found) == [
        "shop_name", "as_of", "horizon_days", "share", "method", "color", "url", "fast", "groups",
        "end", "note",
    ]  # fmt: skip
    assert found["method"].meaning == "test = method"
    assert found["color"].default == "#ff0000"
    assert found["color"].meaning == "line color # not a second comment"
    assert found["url"].default == "https://example.org/?a=b"
    assert found["groups"].default == ["a", "b"]
    assert found["groups"].meaning == "arms to compare"


def test_rules_are_read_from_the_end_of_the_comment():
    found = parameters()
    assert (found["horizon_days"].low, found["horizon_days"].high) == (1, 3650)
    assert found["horizon_days"].meaning == "how far ahead, days"
    assert found["method"].choices == ("welch", "bootstrap")
    assert found["end"].is_date
    assert found["as_of"].is_date
    assert found["note"].low is None
    assert found["note"].meaning == "free text, 1 to 5 words"


def test_a_whole_number_stands_for_a_float():
    assert parameters()["share"].default == 1.0
    assert type(parameters()["share"].default) is float


def test_command_stands_over_shop_file_over_default():
    assert resolve()["horizon_days"] == 365
    assert resolve({"horizon_days": 30})["horizon_days"] == 30
    assert resolve({"horizon_days": 30}, horizon_days="7")["horizon_days"] == 7


def test_reserved_parameters_are_left_to_the_runner():
    assert not {"shop_name", "as_of"} & resolve().keys()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("horizon_days", "007", 7),
        ("horizon_days", " 7 ", 7),
        ("share", "1e-1", 0.1),
        ("share", ".5", 0.5),
        ("note", "007", "007"),
        ("note", " x ", " x "),
        ("note", "", ""),
        ("fast", "YES", True),
        ("fast", "0", False),
        ("groups", "a, b ,c", ["a", "b", "c"]),
        ("groups", "", []),
        ("method", "bootstrap", "bootstrap"),
        ("end", "2024-02-29", "2024-02-29"),
        ("end", "", ""),
        ("url", "a=b=c", "a=b=c"),
    ],
)
def test_text_is_cast_by_the_declared_type(name, text, value):
    cast = resolve(**{name: text})[name]
    assert cast == value
    assert type(cast) is type(value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("horizon_days", "1.5"),
        ("horizon_days", "1_000"),
        ("horizon_days", "nan"),
        ("horizon_days", ""),
        ("horizon_days", "true"),
        ("horizon_days", "٣"),
        ("horizon_days", "0"),
        ("horizon_days", "3651"),
        ("share", "nan"),
        ("share", "inf"),
        ("share", "1e999"),
        ("share", "0"),
        ("share", "1,5"),
        ("fast", "maybe"),
        ("fast", "2"),
        ("groups", "a,,b"),
        ("method", "student"),
        ("end", "2023-02-29"),
        ("end", "20240229"),
        ("end", "2024-W01-1"),
        ("end", "yesterday"),
    ],
)
def test_a_wrong_text_is_refused_by_name_value_and_fix(name, text):
    with pytest.raises(ParameterError) as refusal:
        resolve(**{name: text})
    message = str(refusal.value)
    assert message.startswith(f"{name} == ")
    assert text in message
    assert ", must be " in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("horizon_days", True),
        ("horizon_days", "30"),
        ("horizon_days", 30.0),
        ("horizon_days", None),
        ("share", float("nan")),
        ("share", True),
        ("note", 7),
        ("fast", 1),
        ("groups", "a"),
        ("groups", ["a", 1]),
        ("groups", None),
        ("method", "student"),
    ],
)
def test_a_value_of_the_shop_file_must_have_the_declared_type(name, value):
    with pytest.raises(ParameterError, match=f"^{name} == "):
        resolve({name: value})


def test_a_date_that_yaml_has_read_becomes_its_iso_text():
    from datetime import date, datetime

    assert resolve({"end": date(2024, 6, 30)})["end"] == "2024-06-30"
    with pytest.raises(ParameterError):
        resolve({"end": datetime(2024, 6, 30, 12)})


@pytest.mark.parametrize("source", ["shop", "command"])
def test_an_unknown_name_is_met_with_the_nearest_one(source):
    with pytest.raises(
        ParameterError, match="03_value has no parameter 'horizon_day'.*horizon_days"
    ):
        resolve({"horizon_day": 3}) if source == "shop" else resolve(horizon_day="3")


def test_a_name_like_no_other_is_met_with_the_list():
    with pytest.raises(ParameterError, match="it has horizon_days, share"):
        resolve(zzz="3")


@pytest.mark.parametrize(("name", "option"), [("shop_name", "--shop"), ("as_of", "--as-of")])
def test_what_has_an_option_of_its_own_is_no_setting(name, option):
    with pytest.raises(ParameterError, match=f"use {option}"):
        resolve(**{name: "cdnow"})


def test_a_notebook_that_knows_no_shop_is_refused():
    with pytest.raises(ParameterError, match="03_value lacks the parameter 'shop_name"):
        resolve_parameters(
            parse_parameters("n: int = 1  # count"),
            notebook="03_value", from_shop={}, from_command={},
        )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("n = 1  # count", "name: type = value"),
        ("n: int  # count", "no default"),
        ("n: int = 1", "needs a comment"),
        ("n: int = 1  # 1 to 5", None),
        ("n: int = 1  # , 1 to 5", "needs a comment"),
        ("n: int | None = None  # count", "int | None"),
        ("n: list[int] = [1]  # counts", "list[int]"),
        ("n: Literal['a'] = 'a'  # which", "must be one of str, int"),
        ("n: int = 1 + 1  # count", "plain value"),
        ("n: int = len('a')  # count", "plain value"),
        ("n: int = True  # count", "n == True"),
        ("n: int = 1.0  # count", "n == 1.0"),
        ("n: str = None  # name", "n == None"),
        ("n: float = 1e999  # share", "n == inf"),
        ("n: int = 9  # count, 1 to 5", "from 1 to 5"),
        ("n: int = 1  # count, 5 to 1", "wrong way round"),
        ("n: str = 'c'  # which, one of a b", "one of a, b"),
        ("n: str = 'x'  # day, ISO date", "a date such as"),
        ("import os", "name: type = value"),
        ("n: int = 1; m: int = 2  # both", None),
        ("x.y: int = 1  # count", "name: type = value"),
        ("n: int = (", "no valid Python"),
        ("n: int = 1  # count\nn: int = 2  # count", "twice"),
    ],
)
def test_a_cell_that_breaks_the_grammar_is_refused_by_notebook_and_line(line, why):
    source = f"first: int = 1  # count\n{line}"
    if why is None:
        assert len(parse_parameters(source)) >= 2
        return
    with pytest.raises(ParameterError) as refusal:
        parse_parameters(source, notebook="03_value.ipynb")
    message = str(refusal.value)
    expected = 3 if "\n" in line else 2
    assert message.startswith(f"03_value.ipynb, parameters cell, line {expected}: ")
    assert why in message
    assert not message.endswith("..")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("no json", "is no notebook"),
        ("[]", "is no notebook"),
        ('{"cells": [{"cell_type": "code"}]}', "has 0 cells"),
        (b"\xff\xfe", "is no notebook"),
    ],
)
def test_a_file_that_is_no_notebook_is_refused(tmp_path: Path, content, why):
    file = tmp_path / "x.ipynb"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ParameterError, match=f"^x.ipynb {why}"):
        read_parameters(file)


@pytest.mark.parametrize(
    "source", [["a: int = 1  # x\n", "b: int = 2  # y"], "a: int = 1  # x\nb: int = 2  # y"]
)
def test_a_source_may_be_lines_or_one_text(tmp_path: Path, source):
    file = tmp_path / "x.ipynb"
    cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": source}
    file.write_text(json.dumps({"cells": [cell]}))
    assert [each.name for each in read_parameters(file)] == ["a", "b"]


@given(st.integers(1, 3650))
def test_every_allowed_whole_number_survives_as_text(number):
    assert resolve(horizon_days=str(number))["horizon_days"] == number


@given(st.floats(0.01, 1))
def test_every_allowed_number_survives_as_text(number):
    assert resolve(share=repr(number))["share"] == number


@given(st.text())
def test_a_text_stays_as_it_is(text):
    assert resolve(note=text)["note"] == text


@given(
    st.lists(st.text(st.characters(exclude_characters=","), min_size=1).map(str.strip).filter(bool))
)
def test_a_list_survives_as_text(items):
    assert resolve(groups=",".join(items))["groups"] == items


@given(st.sampled_from(["horizon_days", "share", "fast", "groups", "method", "end"]), st.text())
def test_any_text_gives_the_declared_type_or_one_line(name, text):
    kind = {"share": float, "fast": bool, "groups": list, "horizon_days": int}.get(name, str)
    try:
        value = resolve(**{name: text})[name]
    except ParameterError as refusal:
        message = str(refusal)
    else:
        assert type(value) is kind
        return
    assert message.startswith(f"{name} == ")
    assert len(message.splitlines()) == 1


@given(st.dates())
def test_every_date_is_allowed_where_a_date_is_meant(day):
    assert resolve(end=day.isoformat())["end"] == day.isoformat()
