"""A routing to ask about, read from a file in the form of `PUT /api/routing`. It knows no logs."""

import json
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from backends.registry import RESERVED
from bot import routing as routes
from bot.routing import Arm, Routing
from eval.resolution.treatment import Treatment, treatment


class _Switch(BaseModel):
    enabled: bool


class _ArmIn(BaseModel):
    arm: str = Field(min_length=1)
    weight: float = Field(ge=0, allow_inf_nan=False)
    chain: tuple[str, ...] = Field(min_length=1)


class _RoutingIn(BaseModel):
    """The parts of a routing that decide who answers; a version, a reason and the like are passed over."""

    model_config = ConfigDict(extra="ignore")

    backends: dict[str, _Switch] | None = None
    arms: tuple[_ArmIn, ...] | None = None
    error_budget: float | None = None


class PolicyError(ValueError):
    """The file is no routing; says why."""


def read_policy(path: Path, current: Routing | None) -> Routing:
    """Read a routing; what it leaves out stays as it is now.

    Args:
        path: JSON, TOML or YAML by its ending, with `arms`, `backends` or `error_budget`.
        current: the routing in force; None without a store.

    Raises:
        PolicyError: unreadable, or it cannot work as a routing.
    """
    try:
        asked = _RoutingIn.model_validate(_table(path))
    except ValidationError as exc:
        told = exc.errors(include_url=False)[0]
        raise PolicyError(f"{path}: {'.'.join(map(str, told['loc']))}: {told['msg']}") from exc
    base = current or Routing(0, ())
    arms = base.arms if asked.arms is None else tuple(Arm(a.arm, a.weight, a.chain) for a in asked.arms)
    disabled = set(base.disabled)
    for name, switch in (asked.backends or {}).items():
        disabled.discard(name)
        disabled |= set() if switch.enabled else {name}
    budget = base.error_budget if asked.error_budget is None else asked.error_budget
    found = Routing(base.version, arms, frozenset(disabled), budget)
    try:
        named = {step for arm in arms for step in arm.chain} - RESERVED
        routes.check(found, named | disabled)
    except ValueError as exc:
        raise PolicyError(f"{path}: {exc}") from exc
    return found


def _table(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
        match path.suffix.lower():
            case ".toml":
                return tomllib.loads(text)
            case ".yml" | ".yaml":
                return yaml.safe_load(text)
            case _:
                return json.loads(text)
    except (OSError, UnicodeDecodeError, ValueError, yaml.YAMLError) as exc:
        raise PolicyError(
            f"{path}: expected a routing as JSON, TOML (.toml) or YAML (.yml), as `GET /api/routing` tells it: {exc}"
        ) from exc


def shares(policy: Routing) -> dict[Treatment, float]:
    """How likely a new customer is to get each chain; arms with the same chain are one."""
    total = sum(arm.weight for arm in policy.arms)
    found: defaultdict[Treatment, float] = defaultdict(float)
    for arm in policy.arms:
        if arm.weight > 0:
            found[treatment(policy, arm.arm)] += arm.weight / total
    return dict(found)
