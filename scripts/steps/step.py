"""A step: a script with a name, and what it takes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """A script that checks something, or builds what others check."""

    #: Its name on the command line: `make NAME`.
    name: str
    #: Its name in the report.
    title: str
    #: The command line; a relative program is meant from the root of the repository.
    command: tuple
    #: Names of the steps whose success it needs.
    needs: tuple = ()
    #: The number of cores that it keeps busy. Steps run side by side as long as there is a core for each of them.
    cores: float = 2.0
    #: The expected duration in minutes on two cores, which balances the parts of `make test-full`.
    minutes: float = 1.0
    #: Variables that are added to the environment.
    environment: tuple = ()
