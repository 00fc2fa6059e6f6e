"""Tells PyInstaller which modules are only imported by their names: those of the async modes, chosen at run time."""

import os
import pkgutil

_drivers = os.path.join(os.path.dirname(os.path.dirname(__file__)), 'async_drivers')

hiddenimports = ['engineio_rs.async_drivers.' + module.name for module in pkgutil.iter_modules([_drivers])]
