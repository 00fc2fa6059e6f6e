//! A client on polling.

use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;

use super::http::{Http, get, post, text};
use super::{Dial, WebSocket};

/// Where a session is opened.
pub(crate) const OPEN: &str = "/engine.io/?EIO=4&transport=polling";

/// A session on polling, with one connection for GETs and one for POSTs.
#[derive(Debug)]
pub(crate) struct Polling<D: Dial> {
    dial: D,
    pub(crate) sid: String,
    /// The open packet.
    pub(crate) open: Value,
    /// What the handshake's response held besides the open packet.
    pub(crate) first: Vec<String>,
    pub(crate) gets: Http<D::Io>,
    posts: Http<D::Io>,
}

impl<D: Dial> Polling<D> {
    /// Opens a session.
    pub(crate) async fn open(dial: &D) -> Self {
        Self::open_with(dial, &get(OPEN)).await
    }

    /// Opens a session with this request.
    pub(crate) async fn open_with(dial: &D, request: &Request<Bytes>) -> Self {
        let mut gets = Http::new(dial.dial().await);
        let response = gets.exchange(request).await;
        assert_eq!(response.status(), 200, "{response:?}");
        let mut first = packets(text(&response));
        let open: Value = serde_json::from_str(first.remove(0).strip_prefix('0').unwrap()).unwrap();
        let sid = open["sid"].as_str().unwrap().to_owned();
        let posts = Http::new(dial.dial().await);
        Self { dial: dial.clone(), sid, open, first, gets, posts }
    }

    /// Where the session's requests go.
    pub(crate) fn uri(&self) -> String {
        format!("{OPEN}&sid={}", self.sid)
    }

    /// Fetches packets.
    pub(crate) async fn poll(&mut self) -> Vec<String> {
        self.start_poll().await;
        self.polled().await
    }

    /// Sends a GET, which waits at the server.
    pub(crate) async fn start_poll(&mut self) {
        let request = get(&self.uri());
        self.gets.send(&request).await;
    }

    /// Waits for the packets that a GET asked for.
    pub(crate) async fn polled(&mut self) -> Vec<String> {
        let response = self.gets.receive().await;
        assert_eq!(response.status(), 200, "{response:?}");
        packets(text(&response))
    }

    /// Sends packets, which are accepted.
    pub(crate) async fn post(&mut self, body: &str) {
        let response = self.try_post(body).await;
        assert_eq!((response.status().as_u16(), text(&response)), (200, "ok"));
    }

    /// Sends packets.
    pub(crate) async fn try_post(&mut self, body: &str) -> Response<Bytes> {
        let request = post(&self.uri(), body.to_owned());
        self.posts.exchange(&request).await
    }

    /// Starts an upgrade: a WebSocket that was not yet used.
    pub(crate) async fn start_upgrade(&self) -> WebSocket<D::Io> {
        let uri = format!("/engine.io/?EIO=4&transport=websocket&sid={}", self.sid);
        WebSocket::connect(self.dial.dial().await, &get(&uri)).await
    }

    /// Moves the session to WebSocket.
    pub(crate) async fn upgrade(self) -> WebSocket<D::Io> {
        self.upgrade_with(["6"]).await
    }

    /// Moves the session to WebSocket; the poll meanwhile fetches `packets`.
    pub(crate) async fn upgrade_with<const N: usize>(mut self, packets: [&str; N]) -> WebSocket<D::Io> {
        let mut websocket = self.start_upgrade().await;
        self.start_poll().await;
        websocket.send("2probe").await;
        assert_eq!(websocket.text().await, "3probe");
        assert_eq!(self.polled().await, packets);
        websocket.send("5").await;
        websocket
    }
}

fn packets(payload: &str) -> Vec<String> {
    payload.split('\u{1e}').map(str::to_owned).collect()
}
