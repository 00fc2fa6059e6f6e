"""Checks that a wheel is what is published: one ABI for all versions, stripped, typed, with its licences."""

import re
import struct
import sys
import zipfile

SYMBOL_TABLE = 2
SECTION_TYPE_OFFSET = 4


def main(path):
    """Ends with a message that names the first fault of the wheel at `path`."""
    with zipfile.ZipFile(path) as wheel:
        names = wheel.namelist()
        require('-abi3-' in path and '-cp310-' in path, f'{path} is not for cp310-abi3')
        for name in ('engineio_rs/py.typed', 'engineio_rs/_core.pyi', 'engineio_rs/__init__.py'):
            require(name in names, f'{name} is missing')
        for name in ('LICENSE-MIT', 'LICENSE-APACHE'):
            require(any(entry.endswith(f'/licenses/{name}') for entry in names), f'{name} is missing')
        check_licences(wheel, next((entry for entry in names if entry.endswith('/licenses/LICENSE-THIRD-PARTY')), None))
        natives = [name for name in names if name.startswith('engineio_rs/_core.') and not name.endswith('.pyi')]
        require(len(natives) == 1, f'one native module was expected, not {natives}')
        native = wheel.read(natives[0])
        require(not native.startswith(b'\x7fELF') or is_stripped(native), f'{natives[0]} is not stripped')
        metadata = wheel.read(next(name for name in names if name.endswith('.dist-info/METADATA'))).decode()
        for line in ('Name: engineio-rs', 'Requires-Python: >=3.10', 'License-Expression: MIT OR Apache-2.0'):
            require(line in metadata, f'METADATA lacks {line!r}')
        hook = 'engineio_rs/__pyinstaller/hook-engineio_rs.py'
        require(hook in names, f'{hook} is missing')
        entry_points = wheel.read(next(name for name in names if name.endswith('.dist-info/entry_points.txt'))).decode()
        require('hook-dirs=engineio_rs.__pyinstaller:get_hook_dirs' in entry_points.replace(' ', ''), 'PyInstaller finds no hook')
        foreign = [name for name in names if not name.startswith(('engineio_rs/', 'engineio_rs-'))]
        require(not foreign, f'these do not belong into it: {foreign}')
    print(f'{path.rsplit("/", 1)[-1]}: {len(names)} files, native module of {len(native):,} bytes')


def check_licences(wheel, name):
    """The texts of what is linked in: some of the crates that are there for certain, and that each crate has a text."""
    require(name is not None, 'LICENSE-THIRD-PARTY is missing: build with scripts/wheel.sh')
    words = wheel.read(name).decode()
    crates = re.findall(r'^\* (\S+ \S+): (.+)$', words, re.MULTILINE)
    for expected in ('rustls', 'ring', 'tokio', 'pyo3', 'hyper', 'httparse'):
        require(any(crate.startswith(f'{expected} ') for crate, _ in crates), f'{name} does not name {expected}')
    for crate, licence in crates:
        own = re.search(rf'^{re.escape(crate)}$', words, re.MULTILINE)
        borrowed = f'{crate} comes without a text of its own' in words and f': {licence}\n' in words
        require(own or borrowed, f'{name} has no text for {crate}')


def require(condition, message):
    """Ends the program with `message` unless the condition holds."""
    if not condition:
        sys.exit(f'error: the wheel is wrong: {message}')


def is_stripped(elf):
    """Whether a 64-bit little-endian ELF file has no symbol table (that of dynamic symbols does not count)."""
    (table,) = struct.unpack_from('<Q', elf, 0x28)
    size, count = struct.unpack_from('<HH', elf, 0x3A)
    kinds = [
        struct.unpack_from('<I', elf, table + index * size + SECTION_TYPE_OFFSET)[0] for index in range(count)
    ]
    return SYMBOL_TABLE not in kinds


if __name__ == '__main__':
    main(sys.argv[1])
