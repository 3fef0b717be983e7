"""Makes an action out of a URL: one signed POST, with the idempotency key in a header.

Maps the errors of httpx; retries are the receiver's customer's to make, by asking again.
"""

import hmac
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import httpx

from backends.content.actions import Action, ActionError, this_call
from backends.contract import BackendError, Customer

SIGNATURE = "X-Switchboard-Signature"
"""`sha256=` and the hex HMAC-SHA256 of the body with the webhook secret; absent without a secret."""


def webhook(name: str, url: str, timeout_s: float, secret: str | None = None) -> Action:
    """Build the action `name` that posts `{action, slots, customer}` as JSON to `url`.

    The answer `200` with a JSON object is the result; a 4xx with `{"code": …}` is a refusal with that code; all
    else is a `BackendError`.
    """

    async def post(slots: Mapping[str, str], customer: Customer) -> Mapping[str, Any] | ActionError:
        who = {"id": customer.id, "visitor_id": customer.visitor_id}
        body = json.dumps({"action": name, "slots": dict(slots), "customer": who}).encode()
        try:
            async with httpx.AsyncClient(timeout=timeout_s, trust_env=False) as client:
                response = await client.post(url, content=body, headers=_headers(body, secret))
        except httpx.HTTPError as exc:
            raise BackendError(f"webhook {name}: {type(exc).__name__}") from exc
        return _outcome(name, response)

    return post


def _headers(body: bytes, secret: str | None) -> dict[str, str]:
    headers = {"Content-Type": "application/json"}
    key = this_call().key
    if key is not None:
        headers["Idempotency-Key"] = key
    if secret is not None:
        headers[SIGNATURE] = f"sha256={hmac.new(secret.encode(), body, sha256).hexdigest()}"
    return headers


def _outcome(name: str, response: httpx.Response) -> Mapping[str, Any] | ActionError:
    try:
        answer = response.json()
    except ValueError as exc:
        raise BackendError(f"webhook {name}: status {response.status_code}, expected JSON") from exc
    if not isinstance(answer, dict):
        raise BackendError(f"webhook {name}: expected a JSON object, got {type(answer).__name__}")
    if response.is_success:
        return answer
    if response.is_client_error and isinstance(answer.get("code"), str):
        values = {k: str(v) for k, v in answer.items() if k != "code"}
        return ActionError(answer["code"], values)
    raise BackendError(f"webhook {name}: status {response.status_code} without a `code`")
