"""Installs a copy of `engineio_rs` under the name `engineio` beside it, for tests that import and patch that name."""

import shutil
import sysconfig
from pathlib import Path

SITE = Path(sysconfig.get_path('platlib'))


def main():
    """Replaces the copy; text files have the name changed in them."""
    source, copy = SITE / 'engineio_rs', SITE / 'engineio'
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns('__pycache__'))
    for module in copy.rglob('*.py'):
        module.write_text(module.read_text().replace('engineio_rs', 'engineio'))


if __name__ == '__main__':
    main()
