"""The watch beside a desk that is committing."""

from typing import cast

from backends.content.reload import Reloading
from bot.board import Board
from bot.conversation import OperatorSaid
from bot.watch import Watch
from tests.bot.conftest import Make, Office


class StillBoard:
    """A routing that never changes."""

    def refresh(self) -> None:
        """Find nothing new."""


def watch_of(office: Office) -> Watch:
    watch = Watch(office.reader, office.hub, office.desk, cast(Board, StillBoard()), cast(Reloading, None))
    watch.look()
    return watch


async def test_events_that_the_desk_is_about_to_publish_are_left_to_it(office: Office, make: Make) -> None:
    watch, other = watch_of(office), await make("w2")
    with office.hub.committing("c1"):
        await other.desk.step("c1", OperatorSaid("ada"), "hello from another worker")
        watch.look()
        assert "operator_uttered" not in office.ear.types()
    watch.look()
    assert office.ear.types().count("operator_uttered") == 1


async def test_what_was_published_is_not_brought_again(office: Office) -> None:
    watch = watch_of(office)
    await office.desk.step("c1", OperatorSaid("ada"), "hello")
    watch.look()
    assert office.ear.types().count("operator_uttered") == 1
