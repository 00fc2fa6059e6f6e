"""Handlers in both forms, sessions in both forms, and messages to one client and to all."""

import engineio

eio = engineio.Server(async_mode='threading', cors_allowed_origins='*')
names: list[str] = []


@eio.on('connect')
def on_connect(sid, environ):
    print(f'Client {sid} connected')
    session_data = eio.get_session(sid)
    session_data['user_id'] = 123
    eio.save_session(sid, session_data)


@eio.on('message')
def on_message(sid, data):
    if data == 'who am I':
        with eio.session(sid) as session:
            session['preferences'] = {'theme': 'dark'}
            eio.send(sid, dict(session))
    elif data == 'how':
        eio.send(sid, eio.transport(sid))
    elif data == 'all':
        for other in list(eio.sockets):
            eio.send(other, 'to all')
    elif data == 'leave':
        eio.disconnect(sid)
    else:
        eio.send(sid, f'Echo: {data}')


# The older form, with the session id alone.
@eio.on('disconnect')
def on_disconnect(sid):
    names.append(sid)
    print(f'Client {sid} disconnected')


def handle_connect(sid, environ):
    on_connect(sid, environ)


eio.on('connect', handle_connect)

app = engineio.WSGIApp(eio)
