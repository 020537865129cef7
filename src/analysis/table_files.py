"""CSV and parquet files that somebody names: read, or refused in one sentence."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analysis import paths
from analysis.errors import DataError, ParameterError

if TYPE_CHECKING:
    import pandas as pd


def table_path(text: str) -> Path:
    """Return the file that a text means, from the folder that holds `notebooks/` on."""
    path = Path(text).expanduser()
    return path if path.is_absolute() else paths.home() / path


def read_table(
    path: Path, *, parameter: str, texts: Sequence[str] = (), head: bool = False
) -> "pd.DataFrame":
    """Read a CSV or parquet file.

    Args:
        path: The file.
        parameter: The parameter that names it, for sentences.
        texts: Columns that are texts, whatever they hold.
        head: Whether its first row is enough.

    Raises:
        ParameterError: There is no such file.
        DataError: It is no table, or has no rows.
    """
    import pandas as pd

    if path.is_dir():
        raise ParameterError(f"{parameter} == '{path}': that is a folder, must be a file.")
    if not path.is_file():
        raise ParameterError(f"{parameter} == '{path}': there is no such file.")
    try:
        if path.suffix.lower() == ".parquet":
            frame = _read_parquet(path, head=head)
        else:
            rows = 1 if head else None
            kinds = dict.fromkeys(texts, str)
            frame = pd.read_csv(path, dtype=kinds, encoding="utf-8-sig", nrows=rows)
    except (ValueError, OSError, pd.errors.ParserError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise DataError(f"{path.name} cannot be read as a table: {reason}.") from error
    if frame.empty:
        raise DataError(f"{path.name} has no rows.")
    return frame


def _read_parquet(path: Path, *, head: bool) -> "pd.DataFrame":
    from analysis.engine import refused_by_engine, workbench

    with refused_by_engine(path.name), workbench() as bench:
        rows = bench.read_parquet(str(path))
        return (rows.limit(1) if head else rows).df()


def find_columns(
    columns: Sequence[str], wanted: Sequence[Sequence[str]], *, file: str
) -> list[str]:
    """Return the columns of a file by which it says what is wanted.

    Args:
        columns: The columns that it has.
        wanted: For each, the names that it may have.
        file: Name of the file, for the sentence.

    Raises:
        DataError: One is missing.
    """
    found = []
    for names in wanted:
        present = [name for name in names if name in columns]
        if not present:
            raise DataError(
                f"{file} lacks the column '{names[0]}': it has {', '.join(map(str, columns))}."
            )
        found.append(present[0])
    return found
