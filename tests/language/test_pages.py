"""Nothing reaches a page or a chart but through the catalog: run in a language nobody speaks."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pseudo
import pytest
from extraction import ROOT

from analysis.demo import Plan, generate_shop
from analysis.schema import TABLES

CRM = Path(sys.executable).with_name("crm")
PACKAGE = ROOT / "src" / "analysis"
NOTEBOOKS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
# What matplotlib takes as words for itself, not for readers.
_OPTIONS = {"offset points", "axes fraction", "none", "center", "o", "D", "--"}
_DRAWING = {"set_title", "set_xlabel", "set_ylabel", "suptitle", "annotate", "text", "set_label"}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("pseudo")
    for name in ("shops", "notebooks", "campaigns"):
        (home / name).symlink_to(ROOT / name)
    pseudo.write_catalog(home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_HOME", str(home))
        generate_shop("demo", Plan(customers=6_000, seed=5))
        done = subprocess.run(
            [CRM, "run", "--shop", "demo", "--param", f"language={pseudo.LANGUAGE}", "--jobs", "1"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        yield home / "reports"


def data_words(run: dict) -> set[str]:
    """What of a page is data: names of parameters, tables, products, campaigns and their arms."""
    words = {pseudo.LANGUAGE, "demo", "the generator", "seed", "customers", "contacts"}
    words |= {*run["parameters"], *map(str, run["parameters"].values()), *TABLES}
    words |= {
        "value_standing",
        "at_risk",
        "coupon",
        "reminder",
        "global-holdout-2026-1",
        "LINE",
        "CRM",
        "csv",
    }
    words |= {"FIRST50", "THANKS10", "WELCOME10", run["data"]["currency"], *run["versions"]}
    words |= {path.stem for path in (ROOT / "campaigns" / "demo").glob("*.yaml")}
    catalogue = (PACKAGE / "demo" / "catalogue.py").read_text(encoding="utf-8")
    constants = ast.walk(ast.parse(catalogue))
    return words | {node.value for node in constants if isinstance(node, ast.Constant)
                    and isinstance(node.value, str)}  # fmt: skip


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_no_words_of_a_page_are_left_out_of_the_catalog(reports: Path, notebook: str) -> None:
    (folder,) = (reports / "demo" / notebook).glob("latest")
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert run["language"] == pseudo.LANGUAGE
    known = " ".join(sorted(data_words(run)))
    found = pseudo.plain_words((folder / "index.html").read_text(encoding="utf-8"))
    assert {words for words in found if words.rstrip("'.") not in known} == set()


@pytest.mark.parametrize("page", ["index.html", "demo/index.html"])
def test_no_words_of_the_front_pages_are_left_out_of_the_catalog(reports: Path, page: str) -> None:
    (record, *_others) = (reports / "demo").glob("*/latest/run.json")
    known = " ".join(sorted(data_words(json.loads(record.read_text(encoding="utf-8")))))
    found = pseudo.plain_words((reports / page).read_text(encoding="utf-8"))
    assert {words for words in found if words.rstrip("'.") not in known} == set()


def test_every_word_in_a_chart_goes_through_the_catalog() -> None:
    drawn = 0
    for file in [each for each in PACKAGE.rglob("*.py") if "figures" in each.as_posix()]:
        for call in calls(file, _DRAWING):
            drawn += 1
            for said in plain_strings(call):
                assert said in _OPTIONS or not any(map(str.isalpha, said)), f"{file}: {said!r}"
    assert drawn > 60


def calls(file: Path, names: set[str]) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in names:
            yield node


def plain_strings(call: ast.Call) -> Iterator[str]:
    """Yield the texts among the positional arguments of a call that no function is applied to."""
    waiting: list[ast.AST] = list(call.args)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif not isinstance(node, ast.Call | ast.Subscript | ast.Compare):
            waiting += ast.iter_child_nodes(node)
