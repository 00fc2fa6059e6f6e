//! A server's and a client's session, joined.

use std::sync::Arc;
use std::time::Duration;

use engineio_proto::{DisconnectReason, Instant, SessionConfig, Transport, client, server};

use crate::app::App;
use crate::config::PairConfig;
use crate::endpoint::fire;
use crate::network::{Network, Reach};
use crate::rng::Rng;
use crate::trace::Trace;

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The client.
    Client,
    /// The server.
    Server,
}

impl Side {
    /// The one that is not this one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// Two sessions, their applications and the network between them, under one virtual clock.
#[derive(Debug)]
pub struct Pair {
    pub(crate) now: Instant,
    pub(crate) rng: Rng,
    pub(crate) trace: Trace,
    pub(crate) config: PairConfig,
    pub(crate) network: Network,
    pub(crate) client: client::Session,
    pub(crate) client_app: App,
    /// There is none before the handshake has reached the server.
    pub(crate) server: Option<server::Session>,
    pub(crate) server_config: Arc<SessionConfig>,
    pub(crate) server_app: App,
    /// When the server's application accepts the client.
    pub(crate) accepted_at: Option<Instant>,
    /// How late timers are noticed, by the client and by the server.
    pub(crate) lag: (Duration, Duration),
    /// What went wrong with the world itself: a promise that was broken.
    pub(crate) broken: Option<String>,
    pub(crate) refusals: u32,
}

impl Pair {
    /// A client that is about to connect.
    pub fn new(config: PairConfig, seed: u64, trace: Trace) -> Self {
        let now = Instant::EPOCH;
        Self {
            now,
            rng: Rng::new(seed),
            trace,
            network: Network::new(config.delay),
            client: client::Session::connect(&Arc::new(config.client.clone()), config.first, now),
            client_app: App::new("client", config.client_habits),
            server: None,
            server_config: Arc::new(config.server.clone()),
            server_app: App::new("server", config.server_habits),
            accepted_at: None,
            lag: (Duration::ZERO, Duration::ZERO),
            broken: None,
            refusals: 0,
            config,
        }
    }

    /// Begins anew, with a client that is about to connect over `first` and a server that knows nothing of the one
    /// before. Time goes on.
    pub(crate) fn renew(&mut self, first: Transport) {
        self.network.clear();
        self.client = client::Session::connect(&Arc::new(self.config.client.clone()), first, self.now);
        self.client_app = App::new("client", self.config.client_habits);
        self.server = None;
        self.server_app = App::new("server", self.config.server_habits);
        self.accepted_at = None;
    }

    /// Whether what the client begins from now on reaches the server; what is under way goes on.
    pub const fn set_reach(&mut self, reach: Reach) {
        self.network.set_reach(reach);
    }

    /// The virtual time.
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// The client's session.
    pub const fn client(&self) -> &client::Session {
        &self.client
    }

    /// The server's session, once the handshake has reached the server.
    pub const fn server(&self) -> Option<&server::Session> {
        self.server.as_ref()
    }

    /// The application of that side.
    pub const fn app(&self, side: Side) -> &App {
        match side {
            Side::Client => &self.client_app,
            Side::Server => &self.server_app,
        }
    }

    pub(crate) const fn app_mut(&mut self, side: Side) -> &mut App {
        match side {
            Side::Client => &mut self.client_app,
            Side::Server => &mut self.server_app,
        }
    }

    /// Requests that the server's session refused.
    pub const fn refusals(&self) -> u32 {
        self.refusals
    }

    /// The application of `side` sends `count` more messages as soon as it can.
    pub fn send(&mut self, side: Side, count: u64) {
        self.app_mut(side).send_more(count);
    }

    /// The application of `side` closes the session.
    pub fn close(&mut self, side: Side) {
        self.trace.note(self.now, || format!("{side:?} closes"));
        match side {
            Side::Client => self.client.close(self.now),
            Side::Server => {
                if let Some(session) = &mut self.server {
                    session.close(self.now, DisconnectReason::ServerDisconnect);
                }
            }
        }
    }

    /// The server shuts down.
    pub fn leave(&mut self) {
        self.trace.note(self.now, || "Server leaves".to_owned());
        if let Some(session) = &mut self.server {
            session.leave(self.now);
        }
    }

    /// The client's application ends the session at once.
    pub fn abort(&mut self) {
        self.trace.note(self.now, || "Client aborts".to_owned());
        self.client.abort();
    }

    /// The application of `side` handles nothing for a while.
    pub fn be_busy(&mut self, side: Side, time: Duration) {
        let until = self.now + time;
        self.trace.note(self.now, || format!("{side:?} is busy for {time:?}"));
        self.app_mut(side).be_busy(until);
    }

    /// Whether both sides' sessions are over and their applications know it.
    pub fn is_over(&self) -> bool {
        let client = self.client.wants().finished && self.client_app.end().is_some();
        let server = self.server.as_ref().is_none_or(|session| session.wants().finished);
        client && server && (self.server.is_none() || self.server_app.end().is_some())
    }

    /// Whether everything that was sent has been delivered.
    pub fn is_idle(&self) -> bool {
        let arrived = |from: &App, to: &App| !from.is_sending() && from.sent().len() == to.seen();
        arrived(&self.client_app, &self.server_app) && arrived(&self.server_app, &self.client_app)
    }

    /// When something happens next, if anything does.
    pub fn next_time(&self) -> Option<Instant> {
        let network = &self.network;
        let exchanges = network.exchanges.iter().filter_map(crate::exchange::Exchange::next_time);
        let openings = network.connections.iter().filter_map(crate::connection::Connection::opening_time);
        let (client_reads, server_reads) = (self.reads(Side::Client), self.reads(Side::Server));
        let up = network.connections.iter().filter_map(|c| c.reading_time(Side::Server, server_reads));
        let down = network.connections.iter().filter_map(|c| c.reading_time(Side::Client, client_reads));
        let timers = [
            self.client.poll_timeout().map(|at| at + self.lag.0),
            self.server.as_ref().and_then(server::Session::poll_timeout).map(|at| at + self.lag.1),
            self.accepted_at,
            self.client_app.wakes_at(self.now),
            self.server_app.wakes_at(self.now),
        ];
        exchanges.chain(openings).chain(up).chain(down).chain(timers.into_iter().flatten()).min()
    }

    /// Lets time pass to the next event, at most to `limit`, and everything that then happens happen. False when
    /// nothing more would happen by itself before `limit`.
    ///
    /// # Errors
    ///
    /// A promise that a session broke.
    pub fn drive(&mut self, limit: Instant) -> Result<bool, String> {
        let next = self.next_time().filter(|at| *at <= limit);
        self.now = self.now.max(next.unwrap_or(limit));
        self.deliver_exchanges();
        self.deliver_connections();
        fire(&mut self.client, self.now, self.lag.0);
        if let Some(session) = &mut self.server {
            fire(session, self.now, self.lag.1);
        }
        self.decide();
        self.settle()?;
        Ok(next.is_some())
    }

    /// Everything that both sides can do without time passing.
    ///
    /// # Errors
    ///
    /// A promise that a session broke.
    pub fn settle(&mut self) -> Result<(), String> {
        let mut rounds = 0;
        while self.pump()? {
            rounds += 1;
            if rounds > 1000 {
                return Err("the sessions never come to rest".to_owned());
            }
        }
        self.network.tidy();
        self.broken.take().map_or(Ok(()), Err)
    }

    fn pump(&mut self) -> Result<bool, String> {
        let mut progress = self.pump_client_app()?;
        progress |= self.pump_server_app()?;
        progress |= self.pump_client();
        progress |= self.pump_server();
        Ok(progress)
    }

    fn pump_client_app(&mut self) -> Result<bool, String> {
        let (app, session) = (&mut self.client_app, &mut self.client);
        app.send(session, self.now, &mut self.rng);
        app.take_events(session, self.now, &mut self.rng, &self.trace, self.server_app.sent())
    }

    fn pump_server_app(&mut self) -> Result<bool, String> {
        let Some(session) = &mut self.server else { return Ok(false) };
        let app = &mut self.server_app;
        app.send(session, self.now, &mut self.rng);
        app.take_events(session, self.now, &mut self.rng, &self.trace, self.client_app.sent())
    }

    /// Whether the session of `side` reads its WebSocket.
    pub(crate) fn reads(&self, side: Side) -> bool {
        match side {
            Side::Client => !self.client.wants().reading_paused,
            Side::Server => !self.server.as_ref().is_some_and(|session| session.wants().reading_paused),
        }
    }

    pub(crate) fn arrival(&mut self) -> Instant {
        self.network.way.arrival(self.now, &mut self.rng)
    }

    /// Drives until `condition` holds.
    ///
    /// # Errors
    ///
    /// A promise that a session broke, or that it never held within an hour.
    pub fn drive_until(&mut self, condition: impl Fn(&Self) -> bool) -> Result<(), String> {
        let limit = self.now + Duration::from_secs(3600);
        self.settle()?;
        while !condition(self) {
            if !self.drive(limit)? {
                return Err("what was waited for never happened".to_owned());
            }
        }
        Ok(())
    }
}
