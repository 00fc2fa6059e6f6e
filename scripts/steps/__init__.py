"""Runs the steps of `make test` and of its relatives: in order, side by side where they mostly wait, each with its time."""
