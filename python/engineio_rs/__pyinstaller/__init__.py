"""What PyInstaller asks the package, by its entry point ``pyinstaller40``."""

import os


def get_hook_dirs() -> list[str]:
    """Returns the directories of the hooks."""
    return [os.path.dirname(__file__)]
