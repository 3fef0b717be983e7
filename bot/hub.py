"""Tells the sockets of this process what happened; knows conversations by id and sockets by one method each.

Stored events come with an offset and may be published twice or out of order (another process may have written some):
outlets sort that out. Transient frames are passed on as they are.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

from pydantic import BaseModel

from bot.store.rows import StoredEvent
from bot.wire import Changed, OperatorEvent, RoutingChanged


class Listener(Protocol):
    """The customer's side of one socket."""

    def stored(self, event: StoredEvent) -> None:
        """Take a stored event; must not block."""
        ...

    def transient(self, frame: BaseModel) -> None:
        """Take a frame that is lost if nobody listens; must not block."""
        ...


class Watcher(Protocol):
    """The operator's side of one socket."""

    def watched(self, frame: OperatorEvent | RoutingChanged | Changed) -> None:
        """Take an event of any conversation; must not block."""
        ...


REMEMBERED = 4096
"""Events of our own whose numbers are kept, so that the poll does not bring them again."""


class Hub:
    """Who listens to what, in this process."""

    def __init__(self) -> None:
        self._listeners: defaultdict[str, set[Listener]] = defaultdict(set)
        self._watchers: set[Watcher] = set()
        self._published: dict[int, None] = {}
        self._committing: defaultdict[str, int] = defaultdict(int)

    def join(self, conversation_id: str, listener: Listener) -> None:
        """Begin to listen to one conversation."""
        self._listeners[conversation_id].add(listener)

    def leave(self, conversation_id: str, listener: Listener) -> None:
        """Stop listening."""
        listeners = self._listeners.get(conversation_id)
        if listeners is not None:
            listeners.discard(listener)
            if not listeners:
                del self._listeners[conversation_id]

    def is_heard(self, conversation_id: str) -> bool:
        """Whether anybody listens to a conversation, in this process."""
        return conversation_id in self._listeners

    def watch(self, watcher: Watcher) -> None:
        """Begin to hear of all conversations."""
        self._watchers.add(watcher)

    def unwatch(self, watcher: Watcher) -> None:
        """Stop hearing of them."""
        self._watchers.discard(watcher)

    def is_new(self, seq: int) -> bool:
        """Whether an event has not been published by this process yet."""
        return seq not in self._published

    @contextmanager
    def committing(self, conversation_id: str) -> Iterator[None]:
        """While what follows runs, its events are published by whoever commits them, who knows what was really said."""
        self._committing[conversation_id] += 1
        try:
            yield
        finally:
            self._committing[conversation_id] -= 1
            if not self._committing[conversation_id]:
                del self._committing[conversation_id]

    def is_committing(self, conversation_id: str) -> bool:
        """Whether events of a conversation are about to be published by this process."""
        return conversation_id in self._committing

    def publish(self, events: Iterable[StoredEvent]) -> None:
        """Pass on committed events, each once."""
        for event in events:
            if event.seq in self._published:
                continue
            self._published[event.seq] = None
            if len(self._published) > REMEMBERED:
                del self._published[next(iter(self._published))]
            for listener in tuple(self._listeners.get(event.conversation_id, ())):
                listener.stored(event)
            for watcher in tuple(self._watchers):
                watcher.watched(OperatorEvent(conversation_id=event.conversation_id, event=event.frame))

    def tell(self, conversation_id: str, frame: BaseModel) -> None:
        """Pass on a transient frame to whoever listens."""
        for listener in tuple(self._listeners.get(conversation_id, ())):
            listener.transient(frame)

    def announce(self, frame: RoutingChanged | Changed) -> None:
        """Tell operators of a new routing, or of something else that has changed."""
        for watcher in tuple(self._watchers):
            watcher.watched(frame)
