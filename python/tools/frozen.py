"""Tries the installed wheel where its modules are no source files: as byte code only, in a zip, frozen by PyInstaller."""

import compileall
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

#: What the application consists of.
PACKAGES = ('engineio_rs', 'socketio', 'engineio', 'bidict')

#: A Socket.IO application that chooses its async modes when it runs, and has a message come back.
APPLICATION = '''
import engineio_rs
engineio_rs.install_as_engineio()
import engineio
import smoke
import socketio
assert engineio is engineio_rs
assert socketio.Server().eio.async_mode == 'threading'
assert socketio.AsyncServer(async_mode='asgi').eio.async_mode == 'asgi'
smoke.main()
print('runs from', type(engineio_rs.__spec__.loader).__name__)
'''

#: Finds the native module beside a zip, which it cannot be loaded from; shiv and pex unpack it.
NATIVE = '''
import importlib.util, sys

class Native:
    @staticmethod
    def find_spec(name, path, target=None):
        if name == 'engineio_rs._core':
            return importlib.util.spec_from_file_location(name, '{native}')

sys.meta_path.insert(0, Native)
'''


def main():
    """Ends with an exception unless the application runs in each form."""
    with tempfile.TemporaryDirectory() as directory:
        work = pathlib.Path(directory)
        shutil.copy(pathlib.Path(__file__).with_name('smoke.py'), work)
        expect('SourcelessFileLoader', run(APPLICATION, byte_code(work / 'byte-code')))
        native = next(package('engineio_rs').glob('_core*.so'))
        expect('zipimporter', run(NATIVE.format(native=native) + APPLICATION, archive(work / 'all.zip')))
        expect('Pyi', run_frozen(work))


def package(name):
    """Where a package is installed."""
    return pathlib.Path(importlib.util.find_spec(name).origin).parent


def byte_code(target):
    """The packages without their sources."""
    for name in PACKAGES:
        shutil.copytree(package(name), target / name, ignore=shutil.ignore_patterns('__pycache__'))
    # A hook of PyInstaller's is no module.
    compileall.compile_dir(target, quiet=1, legacy=True)
    for source in target.rglob('*.py'):
        source.unlink()
    return target


def archive(target):
    """The sources in a zip."""
    with zipfile.ZipFile(target, 'w') as archive:
        for name in PACKAGES:
            folder = package(name)
            for source in folder.rglob('*.py'):
                archive.write(source, pathlib.Path(name, source.relative_to(folder)))
    return target


def run(application, path):
    """What an application prints that finds its packages in one place."""
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join([str(path), str(path.parent)])}
    return output([sys.executable, '-W', 'ignore', '-c', application], environment)


def run_frozen(work):
    """What an application prints that PyInstaller has frozen, with no options that help it."""
    source = work / 'application.py'
    source.write_text(APPLICATION)
    folders = [f'--{option}path={work / option}' for option in ('dist', 'work', 'spec')]
    freeze = [sys.executable, '-m', 'PyInstaller', '--noconfirm', '--log-level=ERROR', *folders, str(source)]
    output(freeze, os.environ)
    return output([str(work / 'dist' / 'application' / 'application')], os.environ)


def output(command, environment):
    """What a command prints, which must succeed."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f'error: {command[:4]} ended with {done.returncode}:\n{done.stdout}{done.stderr}')
    return done.stdout


def expect(loader, printed):
    """Shows what was printed, which names the kind of loader that the package came from."""
    print(printed.strip().replace('\n', '; '))
    if f'runs from {loader}' not in printed:
        sys.exit(f'error: expected modules of {loader}')


if __name__ == '__main__':
    main()
