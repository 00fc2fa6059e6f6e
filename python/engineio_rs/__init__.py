"""Engine.IO with the interface of python-engineio on a Rust core."""
