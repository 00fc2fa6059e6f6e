#!/usr/bin/env python3
"""Starts `cases.stress` from any directory."""

import sys

from cases.stress.command import main

sys.exit(main())
