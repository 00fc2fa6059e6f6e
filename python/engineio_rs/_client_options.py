"""The options of a client, and what they are for the native connection."""

import json
import ssl
import urllib.parse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import _client_checks, _surroundings, exceptions

#: What ``reconnect`` may hold, with its defaults.
RECONNECT: dict[str, Any] = {
    'initial_delay': 0.5,
    'max_delay': 10.0,
    'factor': 2.0,
    'jitter': 0.5,
    'max_attempts': None,
}


def reconnection(option: bool | Mapping[str, Any]) -> dict[str, Any] | None:
    """The policy of reconnection, or ``None``. Raises ``ValueError`` for a setting that does not exist."""
    if not option:
        return None
    given = {} if option is True else dict(option)
    unknown = given.keys() - RECONNECT.keys()
    if unknown:
        raise ValueError(f'reconnect has no setting {sorted(unknown)}; it has {sorted(RECONNECT)}')
    policy = {**RECONNECT, **given}
    for name, value in policy.items():
        _client_checks.check_setting(name, value)
    return policy


def encoded(url: str) -> str:
    """A URL, or a part of one, as the libraries take it: text in any script is percent-encoded, hosts by IDNA. What was
    encoded already stays as it is.
    """
    if url.isascii() and ' ' not in url.strip():
        return url.strip()
    parsed = urllib.parse.urlsplit(url.strip())
    login, at, host = parsed.netloc.rpartition('@')
    host = host if host.isascii() else host.encode('idna').decode()
    path, query = urllib.parse.quote(parsed.path, _KEPT), urllib.parse.quote(parsed.query, _KEPT)
    return urllib.parse.urlunsplit((parsed.scheme, urllib.parse.quote(login, _KEPT) + at + host, path, query, ''))


#: What has a meaning of its own in a URL.
_KEPT = "%/:?@!$&'()*+,;=~[]"


def native(client: Any, transport: str, url: str, engineio_path: str) -> dict[str, Any] | None:
    """The options of the native connection; ``None`` if there is one that it does not know.

    Those of the WebSocket's TLS are for both transports here: they must be what polling has, if there is polling.
    """
    options: dict[str, Any] = {
        'path': f'/{engineio_path.strip("/")}/',
        'transport': transport,
        'upgrade': 'websocket' in client.transports,
        'headers': list(client._headers.items()),
        'request_timeout': float(client.request_timeout),
        'timestamp': client.timestamp_requests,
        'accept_any_certificate': not client.ssl_verify,
        'ca_certs': _contents(client.ca_certs),
        'ca_certs_alone': False,
        'client_cert': _certificate(client.client_cert),
        'proxy': client.proxy,
        'max_payload': client.max_payload,
        'reconnect': client.reconnect,
    }
    for name, value in client.websocket_extra_options.items():
        if name in _TLS and 'websocket' not in client.transports:
            continue
        translate = _TRANSLATIONS.get(name)
        translated = None if translate is None else translate(value, client)
        if translated is None or (name in _TLS and 'polling' in client.transports and _differ(translated, options)):
            return None
        options.update(translated)
    if not client.is_asyncio_based():
        _add_surroundings(options, client, url)
    for name in ('Cookie', 'Origin'):
        if name in options:
            options['headers'].append((name, options.pop(name)))
    return options


def _add_surroundings(options: dict[str, Any], client: Any, url: str) -> None:
    """Adds what requests and websocket-client would have read from the environment; aiohttp reads nothing."""
    if options['ca_certs'] is None and not options['accept_any_certificate']:
        options['ca_certs'] = _surroundings.authorities(client.transports)
        options['ca_certs_alone'] = options['ca_certs'] is not None
    has_login = '@' in urllib.parse.urlsplit(url.strip()).netloc
    if not has_login and not any(name.lower() == 'authorization' for name, _ in options['headers']):
        login = _surroundings.login(url, client.logger)
        if login is not None:
            options['headers'].append(('Authorization', login))


def _differ(translated: dict[str, Any], options: dict[str, Any]) -> bool:
    return any(value != options.get(name) for name, value in translated.items())


def _contents(path: Any) -> bytes | None:
    if path is None or isinstance(path, bytes):
        return path
    return _surroundings.certificates('ca_certs', path)


def _certificate(option: Any) -> tuple[bytes, bytes] | None:
    if option is None:
        return None
    chain, key = option if isinstance(option, tuple | list) else (option, option)
    try:
        return Path(chain).read_bytes(), Path(key).read_bytes()
    except OSError as error:
        raise exceptions.ConnectionError(
            f'client_cert names {error.filename!r}, which cannot be read ({error.strerror}): set it to PEM files that can'
        ) from error


# Each takes the value of an option of websocket-client or aiohttp, and returns what it is here; None if it is nothing.


def _ignored(value: Any, client: Any) -> dict[str, Any]:
    return {}


def _timeout(value: Any, client: Any) -> dict[str, Any] | None:
    return {'request_timeout': float(value)} if isinstance(value, int | float) else None


def _sslopt(value: Any, client: Any) -> dict[str, Any] | None:
    rest, options = dict(value), {}
    if 'cert_reqs' in rest:
        options['accept_any_certificate'] = rest.pop('cert_reqs') == ssl.CERT_NONE
    if rest.get('check_hostname') is (not options.get('accept_any_certificate', False)):
        del rest['check_hostname']
    if 'ca_certs' in rest:
        options['ca_certs'] = _contents(rest.pop('ca_certs'))
    if 'server_hostname' in rest:
        options['server_name'] = rest.pop('server_hostname')
    if 'certfile' in rest:
        chain = rest.pop('certfile')
        options['client_cert'] = _certificate((chain, rest.pop('keyfile', chain)))
    return None if rest else options


def _ssl(value: Any, client: Any) -> dict[str, Any] | None:
    if value is None or isinstance(value, bool):
        return {'accept_any_certificate': True} if value is False else {}
    return None


def _proxy_host(value: Any, client: Any) -> dict[str, Any] | None:
    extra = client.websocket_extra_options
    if extra.get('proxy_type', 'http') != 'http':
        return None
    user, password = extra.get('http_proxy_auth') or (None, None)
    credentials = f'{urllib.parse.quote(user, "")}:{urllib.parse.quote(password or "", "")}@' if user else ''
    return {'proxy': f'http://{credentials}{value}:{extra.get("http_proxy_port", 80)}'}


#: Options of the WebSocket's TLS alone.
_TLS = ('sslopt', 'ssl')

_TRANSLATIONS: dict[str, Any] = {
    'header': _ignored,
    'headers': _ignored,
    'enable_multithread': _ignored,
    'http_proxy_port': _ignored,
    'http_proxy_auth': _ignored,
    'proxy_type': _ignored,
    'timeout': _timeout,
    'sslopt': _sslopt,
    'ssl': _ssl,
    'http_proxy_host': _proxy_host,
    'proxy': lambda value, client: {'proxy': str(value)},
    'cookie': lambda value, client: {'Cookie': value} if value else {},
    'origin': lambda value, client: {'Origin': value} if value else {},
    'subprotocols': lambda value, client: {'protocols': list(value)},
    'protocols': lambda value, client: {'protocols': list(value)},
}


def connection_error(transport: str, failure: Mapping[str, Any]) -> exceptions.ConnectionError:
    """The exception for an attempt of the native connection that failed, with the original's arguments.

    What happened in detail is its cause.
    """
    status, text = failure['status'], failure['text']
    if failure['phase'] in ('settings', 'url', 'tls') or failure['location'] or (failure['wrong_version'] and not status):
        error = exceptions.ConnectionError(text)
    elif transport == 'websocket':
        error = exceptions.ConnectionError('no OPEN packet' if failure['phase'] == 'open packet' else 'Connection error')
    elif status is not None and failure['phase'] != 'proxy':
        error = exceptions.ConnectionError(f'Unexpected status code {status} in server response', _json(failure['body']))
    elif 'first packet' in text:
        error = exceptions.ConnectionError('OPEN packet not returned by server')
    elif failure['phase'] == 'open packet':
        error = exceptions.ConnectionError('Unexpected response from server')
    else:
        error = exceptions.ConnectionError(text or 'Connection refused by the server')
    error.__cause__ = OSError(text)
    return error


def _json(body: str | None) -> Any:
    try:
        return json.loads(body or '')
    except ValueError:
        return None
