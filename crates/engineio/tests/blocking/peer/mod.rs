//! Clients made by hand.

mod http;
mod polling;
mod websocket;

pub(crate) use http::{Answer, Http};
pub(crate) use polling::Polling;
pub(crate) use websocket::{Frame, WebSocket};
