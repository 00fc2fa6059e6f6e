//! What all benchmarks share: cores and their clocks, server processes, one figure for several readings.
#![expect(
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    reason = "shared by the programs of this workspace alone"
)]

pub mod cpu;
pub mod peer;
pub mod pick;
pub mod python;
pub mod server;
