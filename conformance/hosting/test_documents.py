"""The programs of docs/python-hosting.md: each is started as it stands there, and talked to."""

import os
import queue
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import engineio
import pytest
from hosts import HERE, PATIENCE, free_port, wait_until_it_listens

PAGE = (HERE.parents[1] / 'docs' / 'python-hosting.md').read_text()
#: The two that `make test` starts as well.
DECIDING = ('uvicorn', 'gunicorn with threads')
#: Sections whose program is that of another one.
AS_IN = {"Django's runserver": 'Django, WSGI'}


def parse(page):
    """The sections with a command: files by their names, and commands, of which the last one serves."""
    sections, shared, own, commands, title = {}, {}, {}, [], None
    for level, heading, language, text in re.findall(r'^(##+) ([^\n]+)$|^```(\w+)\n(.*?)^```$', page, re.M | re.S):
        if heading:
            shared = {} if level == '##' else shared
            title, own, commands = heading if level == '###' else None, {}, []
        elif language == 'python':
            name = re.match(r'# (\S+)\n', text)[1]
            (shared if title is None else own)[name] = text
        elif language == 'sh' and title is not None:
            commands.append(text.strip())
            sections[title] = ({**shared, **own}, commands)
    for title, other in AS_IN.items():
        files, prepare = sections[other]
        sections[title] = files, prepare[:-1] + sections[title][1]
    return sections


SECTIONS = parse(PAGE)


def test_all_servers_of_the_table_have_a_section_that_is_tried():
    linked = re.findall(r'\]\(#([\w-]+)\)', PAGE[: PAGE.index('\n## ')])
    anchors = {re.sub(r'[^\w -]', '', title.lower()).replace(' ', '-') for title in SECTIONS}
    assert set(linked) <= anchors and len(linked) == len(SECTIONS)


@pytest.mark.parametrize(
    'title', [pytest.param(title, marks=[pytest.mark.decides] if title in DECIDING else []) for title in SECTIONS]
)
def test_the_program_serves_and_stops(title, tmp_path):
    files, commands = SECTIONS[title]
    port = free_port()
    python = os.environ.get('HOSTS_PYTHON_EVENTLET' if title == 'eventlet' else 'HOSTS_PYTHON', sys.executable)
    path = os.pathsep.join([str(Path(python).parent), os.environ['PATH']])
    environment = {**os.environ, 'PATH': path, 'PYTHONPATH': str(tmp_path), 'PYTHONDONTWRITEBYTECODE': '1'}
    for command in commands[:-1]:
        subprocess.run(runnable(command, python), cwd=tmp_path, env=environment, check=True)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text.replace('8000', str(port)))
    words = runnable(commands[-1].replace('8000', str(port)), python)
    with subprocess.Popen(words, cwd=tmp_path, env=environment, start_new_session=True) as process:
        try:
            wait_until_it_listens(process, port)
            assert echo(port) == ('polling' if title == 'waitress' else 'websocket')
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=PATIENCE)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def runnable(command, python):
    """The words of a command. Scripts of an environment do not survive that a tree is moved: they run as modules."""
    name, *words = command.split()
    scripts = {'python': [], 'django-admin': ['-m', 'django'], 'waitress-serve': ['-m', 'waitress'], 'sanic': ['-m', 'sanic']}
    if name == 'uwsgi':
        return [str(Path(python).parent / 'uwsgi'), *words]
    return [python, *scripts.get(name, ['-m', name]), *words]


def echo(port):
    """Sends a message and waits for it to come back. Returns the transport that it came by."""
    client = engineio.Client(handle_sigint=False)
    received = queue.Queue()
    client.on('message', received.put)
    client.connect(f'http://127.0.0.1:{port}')
    client.send('hello')
    assert received.get(timeout=PATIENCE) == 'hello'
    transport = client.transport()
    client.disconnect()
    return transport
