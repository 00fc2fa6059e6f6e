"""Background tasks, queues, events and raw packets, with every option of the server given."""

import json
import logging

import engineio
from engineio import packet

eio = engineio.Server(
    async_mode='threading',
    ping_interval=25,
    ping_timeout=20,
    max_http_buffer_size=1000000,
    allow_upgrades=True,
    http_compression=True,
    compression_threshold=1024,
    cookie={'name': 'io', 'path': '/', 'SameSite': 'Lax'},
    cors_allowed_origins=['http://localhost:8000'],
    cors_credentials=True,
    logger=logging.getLogger('example'),
    json=json,
    async_handlers=True,
    monitor_clients=True,
    transports=['polling', 'websocket'],
)
work = eio.create_queue()
done = eio.create_event()


def worker(count, greeting='hello'):
    """Answers so many messages, each after a while."""
    for _ in range(count):
        sid, data = work.get()
        eio.sleep(0.01)
        eio.send_packet(sid, packet.Packet(packet.MESSAGE, data=f'{greeting} {data}'))
    try:
        work.get(block=False)
    except eio.get_queue_empty_exception():
        done.set()


task = eio.start_background_task(worker, 2, greeting='hi')


@eio.on('message')
def on_message(sid, data):
    work.put((sid, data))


@eio.on('disconnect')
def on_disconnect(sid, reason):
    if reason == eio.reason.CLIENT_DISCONNECT:
        eio.logger.info('%s left', sid)


def app(environ, start_response):
    """The server is itself a WSGI application."""
    return eio.handle_request(environ, start_response)
