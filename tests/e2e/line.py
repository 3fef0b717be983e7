"""A line between browser and server that can be cut: a TCP proxy on loopback."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Line:
    """Passes bytes through until it is cut; cut connections are reset and new ones refused."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def url(self) -> str:
        """Where the browser connects."""
        return f"http://127.0.0.1:{self.port}"

    async def restore(self) -> None:
        """Pass bytes through (again), always on the same port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Lose the network."""
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        both = {writer, far_writer}
        self._writers |= both
        ways = [asyncio.create_task(_pump(*way)) for way in ((reader, far_writer), (far_reader, writer))]
        self._tasks |= set(ways)
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for each in both:
            each.transport.abort()
        await asyncio.gather(*ways, return_exceptions=True)
        self._tasks -= set(ways)
        self._writers -= both


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()


@asynccontextmanager
async def line_to(port: int) -> AsyncIterator[Line]:
    """A line to a server on this machine."""
    line = Line(port)
    await line.restore()
    try:
        yield line
    finally:
        await line.cut()
