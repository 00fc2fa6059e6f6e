"""`engineio serve` in Python: the same flags and modes, hosted by one of the servers that Python programs use.

    serve.py HOST [--package engineio_rs] [FLAG...]      HOST: werkzeug, gevent, uvicorn, aiohttp or
                                                     tornado
"""

import argparse
import logging

import hosts

UNITS = {'ms': 0.001, 's': 1, 'm': 60, 'min': 60}
BYTES_PER_MEGABYTE = 1 << 20


def main():
    """Serves until it is told to end."""
    arguments = parse_arguments()
    logging.basicConfig(level=arguments.log.upper(), format='%(asctime)s %(levelname)s %(name)s %(message)s')
    host, port = arguments.bind.rsplit(':', 1)
    hosts.HOSTS[arguments.host](arguments.package, options(arguments), arguments.mode, (host, int(port)))


def parse_arguments():
    """The command line, with the flags of `engineio serve`."""
    parser = argparse.ArgumentParser()
    parser.add_argument('host', choices=hosts.HOSTS)
    parser.add_argument('--package', default='engineio_rs', help='the package under test')
    parser.add_argument('--log', default='warning')
    parser.add_argument('--bind', default='127.0.0.1:3000')
    parser.add_argument('--mode', default='echo', choices=['echo', 'broadcast', 'chat', 'commands'])
    parser.add_argument('--ping-interval', type=duration)
    parser.add_argument('--ping-timeout', type=duration)
    parser.add_argument('--upgrade-timeout', type=duration)
    parser.add_argument('--max-payload', type=int, dest='max_http_buffer_size')
    parser.add_argument('--transports', type=lambda text: text.split(','))
    parser.add_argument('--no-upgrades', action='store_const', const=False, dest='allow_upgrades')
    parser.add_argument('--no-compression', action='store_const', const=False, dest='http_compression')
    parser.add_argument('--cors', action='append', dest='cors_allowed_origins')
    parser.add_argument('--cookie')
    parser.add_argument('--async-handlers', action='store_true', help='handlers of one client may overlap')
    return parser.parse_args()


def duration(text):
    """Seconds from `300ms`, `1s` and the like."""
    number = text.rstrip('abcdefghijklmnopqrstuvwxyz')
    return float(number) * UNITS[text[len(number) :]]


def options(arguments):
    """The keyword arguments of the server: those that were given. Handlers run in order unless told otherwise."""
    given = {
        name: value
        for name, value in vars(arguments).items()
        if value is not None and name not in ('host', 'package', 'log', 'bind', 'mode')
    }
    if given.get('cors_allowed_origins') == ['*']:
        given['cors_allowed_origins'] = '*'
    return given


if __name__ == '__main__':
    main()
