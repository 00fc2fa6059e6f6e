//! What goes over the wire, in words: for `engineio connect --trace`, and for whoever turns on the target
//! `engineio::client::wire` at the level TRACE. Session ids and queries are shown as they are. Turned off, each call
//! costs one look at an atomic.

use bytes::Bytes;
use engineio_proto::client::Finish;
use engineio_proto::{Outgoing, PayloadDecoder};
use http::{Method, Uri};
use tracing::{Level, enabled, trace};

use crate::client::failure::Failure;
use crate::driver::input::Input;

const WIRE: &str = "engineio::client::wire";

/// What comes in.
const IN: char = '<';
/// What goes out.
const OUT: char = '>';

/// A request leaves.
pub(crate) fn request(method: &Method, uri: &Uri, body: &Bytes) {
    trace!(target: WIRE, "{OUT} {method} {}", path(uri));
    payload(OUT, body);
}

/// A request was answered, or not.
pub(crate) fn answered(method: &Method, answer: &Result<Bytes, Failure>) {
    match answer {
        Err(failure) => trace!(target: WIRE, "{IN} {method}: {failure}"),
        // What answers a POST is no payload.
        Ok(body) if *method == Method::POST => {
            trace!(target: WIRE, "{IN} {method}: 200, {:?}", String::from_utf8_lossy(body));
        }
        Ok(body) => {
            trace!(target: WIRE, "{IN} {method}: 200, {} bytes", body.len());
            payload(IN, body);
        }
    }
}

/// A WebSocket is asked for.
pub(crate) fn asked(uri: &Uri) {
    trace!(target: WIRE, "{OUT} GET {}, Upgrade: websocket", path(uri));
}

/// The WebSocket is open, or not.
pub(crate) fn opened<T>(opened: &Result<T, Failure>) {
    match opened {
        Ok(_) => trace!(target: WIRE, "{IN} 101, the WebSocket is open"),
        Err(failure) => trace!(target: WIRE, "{IN} no WebSocket: {failure}"),
    }
}

/// A read of the WebSocket brought packets, or its end.
pub(crate) fn received(input: &Input) {
    if !is_watched() {
        return;
    }
    for packet in &input.packets {
        trace!(target: WIRE, "{IN} frame: {}", packet.describe());
    }
    if let Some(code) = input.bad {
        trace!(target: WIRE, "{IN} frame: not a packet, the answer is close code {}", code.get());
    }
    match input.end.map(|end| end.code) {
        None => {}
        Some(Some(code)) => trace!(target: WIRE, "{IN} frame: close, code {}", code.get()),
        Some(None) => trace!(target: WIRE, "{IN} the connection of the WebSocket has ended"),
    }
}

/// Packets leave over the WebSocket, and a close frame behind them.
pub(crate) fn sent<'a>(packets: impl IntoIterator<Item = &'a Outgoing>, finish: Option<Finish>) {
    if !is_watched() {
        return;
    }
    for packet in packets {
        trace!(target: WIRE, "{OUT} frame: {}", packet.describe());
    }
    if let Some(Finish::Close(code)) = finish {
        trace!(target: WIRE, "{OUT} frame: close, code {}", code.get());
    }
}

fn payload(arrow: char, body: &Bytes) {
    if body.is_empty() || !is_watched() {
        return;
    }
    for packet in PayloadDecoder::new(body.clone()) {
        match packet {
            Ok(packet) => trace!(target: WIRE, "{arrow}   packet: {}", packet.describe()),
            Err(error) => trace!(target: WIRE, "{arrow}   not a packet: {error}"),
        }
    }
}

fn path(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", |path| path.as_str())
}

fn is_watched() -> bool {
    enabled!(target: WIRE, Level::TRACE)
}
