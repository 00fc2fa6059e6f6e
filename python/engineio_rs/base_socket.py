"""What ``Socket`` and ``AsyncSocket`` share: all but how they wait."""

import logging
import time
from collections.abc import Callable
from typing import Any

from . import _body, _core, _logger, _seams, exceptions, packet, payload
from ._queue import BaseSocketQueue
from ._turns import Turn
from ._waiters import Waiter
from .flows import Flow


#: How long a WebSocket that cannot be read once it is closed is read before, in seconds, when its server stops.
LEAVE = 0.5

#: How many handlers of one client may run at the same time.
DEFAULT_MAX_HANDLERS = 256


class BaseSocket:
    """The server's end of a session.

    :param server: the server.
    :param sid: the id of the session.

    Everything that the protocol decides is decided by ``_session``, an object of the native module. The methods here
    move packets between it and the connections, and tell the application what happens.
    """

    #: The transports that a session can move to.
    upgrade_protocols = ['websocket']

    #: What the application keeps about the client.
    session: dict[str, Any]
    #: What is about to be sent.
    queue: Any

    # What the two classes define, and others replace.
    poll: Any
    receive: Any
    send: Any
    close: Any
    check_ping_timeout: Any
    _send_ping: Any
    _refuse_websocket: Any
    _write: Any
    _deliver_now: Any

    def __init__(self, server: Any, sid: str) -> None:
        self.server = server
        self.sid = sid
        self.session = {}
        parse_json = getattr(server, 'decode_json', True) is not False
        self._session = _core.Session(sid, packet.Packet, parse_json=parse_json)
        self._waiters: list[Waiter] = []
        #: When the server's timers look at this socket next.
        self._armed: float | None = None
        #: The WebSocket that probes, with its number.
        self._probing: tuple[int, Any] | None = None
        #: What the application is told as the reason of the end, if it is not the session's.
        self._reason: Any = None
        #: What moves the messages of a WebSocket where no method was replaced.
        self._exchange: Any = None
        #: Who reads the WebSocket.
        self._reader: Any = None
        #: Whether no method was replaced when the session began.
        self._is_original = False
        #: The server's options as the session has them.
        self._options: tuple[Any, ...] = ()
        self._configure()

    # Where the session stands. Others write these.

    @property
    def connected(self) -> bool:
        """Whether the application has accepted the client."""
        return self._session.connected

    @connected.setter
    def connected(self, connected: bool) -> None:
        self._session.connected = connected

    @property
    def upgrading(self) -> bool:
        """Whether the session is on its way from polling to WebSocket."""
        return self._session.upgrading

    @upgrading.setter
    def upgrading(self, upgrading: bool) -> None:
        self._session.upgrading = upgrading

    @property
    def upgraded(self) -> bool:
        """Whether the session is on WebSocket, from the beginning or by an upgrade."""
        return self._session.upgraded

    @upgraded.setter
    def upgraded(self, upgraded: bool) -> None:
        self._session.upgraded = upgraded

    @property
    def closing(self) -> bool:
        """Whether the session has ended, whether or not the application knows."""
        return self._session.closing

    @closing.setter
    def closing(self, closing: bool) -> None:
        self._session.closing = closing

    @property
    def closed(self) -> bool:
        """Whether the session has ended and the disconnect handler has run."""
        return self._session.closed

    @closed.setter
    def closed(self, closed: bool) -> None:
        self._session.closed = closed

    @property
    def last_ping(self) -> float | None:
        """When the ping was sent that waits for its pong, as ``time.time()`` would say; ``None`` if none waits."""
        age = self._session.ping_age
        return None if age is None else time.time() - age

    @last_ping.setter
    def last_ping(self, last_ping: float | None) -> None:
        self._session.ping_age = None if last_ping is None else time.time() - last_ping

    @property
    def _alias(self) -> str:
        """The session's name in logs."""
        return _logger.short(self.sid)

    # The primitives that the two classes differ in.

    def _create_waiter(self) -> Waiter:
        raise NotImplementedError

    def _sleep(self, seconds: float) -> Any:
        raise NotImplementedError

    def _join(self, task: Any) -> Any:
        raise NotImplementedError

    def _watch(self, environ: dict[str, Any]) -> Any:
        """Looks out for the client of a poll to leave, where the web server tells. Returns what can be cancelled."""
        return None

    def _read_body(self, environ: dict[str, Any], length: int | None, limit: int) -> Any:
        """Reads the body of a request, at most a byte more than ``limit``. Raises ``TimeoutError`` if that takes too
        long.
        """
        raise NotImplementedError

    # What goes out.

    def _poll(self, for_poll: bool = False) -> Flow[list[Any]]:
        packets = yield from self._take(self.server.ping_interval + self.server.ping_timeout, for_poll)
        if packets is None:
            raise exceptions.QueueEmpty()
        return packets

    def _take(self, timeout: float | None, for_poll: bool = False) -> Flow[list[Any] | None]:
        """Takes out what can leave now, and waits for it. None if nothing came in time; empty at the end."""
        taken = self.queue.taken if isinstance(self.queue, BaseSocketQueue) else None
        if taken:
            packets = [pkt for pkt in taken if pkt is not None]
            taken.clear()
            return packets
        result = self._session.take(for_poll)
        if result is None:
            result = yield from self._wait_for(lambda: self._session.take(for_poll), timeout)
        if self._waiters or self._session.closing:
            self._notify()
        return result

    def _wait_for(self, take: Callable[[], Any], timeout: float | None) -> Flow[Any]:
        deadline = None if timeout is None else time.monotonic() + timeout
        waiter = self._add_waiter()
        try:
            while (result := take()) is None:
                left = 3600.0 if deadline is None else deadline - time.monotonic()
                if left <= 0:
                    return None
                yield waiter.wait(left)
        finally:
            self._waiters.remove(waiter)
        return result

    def _add_waiter(self) -> Waiter:
        waiter = self._create_waiter()
        self._waiters.append(waiter)
        return waiter

    def _notify(self) -> None:
        """Something may have changed: wakes who waits, and keeps the deadlines."""
        if self._waiters:
            self._wake()
        if self._probing is not None:
            self._end_probe()
        if self._exchange is not None:
            self._exchange.wake()
        self._arm()

    def _end_probe(self) -> None:
        """Closes the WebSocket that probes, once it is of no use."""
        if self._probing is not None and self._session.is_over(self._probing[0]):
            _, websocket = self._probing
            self._probing = None
            self.server.start_background_task(websocket.close)

    def _part(self) -> None:
        """Lets the server forget a session that has ended and said everything."""
        if self._session.finished and _seams.timers_of(self.server) is not None:
            self.server._part(self)

    def _wake(self) -> None:
        for waiter in tuple(self._waiters):
            waiter.wake()

    def _arm(self) -> None:
        delay = self._session.alarm()
        if delay is not None:
            timers = _seams.timers_of(self.server)
            if timers is not None and timers.arm(self, delay):
                self.server._wake_timers()

    def _post(self, data: Any) -> bool:
        """Queues a message of the application's where nothing speaks against it, and no method was replaced."""
        if self._exchange is not None:
            return self._exchange.post(data)  # type: ignore[no-any-return]
        if not self._is_original or not self._session.post(data):
            return False
        if self.server.logger.isEnabledFor(logging.INFO):
            self._log('Sending', packet.Packet(packet.MESSAGE, data))
        self._notify()
        return True

    def _post_packet(self, pkt: packet.Packet) -> bool:
        """The same with a packet, which others may be sent, too."""
        if self._session.is_overdue() or not self._session.send(pkt):
            return False
        self._log('Sending', pkt)
        self._notify()
        return True

    def _send(self, pkt: Any) -> Flow[bool]:
        """Queues a packet. Returns whether it was taken."""
        if not (yield self.check_ping_timeout()):
            return False
        taken = self._session.send(pkt)
        if taken:
            self._log('Sending', pkt)
        elif self._session.has_events:
            # The queue was full, which has ended the session.
            self.server.start_background_task(self._deliver_now)
        self._notify()
        return taken

    # What comes in.

    def _receive(self, pkt: packet.Packet) -> Flow[None]:
        self._log('Received', pkt)
        judged = getattr(pkt, 'judged', False)
        kind = self._session.classify(pkt) if judged else self._session.receive(pkt)
        if kind == 'pong':
            self.schedule_ping()
        elif kind == 'message':
            yield from self._deliver()
        elif kind == 'close':
            yield self.close(wait=False, abort=True, reason=self.server.reason.CLIENT_DISCONNECT)
        else:
            raise exceptions.UnknownPacketError()

    def _deliver(self) -> Flow[None]:
        """Tells the application what has happened, in order: while one is at it, others leave it to them."""
        if self._session.begin_delivery():
            yield from self._deliver_on()

    def _deliver_on(self) -> Flow[None]:
        """Delivers what is there, and what comes meanwhile."""
        overlap = self.server.async_handlers
        # Otherwise who has replaced the method is to know when the handler ends.
        apart = overlap and (self._is_original or not _seams.is_replaced(self.server, '_trigger_event'))
        turn = Turn()
        try:
            while (event := self._session.next_event(not apart)) is not None:
                kind, data, weight = event
                if kind != 'message':
                    yield from self._end(data)
                elif not apart:
                    yield self.server._trigger_event('message', self.sid, data, run_async=overlap)
                elif 'message' in self.server.handlers:
                    self.server._start_handler(self._handle_apart, data, weight)
                    if self._session.hands_full:
                        yield from self._until_hands_are_free()
                else:
                    self._handled(weight)
                if turn.is_over():
                    yield self._sleep(0)
        finally:
            self._session.end_delivery()
            if self._waiters:
                self._wake()

    def _handle_apart(self, data: Any, weight: int) -> Any:
        """Runs the handler of a message that others may overtake."""
        raise NotImplementedError

    def _handled(self, weight: int) -> None:
        """The handler of a message that others may overtake has ended. It counted as so many bytes."""
        self._session.handled(weight)
        if self._waiters:
            # More messages may be delivered, and read.
            self._notify()

    def _until_hands_are_free(self) -> Flow[None]:
        if self._session.hands_full:
            yield from self._wait_for(lambda: None if self._session.hands_full else True, None)

    def _until_reading(self) -> Flow[None]:
        """Waits as long as so much waits or is being handled that no more may be read."""
        if self._session.reading_paused:
            yield from self._wait_for(lambda: None if self._session.reading_paused else True, None)

    def _end(self, reason: str) -> Flow[None]:
        if reason == 'PING_TIMEOUT':
            self.server.logger.info('%s: Client is gone, closing socket', self._alias)
        try:
            said = self._reason if self._reason is not None else getattr(self.server.reason, reason)
            yield self.server._trigger_event('disconnect', self.sid, said, run_async=False)
        finally:
            self._session.closed = True
            self._notify()
            forget = getattr(type(self.server), '_forget', None)
            if forget is not None:
                forget(self.server, self)

    # The heartbeat.

    @_seams.original
    def schedule_ping(self) -> None:
        """Schedules the next ping, a ping interval from now, unless that has been done or a ping is under way.

        The server's timers send it. Where ``_send_ping`` was replaced, it is run as a background task besides.
        """
        self._configure()
        new = self._session.schedule_ping()
        if new and (_seams.timers_of(self.server) is None or _seams.is_replaced(self, '_send_ping')):
            self.server.start_background_task(self._send_ping)
        self._arm()

    def _ping(self) -> Flow[None]:
        yield self._sleep(self.server.ping_interval)
        if self._session.take_ping():
            yield self.send(packet.Packet(packet.PING))

    def _check_ping_timeout(self) -> Flow[bool]:
        if self.closed:
            raise exceptions.SocketIsClosedError()
        if not self._session.is_overdue():
            return True
        yield self.close(wait=False, abort=False, reason=self.server.reason.PING_TIMEOUT)
        return False

    def _expire(self) -> None:
        """A deadline has come. Called by the server's timers."""
        pinged = self._session.ping_age is not None
        self._session.handle_timeout()
        if not pinged and self._session.ping_age is not None:
            self._log('Sending', packet.Packet(packet.PING))
        self._notify()
        if self._session.has_events:
            self.server.start_background_task(self._deliver_now)
        self._part()

    # Requests.

    def _handle_get_request(self, environ: dict[str, Any], *args: Any) -> Flow[Any]:
        transport = environ.get('HTTP_UPGRADE', '').strip().lower()
        if transport in self.upgrade_protocols:
            self.server.logger.info('%s: Received request to upgrade to %s', self._alias, transport)
            if self._session.connected and self._session.upgraded:
                return (yield self._open_websocket(self._refuse_websocket, environ, *args))
            return (yield getattr(self, '_upgrade_' + transport)(environ, *args))
        return (yield from self._wait_for_poll(environ, self._session.open_poll()))

    def _begin_poll(self, jsonp: int | None) -> bytes | _core.Refusal | None:
        """Opens a poll. Returns what answers it if that is there, why it is refused if it is, and else None."""
        if self.queue.taken:
            return self._session.open_poll()
        return self._session.begin_poll(jsonp)

    def _wait_for_poll(self, environ: dict[str, Any], refusal: _core.Refusal | None) -> Flow[Any]:
        """Answers a poll that was opened, with packets, unless it was refused."""
        if refusal is not None:
            return (yield from self._refuse_poll(refusal))
        self._arm()
        watch = None if self._session.is_leaving() else self._watch(environ)
        try:
            if self._is_original or not _seams.is_replaced(self, 'poll'):
                return (yield from self._poll(for_poll=True))
            return (yield self.poll())
        except exceptions.QueueEmpty:
            yield self.close(wait=False, reason=self.server.reason.TRANSPORT_ERROR)
            raise
        finally:
            if watch is not None:
                watch.cancel()
            # Does nothing if the poll was answered.
            self._session.abort_poll()
            yield from self._settle()

    def _refuse_poll(self, refusal: _core.Refusal) -> Flow[list[packet.Packet]]:
        if refusal.overtaken:
            return [packet.Packet(packet.NOOP)]
        yield from self._settle()
        raise _error_of(refusal)

    def _is_settled(self) -> bool:
        """Whether a request has changed nothing that anybody needs to know."""
        idle = not self._waiters and self._probing is None and self._exchange is None
        return idle and self._session.is_settled

    def _settle(self) -> Flow[None]:
        """Lets everybody know what a request has changed."""
        self._notify()
        if self._session.begin_delivery():
            yield from self._deliver_on()
        self._part()

    def _handle_post_request(self, environ: dict[str, Any]) -> Flow[None]:
        self._configure()
        length, refusal = self._open_post(environ)
        try:
            if refusal is None:
                refusal = yield from self._receive_body(environ, length)
        except BaseException:
            self._session.abort_post()
            raise
        finally:
            if not self._is_settled():
                yield from self._settle()
        if refusal is not None:
            raise _error_of(refusal)

    def _open_post(self, environ: dict[str, Any]) -> tuple[int | None, _core.Refusal | None]:
        """The length of the body, if it is known, and why the POST is refused if its head is reason enough."""
        try:
            length = _body.declared_length(environ)
            return length, self._session.open_post(
                length, environ.get('CONTENT_TYPE'), environ.get('HTTP_CONTENT_ENCODING')
            )
        except (ValueError, OverflowError):
            raise exceptions.EngineIOError(f'Content-Length is {environ.get("CONTENT_LENGTH")!r}') from None

    def _receive_body(self, environ: dict[str, Any], length: int | None) -> Flow[_core.Refusal | None]:
        limit = int(self.server.max_http_buffer_size)
        try:
            body = yield self._read_body(environ, length, limit)
        except TimeoutError:
            return self._session.abort_post(too_slow=True)
        if len(body) > limit:
            return self._session.abort_post(True)
        if length is not None and len(body) < length:
            raise exceptions.EngineIOError(f'the body ended after {len(body)} of {length} bytes')
        payload = _body.payload_of(environ, body)
        if self._is_original and not self.server.logger.isEnabledFor(logging.INFO):
            refusal = self._accept(payload)
            if self._session.begin_delivery():
                yield from self._deliver_on()
        else:
            refusal = yield from self._receive_each(payload)
        yield from self._until_there_is_room()
        self._session.close_post()
        return refusal

    def _until_there_is_room(self) -> Flow[None]:
        """Waits as long as a body has to wait behind those before it, and its client for the answer."""
        if self._session.post_waits:
            yield from self._wait_for(lambda: None if self._session.post_waits else True, None)

    def _accept(self, payload: bytes) -> _core.Refusal | None:
        """Receives a body without looking at its packets. What it brought is still to be delivered."""
        ponged, refusal = self._session.accept(payload)
        if ponged:
            self.schedule_ping()
        return refusal

    def _receive_each(self, payload: bytes) -> Flow[_core.Refusal | None]:
        """Receives the packets of a body one by one, for who has replaced the method or reads the log."""
        packets, refusal = self._session.payload(payload)
        turn = Turn()
        for pkt in packets:
            pkt.judged = True
            yield self.receive(pkt)
            if turn.is_over():
                yield self._sleep(0)
        return refusal

    # WebSocket.

    def _open_websocket(self, handler: Callable[[Any], Any], environ: Any, *args: Any) -> Any:
        if self.server._async['websocket'] is None:
            # There is none in this async mode.
            return self.server._bad_request()
        return self.server._async['websocket'](handler, self.server)(environ, *args)

    def _check_upgrade(self) -> None:
        if self.upgraded:
            raise OSError('Socket has been upgraded already')

    def _handle_websocket(self, websocket: Any) -> Flow[list[Any]]:
        self._configure()
        # What only looks like a server knows nothing of that.
        caller = getattr(self.server, '_caller', None)
        self._reader = caller() if callable(caller) else None
        link = self._session.open_websocket()
        self._arm()
        if not self._session.is_websocket(link) and not (yield from self._probe(websocket, link)):
            return []
        exchange = self._exchange = self._create_exchange(websocket, link)
        if exchange is not None:
            yield from self._run_exchange(exchange, link)
        else:
            yield from self._read_and_write(websocket, link)
        yield self.close(wait=False, abort=True, reason=self.server.reason.TRANSPORT_CLOSE)
        self._part()
        return []

    def _create_exchange(self, websocket: Any, link: int) -> Any:
        """What moves messages without the methods that others may replace; ``None`` if one was replaced."""
        return None

    def _run_exchange(self, exchange: Any, link: int) -> Flow[None]:
        self.server.logger.info('%s: Upgrade to websocket successful', self._alias)
        try:
            yield exchange.run()
        except BaseException:
            self._abandon(link)
            raise
        self._exchange = None
        self._end_websocket(link)
        yield exchange.finish()

    def _read_and_write(self, websocket: Any, link: int) -> Flow[None]:
        writer = self.server.start_background_task(self._write, websocket)
        self.server.logger.info('%s: Upgrade to websocket successful', self._alias)
        try:
            yield from self._read(websocket, link)
        except BaseException:
            self._abandon(link)
            raise
        self._end_websocket(link)
        yield self._join(writer)

    def _end_websocket(self, link: int) -> None:
        self._session.close_websocket(link)
        self._notify()

    def _abandon(self, link: int) -> None:
        """The task that reads was cancelled by the web server: another one has to tell the application."""
        self._exchange = None
        self._end_websocket(link)
        self.server.start_background_task(self._deliver_now)

    def _abandon_session(self) -> None:
        """The task that opens the session was cancelled when the application had accepted the client."""
        self._session.close('TRANSPORT_CLOSE', True)
        self._notify()
        self.server.start_background_task(self._deliver_now)

    def _probe(self, websocket: Any, link: int) -> Flow[bool]:
        """Conducts the upgrade. Returns whether the session has moved to the WebSocket."""
        self._probing = (link, websocket)
        answered = False
        try:
            while not self._session.is_websocket(link):
                if self._session.is_over(link):
                    return False
                data = yield from self._wait_for_probe(websocket)
                answers, of_use = self._advance(link, data)
                for answer in answers:
                    answered = True
                    yield websocket.send(answer)
                if not of_use:
                    self._log_failed_upgrade(answered, data)
                    return False
            return True
        finally:
            self._probing = None
            self._session.fail_probe(link)
            self._notify()

    def _wait_for_probe(self, websocket: Any) -> Flow[Any]:
        try:
            return (yield websocket.wait())
        except Exception:
            # However it was lost, the session stays on polling.
            return None

    def _advance(self, link: int, data: Any) -> tuple[list[str], bool]:
        if data is None:
            return [], False
        if _size(data, self.server.max_http_buffer_size) > self.server.max_http_buffer_size:
            self._session.bad_frame(link, True)
            raise ValueError('packet is too large')
        try:
            pkt = packet.Packet(encoded_packet=data)
            answers, of_use = self._session.probe(link, pkt)
        except ValueError:
            self._session.bad_frame(link, False)
            return [], False
        self._arm()
        return answers, of_use

    def _log_failed_upgrade(self, answered: bool, data: Any) -> None:
        if answered:
            self.server.logger.info(
                '%s: Failed websocket upgrade, expected UPGRADE packet, received %s instead.', self._alias, data
            )
        else:
            self.server.logger.info('%s: Failed websocket upgrade, no PING packet', self._alias)

    def _read(self, websocket: Any, link: int) -> Flow[None]:
        """Receives packets until the WebSocket or the session is over."""
        turn = Turn()
        while not self._session.is_over(link):
            try:
                data = yield websocket.wait()
                turn.work()
            except Exception as error:
                if not self.closed:
                    self.server.logger.info('%s: Unexpected error "%s", closing connection', self._alias, error)
                    self._session.bad_frame_of(link, getattr(error, 'code', None))
                return
            if data is None:
                return
            if not (yield from self._receive_frame(link, data)):
                # The writer says why.
                self._notify()
            yield from self._until_reading()
            if turn.is_over():
                yield self._sleep(0)

    def _receive_frame(self, link: int, data: Any) -> Flow[bool]:
        """Receives what came over the WebSocket. Returns whether it was in order."""
        limit = self.server.max_http_buffer_size
        if _size(data, limit) > limit:
            self._session.bad_frame(link, True)
            return False
        try:
            pkt = packet.Packet(encoded_packet=data)
        except ValueError:
            self._session.bad_frame(link, False)
            return False
        if not self._session.is_sound(link, pkt):
            return False
        try:
            yield self.receive(pkt)
        except exceptions.UnknownPacketError:
            pass
        except exceptions.SocketIsClosedError:
            self.server.logger.info('Receive error -- socket is closed')
        except Exception:
            self.server.logger.exception('Unknown receive error')
        return True

    def _write_packets(self, websocket: Any) -> Flow[None]:
        """Sends packets until the session is over, and closes the WebSocket."""
        try:
            while packets := (yield self.poll()):
                for pkt in packets:
                    yield websocket.send(pkt.encode())
                self._session.sent()
        except exceptions.QueueEmpty:
            pass
        except Exception as error:
            self.server.logger.info('%s: Cannot send, closing connection: %s', self._alias, error)
        code = self._session.close_code
        try:
            if self._session.is_draining:
                yield from self._read_on(websocket)
            yield websocket.close() if code == 1000 else websocket.close(code)
        except Exception as error:
            self.server.logger.info('%s: Error while closing the connection: %s', self._alias, error)

    def _read_on(self, websocket: Any) -> Flow[None]:
        """Has a WebSocket read on that has nothing more to say as the server stops, until the client or the time ends it.

        Most clients close when they are told. Where the web server takes no more from a WebSocket that is being closed,
        those that wait for the close frame get it a moment later.
        """
        leave = getattr(websocket, 'leave', None)
        if leave is not None:
            yield leave(self._session.close_code)
        over = None if leave is not None else LEAVE
        yield from self._wait_for(lambda: None if self._session.is_draining else True, over)
        if leave is not None:
            yield websocket.abandon()

    # The end.

    def _leave(self) -> Flow[None]:
        """Ends the session because the server stops. What the client has sent is still delivered."""
        if not self.closing:
            self._session.leave()
            self._log('Sending', packet.Packet(packet.CLOSE))
        self._notify()
        yield from self._deliver()
        self._part()

    def _give_up(self) -> Flow[None]:
        """Reads a session no more that was to end by itself."""
        self._session.close('SERVER_DISCONNECT', False)
        self._notify()
        yield from self._deliver()

    def _close(self, wait: bool, abort: bool, reason: Any) -> Flow[None]:
        if not self.closing:
            self._session.close(self._name_of(reason), abort)
            if not abort:
                self._log('Sending', packet.Packet(packet.CLOSE))
        self._notify()
        yield from self._deliver()
        if wait:
            yield self.queue.join()

    def _name_of(self, reason: Any) -> str:
        """The name of a reason among ``server.reason``. Any other one is kept for the disconnect handler."""
        if reason is None:
            return 'SERVER_DISCONNECT'
        for name in _REASONS:
            if getattr(self.server.reason, name) == reason:
                return name
        self._reason = reason
        return 'SERVER_DISCONNECT'

    def _configure(self) -> None:
        """Takes over the server's options as they are now."""
        server = self.server
        options = (
            server.ping_interval,
            server.ping_timeout,
            server.max_http_buffer_size,
            # What only looks like a server may not have the option.
            getattr(server, 'max_async_handlers', None),
            payload.Payload.max_decode_packets,
            getattr(server, 'max_inbound_bytes', None),
        )
        if options != self._options:
            self._reconfigure(*options)
            self._options = options

    def _reconfigure(
        self, interval: float, timeout: float, max_payload: Any, handlers: Any, packets: int, max_bytes: Any
    ) -> None:
        self._session.configure(
            interval,
            timeout,
            int(max_payload),
            handlers if isinstance(handlers, int) else DEFAULT_MAX_HANDLERS,
            packets,
            None if packets == payload.DEFAULT_MAX_PACKETS else packets,
            max_bytes if isinstance(max_bytes, int) else None,
        )

    def _log(self, action: str, pkt: packet.Packet) -> None:
        logger = self.server.logger
        if logger.isEnabledFor(logging.INFO):
            name = packet.packet_name(pkt.packet_type)
            logger.info(f'%s: {action} packet %s data %s', self._alias, name, packet.loggable(pkt.data, pkt.packet_type))


#: The constants of ``Server.reason``.
_REASONS = ('SERVER_DISCONNECT', 'CLIENT_DISCONNECT', 'PING_TIMEOUT', 'TRANSPORT_CLOSE', 'TRANSPORT_ERROR')


def _error_of(refusal: _core.Refusal) -> exceptions.EngineIOError:
    """The exception that a refusal is reported by."""
    kind = exceptions.ContentTooLongError if refusal.too_large else exceptions.EngineIOError
    error = kind(refusal.detail)
    error.reply = refusal.reply()
    return error


def _size(data: str | bytes, limit: int) -> int:
    """The length in bytes, which is looked at closely only where it could matter."""
    if isinstance(data, str) and len(data) * 4 > limit:
        return len(data.encode('utf-8', 'surrogatepass'))
    return len(data)
