"""A pytest plugin: `engineio` is our package, as an application's first lines would have it."""

import engineio_rs

engineio_rs.install_as_engineio()
