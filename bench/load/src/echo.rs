//! Echo: every session keeps a number of messages in flight.

use anyhow::Result;
use mio::net::TcpStream;

use crate::{
    drive::Load,
    frame::{self, Kind},
    lane::Lane,
    open::{Opening, ramp_up},
    pattern::Pattern,
    peer::Peer,
    server::Server,
};

/// Takes in any reply in few reads.
const SCRATCH: usize = 256 * 1024;

/// What the sessions do.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// How many sessions there are.
    pub sessions: usize,
    /// The bytes of a message.
    pub size: usize,
    /// How many messages each session has under way.
    pub in_flight: usize,
}

/// The data of a message of `size` bytes, as it stands in a frame of `kind`.
pub fn data(kind: Kind, size: usize) -> Vec<u8> {
    let message = b"The quick brown fox jumps over the lazy dog. ".iter().copied().cycle().take(size);
    match kind {
        Kind::Binary => message.collect(),
        Kind::Text => std::iter::once(b'4').chain(message).collect(),
    }
}

/// Sessions that send again what comes back.
#[derive(Debug)]
pub struct Echo {
    lanes: Vec<Lane>,
    requests: Pattern,
    replies: Pattern,
    in_flight: usize,
    scratch: Vec<u8>,
}

impl Echo {
    /// Opens the sessions; each has had one message echoed.
    ///
    /// The TCP server gets the same bytes as the others, and sends them back as they are.
    pub fn open(server: &Server, peer: Peer, kind: Kind, shape: Shape) -> Result<Self> {
        let data = data(kind, shape.size);
        let request = frame::masked(kind, &data);
        let addr = server.addr();
        let (reply, open) = if peer.is_engineio() {
            let exchange = |opening: &mut Opening| {
                opening.send(&request)?;
                opening.expect_message(&data)
            };
            let open = ramp_up(shape.sessions, || Opening::websocket(addr), exchange)?;
            (frame::unmasked(kind, &data), open)
        } else {
            let exchange = |opening: &mut Opening| {
                opening.send(&request)?;
                opening.expect(&request)
            };
            (request.clone(), ramp_up(shape.sessions, || Opening::connect(addr), exchange)?)
        };
        let lanes = open.into_iter().map(Lane::open).collect::<Result<_>>()?;
        let (requests, replies) =
            (Pattern::new(&request, shape.in_flight), Pattern::new(&reply, shape.in_flight));
        Ok(Self { lanes, requests, replies, in_flight: shape.in_flight, scratch: vec![0; SCRATCH] })
    }
}

impl Load for Echo {
    fn connections(&mut self) -> impl Iterator<Item = &mut TcpStream> {
        self.lanes.iter_mut().map(|lane| &mut lane.stream)
    }

    fn start(&mut self) -> Result<()> {
        self.lanes.iter_mut().try_for_each(|lane| lane.send(&self.requests, self.in_flight))
    }

    fn handle_ready(&mut self, index: usize) -> Result<u64> {
        let lane = &mut self.lanes[index];
        let done = lane.receive(&self.replies, &mut self.scratch)?;
        lane.send(&self.requests, done)?;
        Ok(done as u64)
    }
}
