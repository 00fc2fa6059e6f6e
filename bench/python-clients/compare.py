"""Compares the Python clients with python-engineio's, side by side: see bench/README.md."""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

#: The packages, ours first.
PACKAGES = ['engineio_rs', 'engineio']

#: How much faster than python-engineio's ours has to be.
LIMITS = {'sync': 5.0, 'asyncio': 3.0}

#: A slice takes about this many seconds with either package.
SLICE = 0.2


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--server', required=True, help='the binary of `engineio`')
    parser.add_argument('--runs', type=int, default=5, help='runs, each with fresh processes')
    parser.add_argument('--slices', type=int, default=10, help='slices of each client in a run')
    parser.add_argument('--styles', default='sync,asyncio', help='which clients')
    parser.add_argument('--check', action='store_true', help='fail if a limit is missed')
    parser.add_argument('--json', help='write all figures to this file')
    return parser.parse_args()


def pin(core):
    """Processes that are started next run on this core, if there is more than one."""
    cores = sorted(os.sched_getaffinity(0))
    return lambda: os.sched_setaffinity(0, {cores[core % len(cores)]})


class Server:
    """An `engineio serve` that echoes."""

    def __init__(self, binary):
        command = [binary, 'serve', '--bind', '127.0.0.1:0', '--log', 'error', '--workers', '1', '--no-compression']
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=pin(0))
        self.url = self.process.stdout.readline().split()[-1].removesuffix('/engine.io/')

    def close(self):
        self.process.terminate()
        self.process.wait()


class Worker:
    """A client in a process of its own."""

    def __init__(self, package, style, url):
        command = [sys.executable, HERE / 'worker.py', package, style, url]
        pipes = {'stdin': subprocess.PIPE, 'stdout': subprocess.PIPE, 'text': True}
        self.process = subprocess.Popen(command, preexec_fn=pin(1), **pipes)
        # A first slice warms up and tells how many messages make one.
        self.count = 2000
        wall, _ = self.slice()
        self.count = max(int(self.count * SLICE / wall), 100)

    def slice(self):
        """Seconds of wall clock and of processor time of one slice."""
        self.process.stdin.write(f'{self.count}\n')
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit('a client has ended: its words are above')
        return tuple(map(float, line.split()))

    def measure(self):
        """Messages per second, and microseconds of processor time for each."""
        wall, processor = self.slice()
        return self.count / wall, processor * 1e6 / self.count

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)


def run(style, binary, slices):
    """One run: the medians of the two packages' slices, which take turns."""
    server = Server(binary)
    workers = [Worker(package, style, server.url) for package in PACKAGES]
    figures = [[] for _ in workers]
    for _ in range(slices):
        for worker, figure in zip(workers, figures):
            figure.append(worker.measure())
    for worker in workers:
        worker.close()
    server.close()
    return [tuple(map(statistics.median, zip(*figure))) for figure in figures]


def ratios(ours, theirs):
    """How many times as much ours does in the same time, and with the same processor time."""
    return ours[0] / theirs[0], theirs[1] / ours[1]


def main():
    options = parse()
    missed, results = [], {}
    print(f'{"client":8} {"package":12} {"messages/s":>11} {"us of CPU":>10}   ratio of throughput, of CPU time (limit)')
    for style in options.styles.split(','):
        runs = [run(style, options.server, options.slices) for _ in range(options.runs)]
        results[style] = runs
        for index, package in enumerate(PACKAGES):
            rate, cost = (statistics.median(run[index][part] for run in runs) for part in (0, 1))
            print(f'{style:8} {package:12} {rate:11,.0f} {cost:10.1f}', end='\n' if index else '')
            if not index:
                each = [ratios(*run) for run in runs]
                speed, thrift = (statistics.median(ratio[part] for ratio in each) for part in (0, 1))
                print(f'   {speed:.2f}, {thrift:.2f} ({LIMITS[style]:.1f})')
                missed += [style] if min(speed, thrift) < LIMITS[style] else []
    if options.json:
        Path(options.json).write_text(json.dumps(results))
    if options.check and missed:
        sys.exit(f'limits missed: {", ".join(missed)}')


if __name__ == '__main__':
    main()
