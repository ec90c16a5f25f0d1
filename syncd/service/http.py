"""The service's HTTP server: `http_answers` on uvicorn, and kind to nobody who is slow.

Everything runs in daemon threads: a request that hangs holds up neither the service nor its end.
uvicorn limits neither how many connections are open nor how long a request may take to come in;
`_Listener` and `_Connection` do. Idle clients do not keep others out: the idlest makes room.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from http import HTTPStatus
from threading import Event, Thread

import h11
import uvicorn
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from syncd.core.errors import SyncdError
from syncd.service.http_answers import application, failed
from syncd.telemetry.readiness import Facts

CONNECTIONS = 16  # at once
PAGE_CONNECTIONS = 256  # where there is the page: a browser opens six, and keeps them
BACKLOG = 1024  # further ones that the kernel keeps until there is a place
PLACE_TIMEOUT = 0.5  # seconds that the first of those waits for one of them to end, or idle
REQUEST_TIMEOUT = 5.0  # seconds for a request to come in, body and all, and an answer to be taken
TICK = 1.0  # seconds between two looks at the time of day
ANSWER_TIMEOUT = 30.0  # seconds for an answer to be found

_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nServer: syncd\r\nRetry-After: 1\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)
_ALWAYS = [("Server", "syncd"), ("Cache-Control", "no-store")]


class AppServer:
    """`address` is `HOST:PORT` or `[IPv6]:PORT`; port 0 takes a free one.

    `clock`: seconds, never going back. `setting`: where the address was written.
    """

    def __init__(
        self,
        address: str,
        app: ASGIApp,
        clock: Callable[[], float] = time.monotonic,
        places: int = CONNECTIONS,
        setting: str = "SYNCD_HTTP_ADDRESS",
    ) -> None:
        self._address = address
        self._setting = setting
        self._app = app
        self._clock = clock
        self._places = places
        self._running: _Server | None = None

    def start(self) -> None:
        """Bind, and answer from now on. Raises SyncdError where the address cannot be had."""
        try:
            bound = _bound(self._address)
        except (OSError, UnicodeError) as error:  # the latter of what is no host's name
            system = error if isinstance(error, OSError) else OSError()
            detail = system.strerror or type(error).__name__
            in_use = system.errno == errno.EADDRINUSE
            code = "http_address_in_use" if in_use else "http_address_unusable"
            facts = {"address": self._address, "detail": detail, "setting": self._setting}
            raise SyncdError(code, **facts) from error
        self._running = _Server(self._app, bound, self._clock, self._places)
        Thread(target=self._running.run, name="http", daemon=True).start()

    @property
    def port(self) -> int:
        """The port that is listened at; 0 while there is none."""
        return self._running.port if self._running else 0

    def close(self) -> None:
        """Take no further connection; requests that came in are answered all the same.

        May be called twice, or without `start`.
        """
        server, self._running = self._running, None
        if server is not None:
            server.stop()
            server.closed.wait(REQUEST_TIMEOUT)


class HttpServer(AppServer):
    """The service's. `facts` is called in its threads, for each request that needs it, and by the
    registry. `page`: answers on all paths that are not the service's own."""

    def __init__(
        self,
        address: str,
        facts: Callable[[], Facts],
        registry: CollectorRegistry,
        clock: Callable[[], float] = time.monotonic,
        page: ASGIApp | None = None,
    ) -> None:
        places = PAGE_CONNECTIONS if page is not None else CONNECTIONS
        super().__init__(address, application(facts, registry, page), clock, places)


def _bound(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        # Restart at once, in spite of connections that linger. Not SO_REUSEPORT: two services
        # would share one port unseen.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, int(port)))
        bound.listen(BACKLOG)
        bound.setblocking(False)
    except BaseException:
        bound.close()
        raise
    return bound


# -- connections -----------------------------------------------------------------------------


class _Server(uvicorn.Server):
    """uvicorn's, but for who may come in. It installs no signal handlers outside the main thread.

    `closed`: nobody listens any more.
    """

    def __init__(
        self, app: ASGIApp, bound: socket.socket, clock: Callable[[], float], places: int
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=_Connection,
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                log_level="error",  # what clients do wrong is not worth a line
                access_log=False,
                proxy_headers=False,
                server_header=False,
                headers=_ALWAYS,
            )
        )
        self._bound = bound
        self._places = places
        self._loop = _Loop(clock)
        self._stopped = asyncio.Event()
        self.port = int(bound.getsockname()[1])
        self.closed = Event()

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self.serve(sockets))

    def stop(self) -> None:
        """From another thread, once."""
        self.should_exit = True
        self._loop.call_soon_threadsafe(self._stopped.set)

    async def main_loop(self) -> None:
        """uvicorn's looks ten times a second whether it shall end. Its tick dates the answers."""
        while not await self.on_tick(counter=0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), TICK)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - uvicorn's
        free = asyncio.Semaphore(self._places)
        listener = _Listener(self._bound, self.config, self.server_state, self.closed, free)
        self.servers = [listener]  # type: ignore[list-item]  # uvicorn closes it, and no more
        self.started = True


class _Loop(asyncio.SelectorEventLoop):
    """One whose timers go by a clock that is handed in."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._given_clock = clock
        super().__init__()

    def time(self) -> float:
        return self._given_clock()


class _Listener:
    """Takes a connection when there is a place for it; asyncio's own takes all that come."""

    def __init__(
        self,
        bound: socket.socket,
        config: uvicorn.Config,
        state: ServerState,
        closed: Event,
        places: asyncio.Semaphore,
    ) -> None:
        self._bound = bound
        self._config = config
        self._state = state
        self._closed = closed
        self._places = places
        self._inside: set[_Connection] = set()
        self._task = asyncio.create_task(self._accept())
        self._task.add_done_callback(self._end)  # also when it was cancelled before it began

    async def _accept(self) -> None:
        while True:
            await self._readable()
            try:
                # At once: the result of `loop.sock_accept` is lost where it meets a cancellation.
                connection, _ = self._bound.accept()
            except BlockingIOError:  # it left again
                continue
            except OSError:  # there are no more file descriptors
                await asyncio.sleep(PLACE_TIMEOUT)
                continue
            try:
                if not await self._has_place():
                    _turn_away(connection)
                    continue
            except BaseException:  # the end
                connection.close()
                raise
            connection.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.connect_accepted_socket(self._connection, connection)

    async def _has_place(self) -> bool:
        """Where all are taken, the longest idle client makes room, or one that asks on and on.

        False where all wait for their first answer.
        """
        if self._places.locked():
            before = asyncio.get_running_loop().time() - PLACE_TIMEOUT
            _put_out(one for one in self._inside if one.is_idle and one.since <= before)
        try:
            await asyncio.wait_for(self._places.acquire(), PLACE_TIMEOUT)
        except TimeoutError:
            if not _put_out(one for one in self._inside if one.is_idle or one.was_served):
                return False
            await self._places.acquire()
        return True

    async def _readable(self) -> None:
        """Until somebody comes."""
        loop = asyncio.get_running_loop()
        came = asyncio.Event()
        loop.add_reader(self._bound, came.set)
        try:
            await came.wait()
        finally:
            loop.remove_reader(self._bound)

    def _connection(self) -> _Connection:
        made = _Connection(self._config, self._state, self._left)
        self._inside.add(made)
        return made

    def _left(self, connection: _Connection) -> None:
        self._inside.discard(connection)
        self._places.release()

    def _end(self, _: object) -> None:
        self._bound.close()
        self._closed.set()

    def close(self) -> None:
        self._task.cancel()

    async def wait_closed(self) -> None:
        """uvicorn asks when nothing is left to wait for."""


def _put_out(some: Iterable[_Connection]) -> bool:
    """The one among them that is the longest without a whole request or answer, if there is any."""
    longest = min(some, key=lambda one: (not one.is_idle, one.since), default=None)
    if longest is not None:
        longest.put_out()
    return longest is not None


def _turn_away(connection: socket.socket) -> None:
    """Never waits: nobody else comes in meanwhile."""
    with connection:
        try:
            connection.setblocking(False)
            connection.send(_FULL)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(65536)  # closing with bytes unread would destroy the answer on its way
        except OSError:
            return  # nobody there any more, or nothing to read yet


class _Connection(H11Protocol):
    """Cut off when a request does not come in, or an answer is not taken, within its time.

    However many bytes trickle: uvicorn's own time-out ends with the first byte.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        state: ServerState,
        on_lost: Callable[[_Connection], None],
    ) -> None:
        super().__init__(config=config, server_state=state, app_state={})
        self._on_lost = on_lost
        self._sends_no_more = False
        self.was_served = False
        self.since = self.loop.time()  # the last whole request or answer, whatever trickles
        self._deadline = self.loop.call_later(REQUEST_TIMEOUT, self.put_out)

    @property
    def is_idle(self) -> bool:
        """No answer is owed to it, or it does not take the one that it gets."""
        if self.transport is None or self.transport.is_closing():
            return False
        return not self._is_owed or self.flow.write_paused

    @property
    def _is_owed(self) -> bool:
        """An answer, since a request came in whole: its head alone may be anybody's."""
        cycle = self.cycle
        return cycle is not None and not cycle.more_body and not cycle.response_complete

    def _give(self, seconds: float) -> None:
        self.since = self.loop.time()
        self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, self.put_out)

    def put_out(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]:
            # A request begins. `since` stays: to begin one over and over is not to send any.
            self._deadline.cancel()
            self._deadline = self.loop.call_later(REQUEST_TIMEOUT, self.put_out)
        super().data_received(data)

    def handle_events(self) -> None:
        former = self.cycle if self._is_owed else None
        super().handle_events()
        if self._is_owed and self.cycle is not former:
            self._give(ANSWER_TIMEOUT)

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio asks; uvicorn always leaves
        """Whether to stay: who has asked, and says no more, waits for the answer still."""
        self._sends_no_more = True
        return self._is_owed

    def on_response_complete(self) -> None:
        self.was_served = True
        self._give(REQUEST_TIMEOUT)
        super().on_response_complete()
        if self._sends_no_more:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._deadline.cancel()
        super().connection_lost(exc)
        self._on_lost(self)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's
        """What h11 refuses, in our words."""
        error = sys.exception()
        hint = error.error_status_hint if isinstance(error, h11.RemoteProtocolError) else 400
        answer = failed(HTTPStatus(hint))
        if self.cycle is not None:
            self.cycle.disconnected = True  # an answer that is still being found comes too late
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            headers = [*_ALWAYS, *answer.headers.items(), ("Connection", "close")]
            for event in (
                h11.Response(status_code=hint, headers=headers, reason=HTTPStatus(hint).phrase),
                h11.Data(data=bytes(answer.body)),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
        self._give(REQUEST_TIMEOUT)
