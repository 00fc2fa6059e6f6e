"""What the HTTP session of a client means for its WebSocket, and the session that a client makes itself."""

import ssl
import urllib.parse
from base64 import b64encode
from http.cookies import SimpleCookie
from typing import Any


def for_websocket_client(client: Any, url: str) -> dict[str, Any]:
    """The arguments of ``websocket.create_connection()``. What the application gave wins."""
    headers = dict(client._headers)
    options: dict[str, Any] = {'cookie': None}
    host = next((headers.pop(name) for name in tuple(headers) if name.lower() == 'host'), None)
    if host is not None:
        # Among the headers it would stand next to the library's own.
        options['host'] = host
    if client.http is not None:
        options['cookie'] = _cookies(client.http, headers)
        _authorize(client.http, headers)
        options.update(_proxy(client.http.proxies, url))
    sslopt = _sslopt(client)
    if sslopt:
        options['sslopt'] = sslopt
    extra = {name: value for name, value in client.websocket_extra_options.items() if name != 'header'}
    return {'header': headers, 'enable_multithread': True, 'timeout': client.request_timeout, **options, **extra}


def _cookies(http: Any, headers: dict[str, str]) -> str:
    jar: SimpleCookie = SimpleCookie()
    for cookie in http.cookies:
        jar[cookie.name] = cookie.value
    given = [headers.pop(name) for name in tuple(headers) if name.lower() == 'cookie']
    return '; '.join(filter(None, [jar.output(header='', sep=';').strip(), *given]))


def _authorize(http: Any, headers: dict[str, str]) -> None:
    if http.auth is None or 'Authorization' in headers:
        return
    if not isinstance(http.auth, tuple):
        raise ValueError('Only basic authentication is supported')
    headers['Authorization'] = 'Basic ' + b64encode(':'.join(http.auth).encode()).decode()


def _sslopt(client: Any) -> dict[str, Any]:
    sslopt: dict[str, Any] = {}
    certificate, authorities = client.client_cert, client.ca_certs
    verify = client.ssl_verify
    if client.http is not None:
        certificate = client.http.cert or certificate
        if isinstance(client.http.verify, str):
            authorities = client.http.verify
        verify = verify and bool(client.http.verify)
    if isinstance(certificate, tuple):
        sslopt['certfile'], sslopt['keyfile'] = certificate
    elif certificate:
        sslopt['certfile'] = certificate
    if isinstance(authorities, bytes):
        sslopt['ca_cert_data'] = authorities.decode()
    elif authorities:
        sslopt['ca_certs'] = authorities
    if not verify:
        sslopt['cert_reqs'] = ssl.CERT_NONE
    return sslopt


def _proxy(proxies: Any, url: str) -> dict[str, Any]:
    pair = ('ws', 'http') if url.startswith('ws://') else ('wss', 'https')
    proxy = next((proxies[name] for name in pair if name in proxies), None) if proxies else None
    if not proxy:
        return {}
    parsed = urllib.parse.urlparse(proxy if '://' in proxy else 'scheme://' + proxy)
    credentials = None
    if parsed.username or parsed.password:
        # As in every URL; the package encodes them in its own way.
        credentials = tuple(urllib.parse.unquote(part or '') for part in (parsed.username, parsed.password))
    return {
        'http_proxy_host': parsed.hostname,
        'http_proxy_port': parsed.port,
        'http_proxy_auth': credentials,
    }


def new_session(client: Any) -> Any:
    """A ``requests.Session`` with the options of the client."""
    import requests

    session = requests.Session()
    if client.proxy:
        session.proxies = {'http': client.proxy, 'https': client.proxy}
    if client.client_cert:
        session.cert = client.client_cert
    if isinstance(client.ca_certs, str):
        session.verify = client.ca_certs
    return session


def for_aiohttp(client: Any, timeout: Any) -> dict[str, Any]:
    """The arguments of ``aiohttp.ClientSession.ws_connect()``. What the application gave wins."""
    import aiohttp

    headers = dict(client._headers)
    _move_cookies(client.http, headers)
    options: dict[str, Any] = {'headers': headers, 'timeout': timeout}
    if isinstance(client.http, aiohttp.ClientSession):
        options['max_msg_size'] = client.max_payload
    if client._tls is not None:
        options['ssl'] = client._tls
    if client.proxy:
        options['proxy'] = client.proxy
    extra = {name: value for name, value in client.websocket_extra_options.items() if name != 'headers'}
    return {**options, **extra}


def _move_cookies(http: Any, headers: dict[str, str]) -> None:
    for name in tuple(headers):
        if name.lower() == 'cookie':
            cookies = SimpleCookie(headers.pop(name))
            http.cookie_jar.update_cookies({key: morsel.value for key, morsel in cookies.items()})


def ssl_context(client: Any) -> ssl.SSLContext | None:
    """The TLS set-up of a client that has options for it."""
    if client.ssl_verify and not client.ca_certs and not client.client_cert:
        return None
    context = ssl.create_default_context()
    if not client.ssl_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if isinstance(client.ca_certs, bytes):
        context.load_verify_locations(cadata=client.ca_certs.decode())
    elif client.ca_certs:
        context.load_verify_locations(client.ca_certs)
    if client.client_cert:
        files = (client.client_cert,) if isinstance(client.client_cert, str) else client.client_cert
        context.load_cert_chain(*files)
    return context
