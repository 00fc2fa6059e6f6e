"""`engineio connect` at a terminal: line editing, history, and messages that come in while a line is typed."""

import signal
import termios

CTRL_C, CTRL_D, CTRL_A, UP, LEFT = '\x03', '\x04', '\x01', '\x1b[A', '\x1b[D'
CANONICAL = termios.ICANON | termios.ECHO


def test_conversation(connect):
    terminal = connect()
    terminal.sees('connecting to http')
    terminal.sees('open over polling, session')
    terminal.sees('upgraded to websocket')
    terminal.enters('hello')
    terminal.sees(r'< hello  \([0-9.]+ ms\)')
    terminal.types(CTRL_D)
    assert terminal.exit_code() == 0
    assert 'disconnected: client disconnect' in terminal.rest


def test_line_editing(connect):
    terminal = connect()
    terminal.sees('upgraded')
    terminal.types(f'wrld{LEFT}{LEFT}{LEFT}o{CTRL_A}hello \r')
    terminal.sees('< hello world ')


def test_a_message_while_a_line_is_typed(connect):
    terminal = connect()
    terminal.sees('upgraded')
    terminal.enters('burst 1')
    terminal.types('half a ')
    terminal.sees('< burst 0')
    terminal.enters('line')
    terminal.sees('< half a line ')


def test_lines_that_are_pasted(connect):
    terminal = connect()
    terminal.sees('upgraded')
    terminal.types('one\rtwo\rthree\rfour')
    for line in ['one', 'two', 'three']:
        terminal.sees(f'< {line}')
    terminal.enters('teen')
    terminal.sees('< fourteen ')


def test_history(connect):
    terminal = connect()
    terminal.sees('upgraded')
    terminal.enters('first')
    terminal.sees('< first')
    terminal.types(f'{UP}\r')
    terminal.sees('< first')
    terminal.types(CTRL_C)
    assert terminal.exit_code() == 0
    later = connect()
    later.sees('upgraded')
    later.types(f'{UP}\r')
    later.sees('< first')


def test_commands(connect):
    terminal = connect()
    terminal.sees('upgraded')
    terminal.enters('/binary AQI=')
    terminal.sees('< b:AQI=')
    terminal.enters('/status')
    terminal.sees(r'session \S+ over websocket, round trip [0-9.]+ ms, 0 bytes wait')
    terminal.enters('/nothing')
    terminal.sees('unknown command')
    terminal.enters('//slash')
    terminal.sees('< /slash')
    terminal.enters('/quit')
    assert terminal.exit_code() == 0


def test_the_server_ends_it(connect):
    terminal = connect()
    terminal.sees('upgraded')
    terminal.types('typed, not entered')
    before = terminal.modes()
    assert not before & CANONICAL
    terminal.types('\x15')
    terminal.enters('close')
    terminal.sees('disconnected: server disconnect')
    assert terminal.exit_code() == 0


def test_the_terminal_is_put_back_when_the_server_dies(connect, server):
    terminal = connect()
    terminal.sees('upgraded')
    server.signal(signal.SIGKILL)
    terminal.sees('error: transport (close|error)')
    assert terminal.modes() & CANONICAL == CANONICAL
    assert terminal.exit_code() == 4


def test_nobody_listens(connect):
    terminal = connect(url='http://127.0.0.1:1')
    terminal.sees('error: .*refused')
    assert terminal.exit_code() == 3


def test_a_server_cannot_command_the_terminal(connect):
    terminal = connect('--transports', 'websocket')
    terminal.sees('open')
    terminal.enters('/binary Gw==')
    terminal.sees('< b:Gw==')
    terminal.types('\x16\x1b]0;title\r')
    terminal.sees('< \ufffd]0;title')
