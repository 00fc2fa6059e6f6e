"""python-socketio's client on our package, in a program whose threads are greenlets, which all have to go on.

Usage: green_client.py gevent|eventlet native|session URL TRANSPORT... Prints `fine`.
"""

import sys
import warnings

warnings.simplefilter('ignore')
LIBRARY, KIND, URL, *TRANSPORTS = sys.argv[1:]
if LIBRARY == 'gevent':
    from gevent import monkey

    monkey.patch_all()
else:
    import eventlet

    eventlet.monkey_patch()

import engineio_rs  # noqa: E402

engineio_rs.install_as_engineio()

import queue  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402

import requests  # noqa: E402
import socketio  # noqa: E402

PATIENCE = 60
ticks = []


def tick():
    while True:
        ticks.append(time.monotonic())
        time.sleep(0.001)


threading.Thread(target=tick, daemon=True).start()
options = {'http_session': requests.Session()} if KIND == 'session' else {}
client, items = socketio.Client(reconnection=False, **options), queue.Queue()
client.on('item', lambda number: items.put(client.call('echo', number, timeout=PATIENCE)))
before = len(ticks)
client.connect(URL, transports=TRANSPORTS)
assert client.transport() == TRANSPORTS[-1]
assert len(ticks) > before, 'nothing else has run meanwhile'
waiting = threading.Thread(target=client.wait)
waiting.start()
assert client.call('echo', 'words', timeout=PATIENCE) == 'words'
client.emit('burst', 20)
assert sorted(items.get(timeout=PATIENCE) for _ in range(20)) == list(range(20))
client.disconnect()
waiting.join(PATIENCE)
assert not waiting.is_alive()
print('fine', flush=True)
