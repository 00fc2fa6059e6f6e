//! Broadcast: one session sends, every session receives, and only then is the next message sent.

use anyhow::Result;
use mio::net::TcpStream;

use crate::{
    drive::Load,
    echo::data,
    frame::{self, Kind},
    lane::Lane,
    open::{Opening, ramp_up},
    pattern::Pattern,
    server::Server,
};

const SCRATCH: usize = 16 * 1024;

/// Sessions of which the first one sends.
#[derive(Debug)]
pub struct Broadcast {
    lanes: Vec<Lane>,
    request: Pattern,
    reply: Pattern,
    missing: usize,
    scratch: Vec<u8>,
}

impl Broadcast {
    /// Opens the sessions; each has received one message.
    pub fn open(server: &Server, kind: Kind, sessions: usize, size: usize) -> Result<Self> {
        let data = data(kind, size);
        let request = frame::masked(kind, &data);
        let mut first = Some(());
        let exchange = |opening: &mut Opening| {
            if first.take().is_some() {
                opening.send(&request)?;
            }
            opening.expect_message(&data)
        };
        let open = ramp_up(sessions, || Opening::websocket(server.addr()), exchange)?;
        let lanes = open.into_iter().map(Lane::open).collect::<Result<_>>()?;
        let reply = Pattern::new(&frame::unmasked(kind, &data), 1);
        Ok(Self { lanes, request: Pattern::new(&request, 1), reply, missing: 0, scratch: vec![0; SCRATCH] })
    }

    fn send(&mut self) -> Result<()> {
        self.missing = self.lanes.len();
        self.lanes[0].send(&self.request, 1)
    }
}

impl Load for Broadcast {
    fn connections(&mut self) -> impl Iterator<Item = &mut TcpStream> {
        self.lanes.iter_mut().map(|lane| &mut lane.stream)
    }

    fn start(&mut self) -> Result<()> {
        self.send()
    }

    fn handle_ready(&mut self, index: usize) -> Result<u64> {
        let received = self.lanes[index].receive(&self.reply, &mut self.scratch)?;
        self.missing -= received;
        if received > 0 && self.missing == 0 {
            self.send()?;
        }
        Ok(received as u64)
    }
}
