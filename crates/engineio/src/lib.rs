//! Engine.IO for Rust.
