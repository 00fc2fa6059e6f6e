//! Sessions that do nothing: what they cost to open and to keep.

use std::{collections::BTreeMap, thread, time::Duration};

use anyhow::{Context, Result};

use crate::{
    echo::data,
    frame::{self, Kind},
    meter::{Reading, float},
    open::Opening,
    server::Server,
};

/// Some servers begin the heartbeat a moment after the handshake.
const SETTLE: Duration = Duration::from_millis(300);

const ROUNDS: usize = 5;

/// Resident bytes per session; with `used`, each session has first echoed a message of that many bytes.
pub fn memory(server: &Server, sessions: usize, used: Option<usize>) -> Result<Reading> {
    let _first = open(server, 1, used)?;
    let before = settled(server)?;
    let _open = open(server, sessions, used)?;
    let after = settled(server)?;
    let details = [("before", before), ("resident", after)];
    Ok(Reading { value: (after - before) / float(sessions as u64), details: details.into() })
}

/// By how many per cent later rounds of opening and closing sessions need more resident memory than the first one.
pub fn churn(server: &Server, sessions: usize) -> Result<Reading> {
    let mut peaks = Vec::with_capacity(ROUNDS);
    let mut closed = 0.0;
    for _ in 0..ROUNDS {
        let open = open(server, sessions, None)?;
        peaks.push(settled(server)?);
        close(open)?;
        closed = settled(server)?;
    }
    let first = *peaks.first().context("no rounds")?;
    let last = peaks.iter().skip(1).copied().fold(0.0, f64::max);
    let details = [("first", first), ("later", last), ("closed", closed)];
    Ok(Reading { value: (last / first - 1.0) * 100.0, details: details.into() })
}

/// Processor time in microseconds per session opened.
pub fn opening(server: &Server, sessions: usize) -> Result<Reading> {
    let _first = open(server, 1, None)?;
    let before = server.cpu()?;
    let _open = open(server, sessions, None)?;
    server.rest()?;
    let used = server.cpu()? - before;
    Ok(Reading { value: used * 1e6 / float(sessions as u64), details: BTreeMap::new() })
}

fn open(server: &Server, sessions: usize, used: Option<usize>) -> Result<Vec<Opening>> {
    let message = used.map(|size| data(Kind::Text, size));
    let open = || {
        let mut opening = Opening::websocket(server.addr())?;
        if let Some(message) = &message {
            opening.send(&frame::masked(Kind::Text, message))?;
            opening.expect_message(message)?;
        }
        Ok(opening)
    };
    (0..sessions).map(|_| open()).collect()
}

fn close(mut open: Vec<Opening>) -> Result<()> {
    open.iter_mut().try_for_each(Opening::close)?;
    open.into_iter().try_for_each(Opening::closed)
}

fn settled(server: &Server) -> Result<f64> {
    thread::sleep(SETTLE);
    server.rest()?;
    Ok(float(server.resident()?))
}
