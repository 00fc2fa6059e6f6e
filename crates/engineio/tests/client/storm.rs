//! Many runs of a client that connects again, over a network that does what it likes. The clock is paused; a seed
//! decides what happens when.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use engineio::client::{ClientState, Event, Events, Reconnect};
use engineio::{Client, DisconnectReason, Message, Server, Sid, Socket, Transport};
use tokio::time::{Instant, sleep};

use crate::support::{Host, Network, Way, network};

/// A small generator, so that a run that fails can be run again.
struct Rng(u64);

impl Rng {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    /// Mostly short, sometimes long.
    fn pause(&mut self) -> Duration {
        let most = match self.below(4) {
            0 => 1,
            1 => 20,
            2 => 1_000,
            _ => 60_000,
        };
        Duration::from_millis(self.below(most + 1))
    }
}

/// The numbers that the server received in each session.
type Received = Arc<Mutex<HashMap<Sid, Vec<u64>>>>;

fn counting(received: &Received) -> engineio::server::ServerBuilder {
    let received = Arc::clone(received);
    Server::builder().on_message(move |socket: Socket, message: Message| {
        let number: u64 = message.as_text().unwrap().parse().unwrap();
        received.lock().unwrap().entry(socket.sid().clone()).or_default().push(number);
        let _ = socket.try_send(message);
        std::future::ready(())
    })
}

/// What the application has been told.
#[derive(Default)]
struct Log {
    /// The session that is open, and the messages that came in it.
    session: Option<(Sid, u64)>,
    upgraded: bool,
    /// What must come next.
    expects: Option<u32>,
    /// The last attempt since a session that lasted.
    attempt: u32,
    opened: Option<Instant>,
    sessions: u32,
    /// Sessions that stayed on polling, with what they left unconfirmed.
    polled: Vec<(Sid, u64)>,
}

impl Log {
    /// `transport` is that of the session that is open or was last.
    fn note(&mut self, event: Event, transport: Transport) {
        if let Some(attempt) = self.expects.take() {
            assert!(
                matches!(event, Event::Reconnecting { attempt: found, .. } if found == attempt),
                "{event:?} instead of attempt {attempt}"
            );
        }
        match event {
            Event::Open(open) => {
                assert!(self.session.is_none(), "two sessions at once");
                self.session = Some((open.sid.clone(), 0));
                (self.upgraded, self.opened) = (false, Some(Instant::now()));
                self.sessions += 1;
            }
            Event::Message(message) => {
                let (_, count) = self.session.as_mut().expect("a message without a session");
                assert_eq!(message.as_text(), Some(count.to_string().as_str()));
                *count += 1;
            }
            Event::Upgraded => {
                assert!(self.session.is_some() && !self.upgraded);
                self.upgraded = true;
            }
            Event::UpgradeFailed(_) => assert!(self.session.is_some() && !self.upgraded),
            Event::Disconnected(end) => {
                let (sid, _) = self.session.take().expect("an end without a session");
                if self.opened.is_some_and(|opened| opened.elapsed() >= Reconnect::default().stable_after) {
                    self.attempt = 0;
                }
                self.expects = end.reconnects.then_some(self.attempt + 1);
                assert_eq!(end.reconnects, end.reason != DisconnectReason::ClientDisconnect, "{end}");
                if transport == Transport::Polling {
                    self.polled.push((sid, end.unconfirmed));
                }
            }
            Event::Reconnecting { attempt, .. } => self.attempt = attempt,
            Event::ConnectFailed { attempt, error } => {
                assert_eq!(attempt, self.attempt, "{error}");
                assert!(self.session.is_none() && !error.is_permanent(), "{error}");
                self.expects = Some(attempt + 1);
            }
            other => assert!(matches!(other, Event::Drained)),
        }
    }
}

async fn listen(client: Client, mut events: Events) -> Log {
    let mut log = Log::default();
    while let Some(event) = events.next().await {
        log.note(event, client.transport());
    }
    log
}

/// Sends the next numbers of the session that is open, if one is.
fn send(client: &Client, sent: &mut HashMap<Sid, u64>, count: u64) {
    let Some(sid) = client.sid().filter(|_| client.is_connected()) else { return };
    let next = sent.entry(sid).or_default();
    for _ in 0..count {
        *next += u64::from(client.try_send(next.to_string()).is_ok());
    }
}

async fn run(seed: u64) -> Log {
    let mut rng = Rng(seed);
    let (network, memory) = network();
    let received = Received::default();
    let host = Host::on(memory, counting(&received));
    let builder = network.client().reconnect(Reconnect { first_connect: true, ..Reconnect::default() });
    let builder = match rng.below(4) {
        0 => builder.upgrade(false),
        1 => builder.transports([Transport::WebSocket]),
        2 => builder.remember_upgrade(true),
        _ => builder,
    };
    let (client, events) = builder.build().unwrap().start("http://h").unwrap();
    let listening = tokio::spawn(listen(client.clone(), events));
    let mut sent = HashMap::new();
    for _ in 0..30 {
        sleep(rng.pause()).await;
        match rng.below(8) {
            0 => network.set(Way::Down),
            1 => network.set(Way::Silent),
            2..5 => network.set(Way::Open),
            5 => host.server.disconnect_all(),
            _ => {}
        }
        send(&client, &mut sent, rng.below(30));
    }
    settle(&network, &client).await;
    send(&client, &mut sent, 1);
    client.flush().await.unwrap();
    let begun = Instant::now();
    client.close().await;
    assert!(begun.elapsed() <= Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!(client.state(), ClientState::Closed);
    let log = listening.await.unwrap();
    let received = received.lock().unwrap();
    for (sid, numbers) in received.iter() {
        assert!(numbers.iter().copied().eq(0..numbers.len() as u64), "not in order: {numbers:?}");
        assert!(Some(&(numbers.len() as u64)) <= sent.get(sid), "more than was sent");
    }
    for (sid, unconfirmed) in &log.polled {
        let sent = sent.get(sid).copied().unwrap_or_default();
        let lost = sent - received.get(sid).map_or(0, |numbers| numbers.len() as u64);
        assert!(lost <= *unconfirmed, "{lost} messages were lost and {unconfirmed} counted");
    }
    log
}

/// The network is well again, and so is the client before long.
async fn settle(network: &Network, client: &Client) {
    network.set(Way::Open);
    let begun = Instant::now();
    // A handshake under way may have to time out on both transports, and a silent session on its heartbeat.
    while begun.elapsed() < Duration::from_secs(120) || !client.is_connected() {
        assert!(begun.elapsed() < Duration::from_secs(600), "{client:?} does not connect again");
        sleep(Duration::from_secs(1)).await;
    }
}

#[test]
fn whatever_happens_sessions_follow_one_another_and_lose_nothing_unnoticed() {
    let mut sessions = 0;
    for seed in 0..150 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        let run = AssertUnwindSafe(|| runtime.unwrap().block_on(run(seed)));
        let log = catch_unwind(run).unwrap_or_else(|_| panic!("seed {seed}"));
        assert!(log.session.is_none() && log.expects.is_none(), "seed {seed}");
        sessions += log.sessions;
    }
    assert!(sessions > 300, "{sessions} sessions in all");
}
