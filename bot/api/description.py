"""`/openapi.json`: every route, its answers and its errors, in OpenAPI's form. Who may call the API may read it."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import JSONResponse

from backends.settings import Section
from bot.api.access import caller

router = APIRouter()

ABOUT = (
    "A customer-service chatbot server. Operators' routes need a bearer token: that of an account, or the home"
    " folder's. The other clients' routes, `/metrics` and this description need it unless the server is bound to"
    " loopback. The WebSockets `/ws` and `/ws/operator` are described by `switchboard schema`."
)


class Fault(Section):
    """Any error: a code for machines, a sentence for people."""

    code: str
    message: str


FAILED: dict[int | str, dict[str, Any]] = {"default": {"model": Fault, "description": "Refused or failed"}}
REFUSED: dict[int | str, dict[str, Any]] = {
    401: {"model": Fault, "description": "No token, or one that opens nothing"},
    403: {"model": Fault, "description": "The role or the origin does not allow it"},
    **FAILED,
}


class OpenAiError(Section):
    """What is wrong, in OpenAI's form."""

    message: str
    type: str
    param: str | None
    code: str | None


class OpenAiFault(Section):
    """Any error under `/v1`."""

    error: OpenAiError


REFUSED_V1: dict[int | str, dict[str, Any]] = {
    401: {"model": OpenAiFault, "description": "No token, or one that opens nothing"},
    403: {"model": OpenAiFault, "description": "The origin does not allow it"},
    "default": {"model": OpenAiFault, "description": "Refused or failed"},
}


@router.get("/openapi.json", include_in_schema=False, dependencies=[Depends(caller)])
def document(request: Request) -> JSONResponse:
    """Give the description."""
    app: FastAPI = request.app
    return JSONResponse(describe(app))


def describe(app: FastAPI) -> dict[str, Any]:
    """Describe every route of an application; worked out once."""
    if app.openapi_schema is None:
        found = get_openapi(
            title=app.title, version=_version(), description=ABOUT, routes=app.routes, openapi_version="3.1.0"
        )
        for operations in found["paths"].values():
            for operation in operations.values():
                _correct(operation["responses"])
        app.openapi_schema = found
    return app.openapi_schema


def _correct(responses: dict[str, dict[str, Any]]) -> None:
    """Errors are JSON, also where the answer is a page or a text."""
    for status, response in responses.items():
        content = response.get("content", {})
        if not status.startswith("2") and content:
            response["content"] = {"application/json": next(iter(content.values()))}


def _version() -> str:
    try:
        return version("switchboard-chat")
    except PackageNotFoundError:
        return "0"
