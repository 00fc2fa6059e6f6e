//! Polling, one connection per client, as long as the server keeps it: POST a message, GET it back, and again.

use anyhow::{Result, ensure};
use mio::net::TcpStream;

use crate::{
    drive::Load,
    http::Requests,
    link::Link,
    open::{Opening, ramp_up},
    server::Server,
};

/// Python's servers write it in capitals.
const OK: [&[u8]; 2] = [b"ok", b"OK"];

/// Clients that wait for `ok` before they poll, and for the message before they post again.
#[derive(Debug)]
pub struct Polling {
    clients: Vec<Client>,
    message: String,
}

#[derive(Debug)]
struct Client {
    link: Link,
    get: Vec<u8>,
    post: Vec<u8>,
    posting: bool,
}

impl Polling {
    /// Opens the sessions; each has had one message echoed.
    pub fn open(server: &Server, clients: usize, message: &str) -> Result<Self> {
        let exchange = |(opening, requests): &mut (Opening, Requests)| {
            let answer = opening.request(&requests.post(message))?;
            ensure!(OK.contains(&&answer[..]), "the answer to a POST is not ok");
            opening.poll_message(requests, message)
        };
        let open = ramp_up(clients, || Opening::polling(server.addr()), exchange)?;
        let client = |(opening, requests)| Client::new(opening, &requests, message);
        let clients = open.into_iter().map(client).collect::<Result<_>>()?;
        Ok(Self { clients, message: message.to_owned() })
    }
}

impl Client {
    fn new(opening: Opening, requests: &Requests, message: &str) -> Result<Self> {
        let (get, post) = (requests.get(), requests.post(message));
        Ok(Self { link: Link::open(opening)?, get, post, posting: false })
    }

    fn post(&mut self) -> Result<()> {
        self.posting = true;
        self.link.send(&self.post)
    }

    fn get(&mut self) -> Result<()> {
        self.posting = false;
        self.link.send(&self.get)
    }
}

impl Load for Polling {
    fn connections(&mut self) -> impl Iterator<Item = &mut TcpStream> {
        self.clients.iter_mut().map(|client| &mut client.link.stream)
    }

    fn start(&mut self) -> Result<()> {
        self.clients.iter_mut().try_for_each(Client::post)
    }

    fn handle_ready(&mut self, index: usize) -> Result<u64> {
        let client = &mut self.clients[index];
        if client.posting {
            if client.link.receive(&OK)? {
                client.get()?;
            }
            return Ok(0);
        }
        let done = client.link.receive(&[self.message.as_bytes()])?;
        if done {
            client.post()?;
        }
        Ok(done.into())
    }

    fn take_new(&mut self, index: usize) -> Option<&mut TcpStream> {
        let link = &mut self.clients[index].link;
        link.take_new().then_some(&mut link.stream)
    }
}
