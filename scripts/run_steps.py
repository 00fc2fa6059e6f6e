#!/usr/bin/env python3
"""Starts `steps` from any directory and without a variable that everything started by it would inherit."""

import sys

from steps.__main__ import main

sys.exit(main(*sys.argv[1:]))
