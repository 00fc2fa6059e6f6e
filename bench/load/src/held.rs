//! Polling as browsers do it: the poll is held open while the message is posted on another connection.

use std::iter::once;

use anyhow::{Context, Result, ensure};
use mio::net::TcpStream;

use crate::{
    drive::Load,
    http::Requests,
    link::Link,
    open::{Opening, ramp_up},
    server::Server,
};

const OK: &[u8] = b"ok";

/// Groups of clients; the first client of each posts a message that all of its group receive.
#[derive(Debug)]
pub struct Held {
    groups: Vec<Group>,
    message: String,
    /// The connections of one group: that of the POST, then those of the polls.
    width: usize,
}

#[derive(Debug)]
struct Group {
    links: Vec<Link>,
    /// The request of each connection.
    requests: Vec<Vec<u8>>,
    /// The responses that are yet to come.
    missing: usize,
}

impl Held {
    /// Opens the sessions; each has received one message.
    pub fn open(server: &Server, groups: usize, clients: usize, message: &str) -> Result<Self> {
        let addr = server.addr();
        let mut open = ramp_up(groups * clients, || Opening::polling(addr), |_| Ok(()))?.into_iter();
        let group = |_| Group::new(open.by_ref().take(clients).collect(), Opening::connect(addr)?, message);
        let groups = (0..groups).map(group).collect::<Result<_>>()?;
        Ok(Self { groups, message: message.to_owned(), width: clients + 1 })
    }
}

impl Group {
    /// All sessions of the group get the message; `poster` is the connection of the POST.
    fn new(mut clients: Vec<(Opening, Requests)>, mut poster: Opening, message: &str) -> Result<Self> {
        let post = clients.first().context("no clients")?.1.post(message);
        ensure!(poster.request(&post)? == OK, "the answer to a POST is not ok");
        clients.iter_mut().try_for_each(|(opening, requests)| opening.poll_message(requests, message))?;
        let (openings, polls): (Vec<_>, Vec<_>) =
            clients.into_iter().map(|(opening, requests)| (opening, requests.get())).unzip();
        let links = once(poster).chain(openings).map(Link::open).collect::<Result<_>>()?;
        Ok(Self { links, requests: once(post).chain(polls).collect(), missing: 0 })
    }

    /// Sends the polls first and the POST last.
    fn start(&mut self) -> Result<()> {
        self.missing = self.links.len();
        let mut all = self.links.iter_mut().zip(&self.requests).rev();
        all.try_for_each(|(link, request)| link.send(request))
    }
}

impl Load for Held {
    fn connections(&mut self) -> impl Iterator<Item = &mut TcpStream> {
        self.groups.iter_mut().flat_map(|group| &mut group.links).map(|link| &mut link.stream)
    }

    fn start(&mut self) -> Result<()> {
        self.groups.iter_mut().try_for_each(Group::start)
    }

    fn handle_ready(&mut self, index: usize) -> Result<u64> {
        let (group, place) = (&mut self.groups[index / self.width], index % self.width);
        let is_poll = place > 0;
        let expected = if is_poll { self.message.as_bytes() } else { OK };
        if !group.links[place].receive(&[expected])? {
            return Ok(0);
        }
        group.missing -= 1;
        if group.missing == 0 {
            group.start()?;
        }
        Ok(is_poll.into())
    }
}
