//! What the fuzz targets for sessions share.

mod any;
mod choose;
mod sent;

pub use any::Any;
pub use choose::{close_code, closed, overflow};
pub use sent::{MAX_BYTES, MAX_PACKETS, Sent};
