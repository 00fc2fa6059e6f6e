"""The native half of `engineio_rs`: the protocol's objects, without I/O."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, final

from typing_extensions import Self, disjoint_base

__all__ = [
    'Bell',
    'Checked',
    'ClientSession',
    'Delivery',
    'NativeClient',
    'Packet',
    'Refusal',
    'Session',
    'TrustedProxies',
    'WsCodec',
    'after_fork',
    'bad_request',
    'check',
    'cookie',
    'form_data',
    'granted',
    'is_endpoint',
    'join_payload',
    'negotiate',
    'objection',
    'open_packet',
    'open_sockets',
    'origin_fault',
    'possible_upgrades',
    'redirected',
    'rejection',
    'split_payload',
    'unavailable',
]

@final
class WsCodec:
    """The sans-IO WebSocket codec: bytes that were read in, messages out; messages in, bytes to be written out.

    ``role`` is ``'server'`` or ``'client'``. ``max_message_size`` is in bytes and can be changed at any time; a longer
    message ends the connection with 1009. Safe to use from several threads at once. Raises ``ValueError`` for another
    role.
    """

    def __new__(
        cls,
        role: Literal['server', 'client'] = 'server',
        *,
        max_message_size: int = 1_000_000,
        max_fragments: int = 1024,
    ) -> WsCodec: ...
    @staticmethod
    def accept_key(key: str) -> str:
        """The value of ``Sec-WebSocket-Accept`` that answers a client's ``Sec-WebSocket-Key``."""

    @staticmethod
    def choose_protocol(offered: str | None = None) -> str | None:
        """The subprotocol to agree on: the first that is offered in ``Sec-WebSocket-Protocol``, if any."""

    @staticmethod
    def refusal(environ: dict[str, Any]) -> Refusal | None:
        """Why a handshake, given as a WSGI environment, is not valid; ``None`` if it is."""

    @staticmethod
    def handshake_response(
        key: str, offered: str | None = None, headers: Sequence[tuple[str, str]] = ...
    ) -> bytes:
        """The response that accepts a handshake, for a driver that owns the socket.

        ``headers`` are further fields, whose values must be valid.
        """

    def receive(self, data: bytes | bytearray) -> list[str | bytes]:
        """Takes bytes that were read, cut anywhere, and returns the messages that they complete.

        What the peer has to be answered (a pong, a close frame) waits in ``take_output()``. After a close frame or a
        broken one, bytes are discarded: see ``ended``.
        """

    def take_output(self) -> bytes:
        """Takes the control frames that are to be written."""

    def frame(self, message: str | bytes | bytearray) -> bytes:
        """The frame of a message: text of a ``str``, binary of ``bytes``."""

    def frames(self, messages: list[str | bytes]) -> bytes:
        """The frames of several messages, one behind the other."""

    def ping(self, data: bytes | bytearray = ...) -> bytes:
        """A ping frame, with at most 125 bytes of data; more is cut off."""

    def close(self, code: int = 1000, reason: str = '') -> bytes:
        """The close frame to send; nothing if one was sent already. What does not fit of the reason is cut off.

        Raises ``ValueError`` for a code that must not be sent.
        """

    max_message_size: int
    @property
    def ended(self) -> bool:
        """Whether nothing more comes in: the peer closed, or broke a rule."""

    @property
    def close_sent(self) -> bool:
        """Whether a close frame is on its way to the peer, after which nothing may be sent."""

    @property
    def close_code(self) -> int | None:
        """The code of the peer's close frame, 1005 if there was none in it; ``None`` before that frame."""

    @property
    def close_reason(self) -> str:
        """The reason in the peer's close frame."""

    @property
    def error(self) -> tuple[int, str] | None:
        """The code that answers a broken rule, and which rule it was; ``None`` while all is well."""

@disjoint_base
class Packet:
    """One Engine.IO packet. ``engineio_rs.packet.Packet`` adds the ``json`` that it is encoded and decoded with."""

    packet_type: int
    """The type, 0 to 6. Others can be made; they are never sent."""
    binary: bool
    """Whether the data is bytes."""

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self: ...
    def __init__(
        self, packet_type: int = 6, data: Any = None, encoded_packet: str | bytes | bytearray | None = None
    ) -> None: ...
    def encode(self, b64: bool = False) -> Any:
        """Encodes the packet: str for text, bytes for binary data, or for the latter ``b`` and base64 with ``b64``.

        Each form is made once; later calls return it even if the data has changed since, until ``encode_cache`` is set
        to None.
        """

    def decode(self, encoded_packet: str | bytes | bytearray) -> None:
        """Takes over the type and the data of an encoded packet: str as on the wire, or bytes, which are a binary
        message as a whole. Raises ``ValueError`` for what is no packet.
        """

    @property
    def data(self) -> Any:
        """The content: None, str, bytes, or what a text in JSON stands for."""

    @data.setter
    def data(self, value: Any) -> None: ...
    @property
    def raw_data(self) -> Any:
        """The content of a decoded packet as it came: text that is JSON is text here."""

    @property
    def encode_cache(self) -> Any:
        """What ``encode()`` returned last, or None. Set to None, it lets the packet be encoded anew."""

    @encode_cache.setter
    def encode_cache(self, value: Any) -> None: ...

@final
class Refusal:
    """Why a request is refused."""

    @property
    def detail(self) -> str:
        """What happened, what was expected and what to change, for the server's owner."""

    @property
    def text(self) -> str:
        """What the client is told."""

    @property
    def key(self) -> str:
        """python-engineio's name of the situation: an error is logged once for each."""

    @property
    def too_large(self) -> bool:
        """Whether the body was larger than ``max_http_buffer_size``."""

    @property
    def overtaken(self) -> bool:
        """Whether a poll was overtaken by the upgrade of its session: it is answered with a noop then."""

    def reply(self) -> dict[str, Any]:
        """The reply: ``status``, ``headers`` and ``response``, as python-engineio words it."""

@final
class Checked:
    """A request that was looked at."""

    @property
    def kind(self) -> str:
        """``open``, ``poll``, ``post``, ``upgrade``, ``preflight`` or ``refused``."""

    @property
    def transport(self) -> str:
        """The transport that the request names."""

    @property
    def sid(self) -> str | None:
        """The session that it names, if any."""

    @property
    def jsonp(self) -> int | None:
        """The index of the JSONP callback that the answer calls."""

    @property
    def refusal(self) -> Refusal | None:
        """Why it is refused; None for the other kinds."""

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers that the request asks for in the answer, whatever that will be: those of CORS, and ``Vary``."""

@final
class Session:
    """One session. Safe to use from several threads; nothing of Python is called while its lock is held."""

    connected: bool
    """Whether the application accepted the client."""
    upgrading: bool
    """Whether an upgrade is under way."""
    upgraded: bool
    """Whether the session is on WebSocket."""
    closing: bool
    """Whether it has ended."""
    closed: bool
    """Whether it has ended and the application knows."""
    is_draining: bool
    """Whether it is being ended by ``leave`` and is still read."""
    ping_age: float | None
    """Seconds since the ping that waits for its pong; None if none does."""

    def __new__(cls, sid: str, packet_class: type[Packet], *, parse_json: bool = True) -> Session: ...
    def configure(
        self,
        ping_interval: float,
        ping_timeout: float,
        max_payload: int,
        max_inbound: int,
        max_packets_per_poll: int | None = None,
        max_packets_per_post: int | None = None,
        max_inbound_bytes: int | None = None,
    ) -> None:
        """Takes over the options that a living session follows."""

    def send(self, packet: Any) -> bool:
        """Queues a packet. Returns whether the session took it: one that has ended takes no more.

        Raises ``ValueError`` for a packet that is not the application's to send, or text that polling cannot carry.
        """

    def schedule_ping(self) -> bool:
        """Schedules the next ping. Returns whether that was new."""

    def take_ping(self) -> bool:
        """Whether a ping is due now; it counts as sent then."""

    def is_overdue(self) -> bool:
        """Whether the client has not answered a ping in time. The session has ended then."""

    def open_poll(self) -> Refusal | None:
        """A poll begins. Returns why it is refused, if it is."""

    def begin_poll(self, jsonp: int | None) -> bytes | Refusal | None:
        """A poll begins. Returns what answers it, as the body of the reply or with an index as a call of JSONP, if it can
        be answered now; why it is refused, if it is; and else None, which leaves it to ``take``, as is done where a
        packet was queued that encodes itself.
        """

    def abort_poll(self) -> None:
        """The poll that waits was not answered in time, or its client went away."""

    def take(self, for_poll: bool = False) -> list[Any] | None:
        """The packets that can leave now, by the WebSocket, the poll that waits, or else the handshake's reply. None
        if there is nothing yet; an empty list at the end. ``for_poll`` is for the poll that waits, and for nobody else.
        """

    def objection(self, websocket: bool) -> Refusal | None:
        """Why a request of the client is refused, by where the session stands; None if nothing speaks against it."""

    def queued(self) -> int:
        """How many messages and other packets wait."""

    def is_leaving(self) -> bool:
        """Whether something waits that an open poll or WebSocket is about to take."""

    def mark_end(self) -> None:
        """Lets the readers of the queue find its end, once."""

    def sent(self) -> None:
        """What was taken last by a WebSocket was written."""

    def open_post(
        self,
        content_length: int | None = None,
        content_type: str | None = None,
        content_encoding: str | None = None,
    ) -> Refusal | None:
        """A POST begins. Returns why it is refused, if it is."""

    def abort_post(self, too_large: bool = False, *, too_slow: bool = False) -> Refusal | None:
        """The body of the POST did not come in full, is too long or came too slowly; for the latter two, the refusal is
        returned.
        """

    def payload(self, body: bytes) -> tuple[list[Any], Refusal | None]:
        """The body of the POST came. Returns its packets up to the first that is wrong, and why the POST is refused
        if there is such a one. The messages among them are events already.
        """

    def accept(self, body: bytes) -> tuple[bool, Refusal | None]:
        """The same without the packets, for those who need not see each. Returns whether the pong that was waited for
        is among them, and why the POST is refused if it is."""

    @property
    def post_waits(self) -> bool:
        """Whether the POST waits for room behind what came before it."""

    def close_post(self) -> None:
        """The answer to the POST can be sent, or was."""

    def open_websocket(self) -> int:
        """A WebSocket opens: as the session's transport if the session begins with it, else as the probe of an
        upgrade. Returns its number.
        """

    def is_websocket(self, link: int) -> bool:
        """Whether that WebSocket is the session's transport."""

    def is_over(self, link: int) -> bool:
        """Whether that WebSocket has nothing more to say and is to be closed."""

    def probe(self, link: int, packet: Any) -> tuple[list[str], bool]:
        """A packet came over a WebSocket that probes. Returns what to answer, encoded, and whether it is still of
        use.
        """

    def bad_frame(self, link: int, too_large: bool) -> None:
        """That WebSocket received what is no packet, or too much."""

    def is_sound(self, link: int, packet: Any) -> bool:
        """Whether what came over that WebSocket is a packet; if not, it has failed."""

    def bad_frame_of(self, link: int, code: int | None = None) -> None:
        """That WebSocket failed, with the code that its driver closed it with if the peer broke the rules."""

    def fail_probe(self, link: int) -> None:
        """That WebSocket is no probe any more, unless it has become the session's transport."""

    def close_websocket(self, link: int) -> None:
        """That WebSocket was closed, by whomever."""

    @property
    def close_code(self) -> int:
        """The code to close the WebSocket with."""

    def receive(self, packet: Any) -> str:
        """A packet of the client. Returns what it was: ``message``, ``pong``, ``close`` or ``unexpected``."""

    @staticmethod
    def classify(packet: Any) -> str:
        """What a packet of a payload was that the session has seen already."""

    def close(self, reason: str, abort: bool) -> None:
        """Ends the session, if it has not ended. ``reason`` is the name of a constant of ``Server.reason``; ``abort``
        leaves the client without a last packet.
        """

    def leave(self) -> None:
        """Ends the session because the server stops: what is queued leaves, the client is told, and what it has sent
        is still delivered.
        """

    def handle_timeout(self) -> None:
        """Applies the deadlines that have come."""

    def timeout(self) -> float | None:
        """The next deadline, in seconds from now; None if there is none."""

    def alarm(self) -> float | None:
        """The next deadline, in seconds from now, if it is earlier than the one that this returned last; None if there
        is nothing new. After ``handle_timeout`` every deadline is new."""

    @property
    def is_settled(self) -> bool:
        """Whether there is nothing that a request has left to be told: no new deadline (see ``alarm``), nothing to
        deliver, and no end.
        """

    @property
    def has_events(self) -> bool:
        """Whether there is something to deliver."""

    def begin_delivery(self) -> bool:
        """Claims the delivery of events. False if somebody else is at it, or there are none."""

    def next_event(self, in_order: bool = True) -> tuple[str, Any, int] | None:
        """The next event: ``('message', data, weight)`` or ``('disconnect', name of the reason, 0)``. None ends the
        delivery. A message counts as handled when this is called again, or when ``handled`` is called with its weight if
        others may overtake it."""

    def end_delivery(self) -> None:
        """The delivery stops, whatever is left."""

    def feed(self, link: int, data: str | bytes, limit: int, in_order: bool) -> tuple[Any, int] | str:
        """What came over the WebSocket that is the session's transport: `(data, weight)` for a message that is to be
        handled, `pong`, or another word for all that needs no answer by itself. With `in_order` nobody else delivers
        until `settle` is called for the message, and `handled` is called with its weight otherwise. More than `limit`
        bytes, and what is no packet, end the session."""

    def settle(self) -> bool:
        """The message that was fed in order was handled. Returns whether more is to be delivered; if not, others may
        deliver."""

    def handled(self, weight: int) -> None:
        """A message of this weight was handled that others could overtake."""

    @property
    def reading_paused(self) -> bool:
        """Whether so much waits or is being handled that no more is to be read."""

    @property
    def hands_full(self) -> bool:
        """Whether so much is being handled that no other message is to be delivered."""

    def post(self, data: Any) -> bool:
        """Queues a message if nothing speaks against it: text or bytes for a session whose time is not over. False
        leaves all of it to `send`, which tells what there is to be told."""

    def frames(self, link: int) -> list[str | bytes] | None:
        """What that WebSocket can send now; None if there is nothing, and an empty list if it is to be closed. All that
        was taken before counts as written."""

    def has_frames(self, link: int) -> bool:
        """Whether `frames` has something to say for that WebSocket."""

    @property
    def finished(self) -> bool:
        """Whether the session is over and may be forgotten."""

@final
class TrustedProxies:
    """The option ``trusted_proxies``, as it is asked for each request that has forwarded headers.

    None stands for peers of this machine and of private networks. A text has addresses and networks, separated by
    commas; ``unix`` stands for peers without an address, and ``*`` for everybody. Raises ``ValueError`` for anything
    else.
    """

    def __new__(cls, entries: str | None = None) -> TrustedProxies: ...
    def believes(self, environ: dict[str, Any]) -> bool:
        """Whether the peer's ``X-Forwarded-Host`` and ``X-Forwarded-Proto`` are believed."""

    def scheme(self, environ: dict[str, Any]) -> str | None:
        """The scheme that such a peer reports, ``http`` or ``https``; None if it reports none, or is not believed."""

def check(
    environ: dict[str, Any],
    transports: Iterable[str],
    origins: list[str] | str | bool | None,
    credentials: bool,
    allow_upgrades: bool,
    websocket: bool,
    compresses: bool,
    proxies: TrustedProxies,
    jsonp: bool,
) -> Checked:
    """Looks at a request. Options are those of the server as they are now.

    ``origins`` is None for the server's own pages, True for any, False for no check at all, a list of origins, or as
    text the one that a function has accepted.
    ``compresses`` is whether answers depend on ``Accept-Encoding``; ``proxies`` are the peers whose forwarded headers
    count; ``jsonp`` is whether clients may ask for scripts.
    """

def objection(sid: str, *, known: bool, connected: bool, upgraded: bool, websocket: bool) -> Refusal | None:
    """The refusal of a request for a session that does not exist, is not open yet, or has moved on; None if nothing
    speaks against it.
    """

def granted(payload: bytes | None = None, *, jsonp: bool = False, preflight: bool = False) -> dict[str, Any]:
    """The reply to an accepted POST, to a preflight, or with the packets of a poll, which are a call of JSONP with
    ``jsonp``.
    """

def bad_request() -> dict[str, Any]:
    """The reply to a request that is bad for a reason of the host's."""

def rejection(json: str | None = None) -> dict[str, Any]:
    """The reply to a rejection by the connect handler: ``json`` is the handler's value, already encoded."""

def unavailable(retry_after: float) -> Refusal:
    """The refusal of a session by a server that is full or about to end: the client may come again after so many
    seconds.
    """

def is_endpoint(path: str, endpoint: str) -> bool:
    """Whether a request's path is that of the server: with or without a slash at the end, and nothing behind it. A
    server at the root has all paths.

    Raises ``ValueError`` for an endpoint that no request's path can be.
    """

def negotiate(accept_encoding: str, offered: Sequence[str]) -> str | None:
    """The compression that a client wants among ``offered`` (``gzip``, ``deflate``), or None."""

def cookie(name: str, sid: str, attributes: Sequence[tuple[str, str | None]]) -> str:
    """The value of ``Set-Cookie`` for a session: name, id, and attributes in order, None standing for a bare one.

    Raises ``ValueError`` for what could smuggle in another cookie or header.
    """

def open_packet(
    sid: str,
    *,
    transport: str,
    transports: Sequence[str],
    allow_upgrades: bool,
    websocket: bool,
    ping_interval: float,
    ping_timeout: float,
    max_payload: int,
) -> str:
    """The open packet in text form."""

def origin_fault(text: str) -> str | None:
    """What keeps a text from being an origin, to be put behind it in a sentence; ``None`` if it is one."""

def possible_upgrades(transport: str, transports: Sequence[str], allow_upgrades: bool, websocket: bool) -> list[str]:
    """What a session on ``transport`` may move to."""

def join_payload(packets: list[str], jsonp_index: int | None = None) -> str:
    """Joins packets in text form; with an index as the call of a JSONP callback."""

def split_payload(payload: str, max_packets: int) -> list[str]:
    """Splits a payload into packets in text form; one that begins with ``d=`` is a form of JSONP.

    Raises ``ValueError`` for more packets than ``max_packets``. An empty payload has no packets.
    """

def form_data(body: bytes) -> bytes | None:
    """The payload in the form that a JSONP client posts; None if there is no ``d``."""

@final
class Bell:
    """A descriptor that becomes readable when the bell is rung: greenlets wait for it.

    Raises ``OSError`` if the process has no descriptor left.
    """

    def __new__(cls) -> Bell: ...
    def fileno(self) -> int:
        """The descriptor to watch; -1 where hubs watch no descriptors."""

    def clear(self) -> None:
        """Takes the ringing back, before looking at what it was for."""

@disjoint_base
class Delivery:
    """What clients have in common, whoever does their I/O: their events, which one thread at a time delivers."""

    def begin(self) -> int:
        """The ticket of the first thread that delivers events."""

    def next_event(self, ticket: int) -> tuple[str, Any] | None:
        """Waits for the next event; None when it is no longer this thread's turn."""

    def stand_by(self) -> int | None:
        """Waits until delivery falls to this thread. Returns its ticket; None at the end."""

    def poll_next(self, ticket: int, bell: Bell) -> tuple[bool, tuple[str, Any] | None]:
        """As ``next_event()``, without waiting: whether there was an answer, and the answer. Else the bell is rung later."""

    def poll_stand_by(self, bell: Bell) -> tuple[bool, int | None, float | None]:
        """As ``stand_by()``, without waiting: whether there was an answer, the answer, and else when to ask again."""

    def listen(self, bell: Bell) -> None:
        """Has a bell rung, once, when there may be events or a wait has ended."""

    def release(self, ticket: int) -> None:
        """Says that the thread is about to wait for something: another one may deliver meanwhile."""

    def hold(self, ticket: int, on: bool) -> None:
        """Says that the thread waits for what no other handler brings, or goes on after that."""

    def poll_event(self) -> tuple[str, Any] | None:
        """The next event, if there is one."""

    def take_events(self, limit: int) -> list[tuple[str, Any]]:
        """The events that are there, at most so many."""

    def stop(self) -> None:
        """Ends delivery: whoever waits for events is told."""

@final
class NativeClient(Delivery):
    """A connection whose sockets are Rust's. The options are those of ``engineio_rs.Client``, translated.

    Raises ``ValueError`` for options that make no sense.
    """

    def __new__(cls, packet_class: type[Packet], **options: Any) -> NativeClient: ...
    def open(self, url: str) -> dict[str, Any] | None:
        """Connects, and waits for it. Returns None, or what went wrong."""

    def start(self, url: str) -> None:
        """Begins to connect; ``opened()`` tells how it went once the descriptor is readable."""

    def opened(self) -> bool | dict[str, Any] | None:
        """How the attempt went: True, or what went wrong; None while it is under way."""

    def fileno(self) -> int:
        """A descriptor that is readable when there are events."""

    def clear_signal(self) -> None:
        """To be called when the descriptor was readable."""

    @property
    def transport(self) -> Literal['polling', 'websocket']:
        """How packets travel now."""

    @property
    def finished(self) -> bool:
        """Whether the session has ended."""

    def send(self, packet: Any) -> bool | None:
        """Queues a packet. True if the session took it, None if its queue is full for now, False if it has ended."""

    def close(self) -> None:
        """Ends the session once what is queued has left."""

    def forsake(self) -> None:
        """Gives the attempt to connect up. If it succeeds all the same, the server is told that the session is over."""

    def abort(self) -> None:
        """Ends the session at once."""

    def progress(self) -> tuple[int, int]:
        """How many messages were accepted for sending, and how many of them have arrived."""

    def wait_room(self) -> None:
        """Waits until the queue has room, or the session has ended."""

    def wait_flushed(self, seconds: float | None = None) -> bool:
        """Waits until everything sent so far was taken over. Returns whether it was, within so many seconds."""

    def watch_room(self) -> int:
        """Begins to wait as ``wait_room()`` does, and returns the number of the wait."""

    def watch_flushed(self) -> int:
        """Begins to wait as ``wait_flushed()`` does, and returns the number of the wait."""

    def take_watched(self) -> list[tuple[int, bool]]:
        """The waits that have ended since the last call: their numbers, and whether well."""

    def watched(self, number: int) -> bool | None:
        """How a wait has ended: whether well; None if it has not."""

    def unwatch(self, number: int) -> None:
        """Gives a wait up."""

    def wait_news(self) -> bool:
        """Waits until there may be events; False at the end. For event loops that cannot watch descriptors."""

@final
class ClientSession(Delivery):
    """A client's session for I/O that Python does. Requests and WebSockets are links, which have numbers."""

    def __new__(
        cls,
        transport: str,
        packet_class: type[Packet],
        *,
        upgrade: bool = True,
        connect_timeout: float = 20.0,
        max_payload: int = 16777216,
    ) -> ClientSession: ...
    def open_link(self) -> tuple[str, int] | None:
        """The kind and number of the next link to open: ``'poll'``, ``'post'`` or ``'websocket'``."""

    def answered(self, link: int, body: bytes) -> None:
        """A request was answered with status 200."""

    def refused(self, link: int, status: int) -> None:
        """A request was answered with another status."""

    def lost(self, link: int, timed_out: bool = False, too_large: bool = False) -> None:
        """A request was not answered, or a WebSocket has ended."""

    def received(self, link: int, message: Any) -> bool:
        """A WebSocket brought a message: ``str`` or ``bytes``. Returns whether it may go on."""

    def payload(self, link: int) -> bytes:
        """The body of a POST."""

    def frames(self, link: int) -> tuple[list[str | bytes], bool]:
        """The messages that a WebSocket is to send, and whether it is to be closed then."""

    def sent(self, link: int) -> None:
        """What ``frames()`` returned is written."""

    def handle_timeout(self) -> None:
        """Applies the deadlines that have come."""

    def timeout(self) -> float | None:
        """Seconds until ``handle_timeout()`` wants to be called."""

    def wants(self, link: int) -> bool:
        """Whether a link has something to send."""

    def has_ended(self, link: int) -> bool:
        """Whether a link is of no more use."""

    @property
    def transport(self) -> Literal['polling', 'websocket']:
        """How packets travel now."""

    @property
    def opening(self) -> bool:
        """Whether the handshake is not over: over WebSocket, the packet after the open packet may be needed."""

    @property
    def finished(self) -> bool:
        """Whether the session has ended."""

    def send(self, packet: Any) -> bool | None:
        """Queues a packet. True if the session took it, None if its queue is full for now, False if it has ended."""

    def close(self) -> None:
        """Ends the session once what is queued has left."""

    def abort(self) -> None:
        """Ends the session at once."""

    def handled(self, count: int) -> None:
        """The application is done with so many messages."""

    @property
    def has_room(self) -> bool:
        """Whether a message would be taken without waiting."""

    @property
    def reading_paused(self) -> bool:
        """Whether nothing is to be read from the WebSocket for now: the application is behind."""

    def progress(self) -> tuple[int, int]:
        """How many messages were accepted for sending, and how many of them have arrived."""

def redirected(url: str, location: str) -> str:
    """Where a redirect of a handshake leads: the URL without the parameters of the protocol.

    Raises ``ValueError`` with the reason if it is not followed.
    """

def open_sockets() -> list[int]:
    """The descriptors of the sockets that native clients have open. Empty on Windows."""

def after_fork() -> None:
    """Forgets the threads of the parent, which a forked child does not have."""
