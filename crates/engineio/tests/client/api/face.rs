//! The two clients behind one trait.

use std::time::Duration;

use engineio::client::{
    ClientBuilder, ClientState, ConnectError, Connector, Disconnect, Event, OpenPacket, Progress,
};
use engineio::{Message, Packet, Prepared, SendError, Sid, Transport};

/// A client of either kind. What is `async` here blocks in the one for threads.
pub(crate) trait Face: Clone + std::fmt::Debug + Send + Sync + Sized + 'static {
    type Events: Happenings;

    async fn connect(url: &str) -> Result<(Self, Self::Events), ConnectError>;
    async fn connect_with(settings: ClientBuilder, url: &str) -> Result<(Self, Self::Events), ConnectError>;
    fn start(connector: &Connector, url: &str) -> Result<(Self, Self::Events), ConnectError>;

    async fn opened(&self) -> Result<(), ConnectError>;
    async fn send(&self, message: impl Into<Message>) -> Result<(), SendError>;
    async fn flush(&self) -> Result<(), SendError>;
    async fn close(&self);
    async fn closed(&self) -> Option<Disconnect>;
    async fn sleep(&self, duration: Duration);

    fn try_send(&self, message: impl Into<Message>) -> Result<(), SendError>;
    fn send_prepared(&self, prepared: &Prepared) -> Result<(), SendError>;
    fn send_packet(&self, packet: Packet) -> Result<(), SendError>;
    fn abort(&self);
    fn state(&self) -> ClientState;
    fn is_connected(&self) -> bool;
    fn sid(&self) -> Option<Sid>;
    fn transport(&self) -> Transport;
    fn open_packet(&self) -> Option<OpenPacket>;
    fn protocol(&self) -> Option<String>;
    fn round_trip_time(&self) -> Option<Duration>;
    fn buffered_bytes(&self) -> usize;
    fn progress(&self) -> Progress;
    fn url(&self) -> &str;
}

/// What happens to it.
pub(crate) trait Happenings: std::fmt::Debug + Send + 'static {
    async fn next(&mut self) -> Option<Event>;
    async fn next_message(&mut self) -> Option<Message>;
    fn try_next(&mut self) -> Option<Event>;

    /// The next message's text.
    async fn text(&mut self) -> String {
        self.next_message().await.unwrap().as_text().unwrap().to_owned()
    }
}

/// What is alike in both to the letter.
macro_rules! alike {
    () => {
        fn try_send(&self, message: impl Into<Message>) -> Result<(), SendError> {
            self.try_send(message)
        }

        fn send_prepared(&self, prepared: &Prepared) -> Result<(), SendError> {
            self.send_prepared(prepared)
        }

        fn send_packet(&self, packet: Packet) -> Result<(), SendError> {
            self.send_packet(packet)
        }

        fn abort(&self) {
            self.abort();
        }

        fn state(&self) -> ClientState {
            self.state()
        }

        fn is_connected(&self) -> bool {
            self.is_connected()
        }

        fn sid(&self) -> Option<Sid> {
            self.sid()
        }

        fn transport(&self) -> Transport {
            self.transport()
        }

        fn open_packet(&self) -> Option<OpenPacket> {
            self.open_packet()
        }

        fn protocol(&self) -> Option<String> {
            self.protocol()
        }

        fn round_trip_time(&self) -> Option<Duration> {
            self.round_trip_time()
        }

        fn buffered_bytes(&self) -> usize {
            self.buffered_bytes()
        }

        fn progress(&self) -> Progress {
            self.progress()
        }

        fn url(&self) -> &str {
            self.url()
        }
    };
}

mod tasks {
    use engineio::Client;
    use engineio::client::Events;

    use super::*;

    impl Face for Client {
        type Events = Events;

        async fn connect(url: &str) -> Result<(Self, Events), ConnectError> {
            Self::connect(url).await
        }

        async fn connect_with(settings: ClientBuilder, url: &str) -> Result<(Self, Events), ConnectError> {
            settings.connect(url).await
        }

        fn start(connector: &Connector, url: &str) -> Result<(Self, Events), ConnectError> {
            connector.start(url)
        }

        async fn opened(&self) -> Result<(), ConnectError> {
            self.opened().await
        }

        async fn send(&self, message: impl Into<Message>) -> Result<(), SendError> {
            self.send(message).await
        }

        async fn flush(&self) -> Result<(), SendError> {
            self.flush().await
        }

        async fn close(&self) {
            self.close().await;
        }

        async fn closed(&self) -> Option<Disconnect> {
            self.closed().await
        }

        async fn sleep(&self, duration: Duration) {
            self.sleep(duration).await;
        }

        alike!();
    }

    impl Happenings for Events {
        async fn next(&mut self) -> Option<Event> {
            self.next().await
        }

        async fn next_message(&mut self) -> Option<Message> {
            self.next_message().await
        }

        fn try_next(&mut self) -> Option<Event> {
            self.try_next()
        }
    }
}

#[cfg(feature = "blocking")]
mod threads {
    use engineio::blocking::{Client, Events};

    use super::*;

    impl Face for Client {
        type Events = Events;

        async fn connect(url: &str) -> Result<(Self, Events), ConnectError> {
            Self::connect(url)
        }

        async fn connect_with(settings: ClientBuilder, url: &str) -> Result<(Self, Events), ConnectError> {
            Self::connect_with(settings, url)
        }

        fn start(connector: &Connector, url: &str) -> Result<(Self, Events), ConnectError> {
            Self::start(connector, url)
        }

        async fn opened(&self) -> Result<(), ConnectError> {
            self.opened()
        }

        async fn send(&self, message: impl Into<Message>) -> Result<(), SendError> {
            self.send(message)
        }

        async fn flush(&self) -> Result<(), SendError> {
            self.flush()
        }

        async fn close(&self) {
            self.close();
        }

        async fn closed(&self) -> Option<Disconnect> {
            self.closed()
        }

        async fn sleep(&self, duration: Duration) {
            self.sleep(duration);
        }

        alike!();
    }

    impl Happenings for Events {
        async fn next(&mut self) -> Option<Event> {
            Iterator::next(self)
        }

        async fn next_message(&mut self) -> Option<Message> {
            self.next_message()
        }

        fn try_next(&mut self) -> Option<Event> {
            self.try_next()
        }
    }
}
