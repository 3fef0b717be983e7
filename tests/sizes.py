"""Lines of files and functions: the size budget and the list of the largest."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("backends", "bot", "training", "eval", "tests", "demo")
MAX_FILE, MAX_FUNCTION = 400, 50


def python_files() -> list[Path]:
    """Every Python file of ours."""
    found = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return sorted([*found, ROOT / "switchboard.py"])


def typescript_files() -> list[Path]:
    """Every hand-written TypeScript file."""
    found = (path for path in (ROOT / "web").rglob("*.ts") if "node_modules" not in path.parts)
    return sorted(path for path in found if not path.name.endswith(".gen.ts"))


def file_lines() -> Iterator[tuple[int, str]]:
    """Lines of each file."""
    for path in [*python_files(), *typescript_files()]:
        yield len(path.read_text(encoding="utf-8").splitlines()), str(path.relative_to(ROOT))


def function_lines() -> Iterator[tuple[int, str]]:
    """Lines of each Python function, decorators and docstring included."""
    for path in python_files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                yield lines, f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"


if __name__ == "__main__":
    for rows in (file_lines(), function_lines()):
        for lines, name in sorted(rows, reverse=True)[:10]:
            print(f"{lines:5} {name}")  # noqa: T201 - a developer's list
