"""Reads one YAML file into a settings section; every mistake comes out as a `Problem` with its place."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from backends.content.problem import ContentError, Problem

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C loader is ten times as fast
S = TypeVar("S", bound=BaseModel)


class _UniqueKeys(_Base):  # type: ignore[misc]  # the base is chosen at run time
    """Refuses a key written twice, which YAML would silently resolve to the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is there twice", key_node.start_mark
                )
            seen.add(key)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping


def read_yaml(path: Path, section: type[S]) -> S:
    """Read and validate a file.

    Raises:
        ContentError: it is missing, is no YAML, or has keys and values that do not belong there.
    """
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeys)
    except FileNotFoundError as exc:
        raise ContentError([Problem(path.name, f"expected this file in {path.parent}; create it")]) from exc
    except (yaml.YAMLError, UnicodeDecodeError) as exc:
        raise ContentError([Problem(path.name, f"not readable as YAML: {_place_of(exc)}")]) from exc
    try:
        return section.model_validate(document if document is not None else {})
    except ValidationError as exc:
        raise ContentError(_problems(path.name, exc)) from exc


def _place_of(exc: Exception) -> str:
    mark = getattr(exc, "problem_mark", None)
    if mark is None:
        return str(exc)
    return f"line {mark.line + 1}, column {mark.column + 1}: {getattr(exc, 'problem', None) or exc}"


def _problems(name: str, exc: ValidationError) -> list[Problem]:
    errors = exc.errors(include_url=False)
    places = [error["loc"] for error in errors]
    return [
        Problem(f"{name}: {'.'.join(map(str, error['loc'])) or 'top level'}", error["msg"])
        for error in errors
        # A list whose only item is wrong is reported as too short as well: the item says it better.
        if not any(place[: len(error["loc"])] == error["loc"] and place != error["loc"] for place in places)
    ]
