"""`/api/nights/{night}/report`: the page that a nightly run wrote, for a console that shows it in a frame of its own.

The page is fetched with the token, like everything else, and put into a sandboxed frame: it needs no script, no other
file and no network, and its policy allows none.
"""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from bot import nights
from bot.api.access import Operator, TheHouse
from bot.errors import NotFound

router = APIRouter(prefix="/api/nights", tags=["models"])

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; sandbox"


@router.get("/{night}/report", response_class=HTMLResponse)
def report(night: str, house: TheHouse, _: Operator) -> HTMLResponse:
    """Give the page of one night.

    Raises:
        NotFound: there is no such night, or it wrote no page.
    """
    page = nights.page(house.home, night)
    if page is None:
        raise NotFound(f"no report of a night {night!r}")
    return HTMLResponse(page.read_bytes(), headers={"Content-Security-Policy": POLICY})
