"""Gathers the licence texts of the crates that the native module is built from: licences.py FILE.

Crates come from ``cargo metadata``, for the platform that is built for (``CARGO_BUILD_TARGET``, else the machine's), and
their texts from the sources that cargo has fetched. A crate without a text is named with its licence, and the text of
another crate under the same licence stands for it.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMES = re.compile(r'(licen[cs]e|copying|notice|copyright|unlicense)', re.IGNORECASE)


def main(target):
    """Writes all texts into a file: each text once, behind the crates that have it."""
    crates = linked_crates(metadata())
    texts, bare = {}, []
    for crate in crates:
        found = texts_of(Path(crate['manifest_path']).parent)
        if not found:
            bare.append(crate)
        for text in found:
            texts.setdefault(text, []).append(crate)
    Path(target).write_text('\n'.join(document(crates, texts, bare)), encoding='utf-8')


def metadata():
    """What cargo knows about the dependencies on this platform."""
    command = [os.environ.get('CARGO', 'cargo'), 'metadata', '--format-version', '1', '--locked']
    command += ['--manifest-path', str(ROOT / 'python/Cargo.toml'), '--filter-platform', platform()]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def platform():
    """The platform that is built for."""
    if target := os.environ.get('CARGO_BUILD_TARGET'):
        return target
    words = subprocess.run(['rustc', '-vV'], check=True, stdout=subprocess.PIPE, text=True).stdout
    return re.search(r'^host: (.+)$', words, re.MULTILINE)[1]


def linked_crates(graph):
    """The crates that are linked into the module, without our own: neither tests' nor those of build scripts."""
    packages = {package['id']: package for package in graph['packages']}
    edges = {node['id']: node['deps'] for node in graph['resolve']['nodes']}
    seen, waiting = set(), [graph['resolve']['root']]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            kinds = [(edge['pkg'], {kind['kind'] for kind in edge['dep_kinds']}) for edge in edges[name]]
            waiting += [package for package, kind in kinds if None in kind]
    return sorted((packages[name] for name in seen if packages[name]['source']), key=lambda package: package['id'])


def texts_of(directory):
    """The licence texts of a crate."""
    files = sorted(path for path in directory.iterdir() if NAMES.match(path.name) and path.is_file())
    return [path.read_text(encoding='utf-8', errors='replace').strip() + '\n' for path in files if path.suffix != '.rs']


def document(crates, texts, bare):
    """The lines of the document."""
    yield 'The native module of this package contains the crates of this list.\n'
    for crate in crates:
        yield f'* {title(crate)}: {crate["license"] or "see its text"}'
    yield ''
    for crate in bare:
        yield f'{title(crate)} comes without a text of its own; by {", ".join(crate["authors"]) or "its authors"}, licence'
        yield f'{crate["license"]}, as it stands below for other crates.\n'
    for text, owners in texts.items():
        yield '=' * 100
        yield '\n'.join(map(title, owners))
        yield '-' * 100
        yield text


def title(crate):
    """A crate as it is named."""
    return f'{crate["name"]} {crate["version"]}'


if __name__ == '__main__':
    main(sys.argv[1])
