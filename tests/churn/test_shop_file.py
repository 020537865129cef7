"""The table of reasons in a shop's file."""

from pathlib import Path

import pytest

from analysis.errors import ParameterError
from analysis.shop import read_shop


def write(home: Path, lines: str) -> None:
    file = home / "shops" / "tiny.yaml"
    file.write_text(file.read_text() + lines)


def test_reasons_are_read(home: Path) -> None:
    write(home, "cancel_reasons:\n  price: [expensive, 高い]\n")
    assert read_shop("tiny").cancel_reasons == {"price": ["expensive", "高い"]}


@pytest.mark.parametrize(
    "value", ["[price]", "{price: expensive}", "{price: [1]}", "{1: [a]}", "{price: ['']}"]
)
def test_other_shapes_are_refused(home: Path, value: str) -> None:
    write(home, f"cancel_reasons: {value}\n")
    with pytest.raises(ParameterError, match=r"cancel_reasons of shops/tiny\.yaml must hold"):
        read_shop("tiny")
