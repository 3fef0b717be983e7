"""Routes that are read: they answer GET, and HEAD as browsers, proxies and probes expect it."""

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import APIRouter

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def readable(router: APIRouter, path: str, **about: Any) -> Callable[[Endpoint], Endpoint]:
    """Add a route for both; only GET is described.

    Args:
        router: gets the route.
        path: below the router's prefix.
        about: as for `router.get`.
    """

    def add(endpoint: Endpoint) -> Endpoint:
        router.get(path, **about)(endpoint)
        router.head(path, **{**about, "include_in_schema": False})(endpoint)
        return endpoint

    return add
