//! A client on long-polling: one connection for polls, one for POSTs.

use std::net::SocketAddr;

use super::{Answer, Http};

pub(crate) struct Polling {
    polls: Http,
    posts: Http,
    target: String,
    /// The payload of the handshake after the open packet.
    pub(crate) greeting: String,
}

impl Polling {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        Self::try_connect(address).unwrap()
    }

    /// The refusal of the handshake, if it is refused.
    pub(crate) fn try_connect(address: SocketAddr) -> Result<Self, Answer> {
        let target = "/engine.io/?EIO=4&transport=polling".to_owned();
        let mut polls = Http::connect(address);
        let answer = polls.request("GET", &target, "");
        if answer.status != 200 {
            return Err(answer);
        }
        let (open, greeting) = answer.body.split_once('\u{1e}').unwrap_or((&answer.body, ""));
        let target = format!("{target}&sid={}", sid_of(open));
        Ok(Self { polls, posts: Http::connect(address), target, greeting: greeting.to_owned() })
    }

    pub(crate) fn poll(&mut self) -> String {
        let answer = self.polls.request("GET", &self.target, "");
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    /// Polls until there is a message, and answers pings.
    pub(crate) fn poll_message(&mut self) -> String {
        loop {
            let payload = self.poll();
            let (pings, mut others): (Vec<_>, Vec<_>) =
                payload.split('\u{1e}').partition(|packet| *packet == "2");
            if !pings.is_empty() {
                self.post("3");
            }
            if let Some(message) = others.pop() {
                return message.to_owned();
            }
        }
    }

    /// Sends a poll whose answer [`answer`](Self::answer) reads.
    pub(crate) fn begin_poll(&mut self) {
        self.polls.send("GET", &self.target, "", "");
    }

    /// As [`begin_poll`](Self::begin_poll), and accepts compression.
    pub(crate) fn begin_compressed_poll(&mut self) {
        self.polls.send("GET", &self.target, "Accept-Encoding: gzip\r\n", "");
    }

    pub(crate) fn answer(&mut self) -> Answer {
        self.polls.answer()
    }

    pub(crate) fn post(&mut self, payload: &str) {
        let answer = self.posts.request("POST", &self.target, payload);
        assert_eq!((answer.status, &*answer.body), (200, "ok"));
    }
}

/// The session id of an open packet.
pub(crate) fn sid_of(open: &str) -> String {
    let open: serde_json::Value = serde_json::from_str(open.strip_prefix('0').unwrap()).unwrap();
    open["sid"].as_str().unwrap().to_owned()
}
