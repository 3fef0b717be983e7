"""The import layers, the absence of cycles, and the size budget."""

import ast
import importlib.util
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parent.parent
_spec = importlib.util.spec_from_file_location("sizes", ROOT / "tests" / "sizes.py")
assert _spec is not None
assert _spec.loader is not None
sizes = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(sizes)

LAYERS = {"backends": 0, "bot": 1, "training": 2, "eval": 3, "switchboard": 4}
HEAVY = {
    "torch",
    "transformers",
    "sentence_transformers",
    "peft",
    "sklearn",
    "onnx",
    "accelerate",
    "matplotlib",
    "scipy",
    "optuna",
    "cleanlab",
    "datasets",
    "threadpoolctl",
}
PLUGINS = ("backends.intent", "backends.rag", "backends.soft_prompt", "backends.scripted")


def modules() -> Iterator[tuple[str, Path]]:
    """Dotted names of our modules, tests aside."""
    for path in sizes.python_files():
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[0] in LAYERS:
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports(path: Path) -> set[str]:
    """Everything a file imports, inside functions too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_imports_point_down() -> None:
    wrong = [
        f"{name} imports {target}"
        for name, path in modules()
        for target in imports(path)
        if LAYERS.get(target.split(".")[0], -1) > LAYERS[name.split(".")[0]]
    ]
    assert wrong == []


def test_plugins_do_not_know_each_other() -> None:
    def plugin(name: str) -> str | None:
        return next((p for p in PLUGINS if name == p or name.startswith(p + ".")), None)

    wrong = [
        f"{name} imports {target}"
        for name, path in modules()
        for target in imports(path)
        if plugin(name) and plugin(target) and plugin(name) != plugin(target)
    ]
    assert wrong == []


def test_there_are_no_import_cycles() -> None:
    known = dict(modules())
    graph = {name: {t for t in imports(path) if t in known and t != name} for name, path in known.items()}
    assert list(TopologicalSorter(graph).static_order())


def test_the_serving_packages_import_nothing_heavy() -> None:
    wrong = [
        f"{name} imports {target}"
        for name, path in modules()
        if LAYERS[name.split(".")[0]] <= 1
        for target in imports(path)
        if target.split(".")[0] in HEAVY
    ]
    assert wrong == []


def test_files_and_functions_keep_the_size_budget() -> None:
    large = [f"{name}: {lines} lines" for lines, name in sizes.file_lines() if lines > sizes.MAX_FILE]
    long = [f"{name}: {lines} lines" for lines, name in sizes.function_lines() if lines > sizes.MAX_FUNCTION]
    assert large + long == []


def test_the_interpreter_is_one_we_support() -> None:
    assert sys.version_info >= (3, 11)
