"""Every notebook is committed clean and keeps to one anatomy."""

import ast
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MOST_CELLS = 45
MOST_CODE_LINES = 15
MOST_PARAMETERS = 20


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> dict:
    return json.loads(request.param.read_text())


def code_cells(notebook: dict) -> list[dict]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def source(cell: dict) -> str:
    return "".join(cell["source"])


def markdown(notebook: dict) -> str:
    return "\n".join(source(cell) for cell in notebook["cells"] if cell["cell_type"] == "markdown")


def test_there_are_notebooks_and_nothing_else_beside_them() -> None:
    assert NOTEBOOKS
    beside = {path.name for path in (ROOT / "notebooks").iterdir()}
    assert beside - {".ipynb_checkpoints"} == {path.name for path in NOTEBOOKS}


def test_no_outputs_and_no_counts(notebook: dict) -> None:
    for cell in code_cells(notebook):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None


def test_kernel_is_python3(notebook: dict) -> None:
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert set(notebook["metadata"]) <= {"kernelspec", "language_info"}


def test_cells_have_telling_ids(notebook: dict) -> None:
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][a-z-]+", name) for name in ids)


def test_first_cells_are_title_parameters_imports(notebook: dict) -> None:
    title, parameters, imports, *_ = notebook["cells"]
    assert re.match(r"# \S.*\n\n\S", source(title)), "a title, and who reads it for what"
    assert parameters["metadata"].get("tags") == ["parameters"]
    tree = ast.parse(source(imports))
    assert any(isinstance(node, ast.Import | ast.ImportFrom) for node in tree.body)
    assert "style.use(language or shop.file.language)" in source(imports)
    assert "open_shop(shop_name, as_of=as_of)" in source(imports)


def test_parameters_are_tagged_once_and_nothing_else_is(notebook: dict) -> None:
    tags = [cell["metadata"].get("tags", []) for cell in notebook["cells"]]
    assert [tag for tag in tags if tag] == [["parameters"]]


def test_parameters_are_plain_typed_and_explained(notebook: dict) -> None:
    for line in source(code_cells(notebook)[0]).splitlines():
        assert re.fullmatch(
            r"[a-z_]+: (str|int|float|bool|list\[str\]) = [^#=]+  # [^#=]+", line
        ), line
    assert source(code_cells(notebook)[0]).startswith("shop_name: str = ")
    assert "\nas_of: str = " in source(code_cells(notebook)[0])
    assert '\nlanguage: str = ""' in source(code_cells(notebook)[0])


def test_imports_stand_in_one_cell_and_come_from_the_package(notebook: dict) -> None:
    for place, cell in enumerate(code_cells(notebook)):
        for node in ast.walk(ast.parse(source(cell))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                assert place == 1, "imports belong into the import cell"
                names = (
                    [node.module]
                    if isinstance(node, ast.ImportFrom)
                    else [name.name for name in node.names]
                )
                assert all(name.split(".")[0] == "analysis" for name in names)


def test_cells_are_few_and_short(notebook: dict) -> None:
    assert len(notebook["cells"]) <= MOST_CELLS
    for cell in code_cells(notebook):
        is_parameters = "parameters" in cell["metadata"].get("tags", [])
        most = MOST_PARAMETERS if is_parameters else MOST_CODE_LINES
        assert len(source(cell).splitlines()) <= most, source(cell)


def test_cells_define_print_and_reach_for_nothing(notebook: dict) -> None:
    for cell in code_cells(notebook):
        assert not re.search(r"^\s*[%!]", source(cell), re.MULTILINE), "no magics"
        for node in ast.walk(ast.parse(source(cell))):
            assert not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"print", "open", "exec", "eval", "display"}
        for word in ("sys.path", "os.chdir", "../", "read_csv", "raises-exception"):
            assert word not in source(cell)


def test_sections_answer_first_and_define_last(notebook: dict) -> None:
    headings = re.findall(r"^## (.+)$", markdown(notebook), re.MULTILINE)
    assert headings[0] == "The answer in short"
    assert headings[-2:] == ["How sure are we?", "Definitions"]
    assert 3 <= len(headings) - 3 <= 8


def test_notebook_ends_in_one_line_feed() -> None:
    for path in NOTEBOOKS:
        assert re.search(r"\}\n\Z", path.read_text()), path.name
