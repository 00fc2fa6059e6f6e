"""Clients and their process: forks, signals, the end of the interpreter."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest
from client_faces import SyncClientFace
from client_peers import running
from raw_server import SilentServer

import engineio_rs

PATIENCE = 20


@pytest.fixture(scope='module')
def server():
    with running('rust') as server:
        yield server


@pytest.fixture(scope='module')
def silent():
    server = SilentServer()
    yield server
    server.close()


def connections(port):
    """How many sockets of this process are connected to a port."""
    wanted = f'{port:04X}'
    with open('/proc/self/net/tcp') as table:
        rows = [line.split() for line in table.readlines()[1:]]
    inodes = {f'socket:[{row[9]}]' for row in rows if row[2].endswith(f':{wanted}')}
    count = 0
    for descriptor in os.listdir('/proc/self/fd'):
        try:
            count += os.readlink(f'/proc/self/fd/{descriptor}') in inodes
        except OSError:
            pass
    return count


def in_a_child(function):
    """What a function returns in a process that was forked."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.write(writer, repr(function()).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        result = pipe.read()
    assert os.waitpid(child, 0)[1] == 0
    return eval(result)


@pytest.mark.parametrize('transport', ['polling', 'websocket'])
def test_a_forked_process_leaves_the_connection_to_its_parent(server, transport):
    face = SyncClientFace()
    face.connect(server.url, [transport])
    assert face.echo('before') == ['before']
    assert connections(server.port) >= 1

    def child():
        client = face.client
        inherited = client.state, client.sid, connections(server.port)
        client.wait()
        client.disconnect()
        client.connect(server.url, transports=[transport])
        echoed = face.echo('from the child')
        client.disconnect()
        other = engineio_rs.Client()
        other.connect(server.url)
        other.disconnect()
        return *inherited, echoed

    assert in_a_child(child) == ('disconnected', None, 0, ['from the child'])
    assert face.echo('after') == ['after']
    face.close()


def run(code, *arguments):
    """Starts a program that says `ready` once it waits."""
    program = 'import asyncio, sys, engineio_rs\n' + textwrap.dedent(code)
    process = subprocess.Popen(
        [sys.executable, '-c', program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == 'ready\n'
    return process


def interrupted(process):
    """What a program prints after SIGINT, and how it ends."""
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=PATIENCE)
    return output.split(), process.returncode, errors


WAITS = {
    'wait': 'client.wait()',
    'receive': 'client.receive()',
    'iteration': 'next(iter(client))',
    'sleep': 'client.sleep(60)',
}


@pytest.mark.parametrize('wait', WAITS)
def test_sigint_disconnects_and_then_interrupts(server, wait):
    process = run(
        f"""
        client = engineio_rs.Client()
        client.on('disconnect', lambda reason: print(reason.replace(' ', '-'), flush=True))
        client.connect(sys.argv[1])
        try:
            print('ready', flush=True)
            {WAITS[wait]}
        except KeyboardInterrupt:
            print('interrupted', client.state)
        """,
        server.url,
    )
    assert interrupted(process)[:2] == (['client-disconnect', 'interrupted', 'disconnected'], 0)


def test_sigint_interrupts_connecting(silent):
    process = run(
        """
        client = engineio_rs.Client(request_timeout=60)
        try:
            print('ready', flush=True)
            client.connect(sys.argv[1])
        except KeyboardInterrupt:
            print('interrupted', client.state)
        """,
        silent.url,
    )
    assert interrupted(process)[:2] == (['interrupted', 'disconnected'], 0)


def test_sigint_is_left_alone_where_that_is_wanted(server):
    process = run(
        """
        client = engineio_rs.Client(handle_sigint=False)
        client.on('disconnect', lambda reason: print('disconnected', flush=True))
        client.connect(sys.argv[1])
        try:
            print('ready', flush=True)
            client.wait()
        except KeyboardInterrupt:
            print('interrupted', client.state)
        """,
        server.url,
    )
    assert interrupted(process)[:2] == (['interrupted', 'connected'], 0)


def test_sigint_in_asyncio_leaves_other_tasks_their_cleanup(server):
    process = run(
        """
        async def other():
            try:
                await asyncio.sleep(60)
            finally:
                print('cleaned-up', flush=True)

        async def main():
            client = engineio_rs.AsyncClient()
            client.on('disconnect', lambda reason: print(reason.replace(' ', '-'), flush=True))
            await client.connect(sys.argv[1])
            task = asyncio.create_task(other())
            print('ready', flush=True)
            try:
                await task
            finally:
                print(client.state, flush=True)

        try:
            asyncio.run(main())
        except (KeyboardInterrupt, asyncio.CancelledError):
            print('interrupted')
        """,
        server.url,
    )
    words, status, errors = interrupted(process)
    assert words[0] == 'client-disconnect', errors
    assert set(words[1:]) == {'cleaned-up', 'disconnected', 'interrupted'}
    assert status in (0, -signal.SIGINT)


def test_a_program_can_end_while_it_is_connected(server):
    code = """
        clients = [engineio_rs.Client(handle_sigint=False) for _ in range(3)]
        for client in clients:
            client.on('message', lambda data: None)
            client.connect(sys.argv[1])
            client.send('burst 500')
        print('ready', flush=True)
        """
    process = run(code, server.url)
    _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (0, '')


def go_on_after_each_stop(process):
    """Lets a process that stops itself go on each time, after a moment, until it ends."""
    while process.poll() is None:
        with open(f'/proc/{process.pid}/stat') as stat:
            stopped = stat.read().rpartition(')')[2].split()[0] == 'T'
        if stopped:
            # Longer than a handler may block.
            time.sleep(0.05)
            process.send_signal(signal.SIGCONT)
        time.sleep(0.001)


def test_messages_stay_in_order_when_the_process_stands_still(server):
    code = """
        import os, signal, threading, time
        order, done = [], threading.Event()
        client = engineio_rs.Client(handle_sigint=False)

        @client.on('message')
        def message(data):
            os.kill(os.getpid(), signal.SIGSTOP)
            time.sleep(0.001)  # others may run
            order.append(data)
            if len(order) == 20:
                done.set()

        client.connect(sys.argv[1], transports=['websocket'])
        print('ready', flush=True)
        client.send('burst 20')
        done.wait()
        print(order == [f'burst {number}' for number in range(20)])
        client.disconnect()
        """
    process = run(code, server.url)
    go_on_after_each_stop(process)
    output, errors = process.communicate()
    assert (output, errors) == ('True\n', '')
