//! The two servers behind one trait.

use std::sync::Arc;
use std::time::Duration;

use engineio::server::{ConnectRequest, Disconnect, Rejection, SessionInfo, Skipped};
use engineio::{Message, Packet, SendError, Sid, Transport};

/// A handler that never waits: that much both kinds have in common.
type Handler<S, E, R = ()> = Arc<dyn Fn(&S, E) -> R + Send + Sync>;

/// What an application wants to be told.
pub(crate) struct Handlers<S> {
    connect: Handler<S, ConnectRequest, Result<(), Rejection>>,
    message: Handler<S, Message>,
    upgrade: Handler<S, ()>,
    drain: Handler<S, ()>,
    disconnect: Handler<S, Disconnect>,
}

impl<S: SocketFace> Default for Handlers<S> {
    /// Accepts everybody and sends messages back.
    fn default() -> Self {
        Self {
            connect: Arc::new(|_, _| Ok(())),
            message: Arc::new(|socket, message| {
                let _ = socket.try_send(message);
            }),
            upgrade: Arc::new(|_, ()| {}),
            drain: Arc::new(|_, ()| {}),
            disconnect: Arc::new(|_, _| {}),
        }
    }
}

/// Setters, named like those of the builders.
impl<S> Handlers<S> {
    pub(crate) fn on_connect(
        self,
        connect: impl Fn(&S, ConnectRequest) -> Result<(), Rejection> + Send + Sync + 'static,
    ) -> Self {
        Self { connect: Arc::new(connect), ..self }
    }

    pub(crate) fn on_message(self, message: impl Fn(&S, Message) + Send + Sync + 'static) -> Self {
        Self { message: Arc::new(message), ..self }
    }

    pub(crate) fn on_upgrade(self, upgrade: impl Fn(&S) + Send + Sync + 'static) -> Self {
        Self { upgrade: Arc::new(move |socket, ()| upgrade(socket)), ..self }
    }

    pub(crate) fn on_drain(self, drain: impl Fn(&S) + Send + Sync + 'static) -> Self {
        Self { drain: Arc::new(move |socket, ()| drain(socket)), ..self }
    }

    pub(crate) fn on_disconnect(self, disconnect: impl Fn(&S, Disconnect) + Send + Sync + 'static) -> Self {
        Self { disconnect: Arc::new(disconnect), ..self }
    }
}

/// A server of either kind. What is `async` here blocks in the one for threads.
pub(crate) trait ServerFace: Clone + Send + Sync + Sized + 'static {
    type Socket: SocketFace;

    /// Serves on a port of its own until it is shut down; returns the URL.
    async fn start(handlers: Handlers<Self::Socket>) -> (Self, String);
    async fn send(&self, sid: &Sid, message: impl Into<Message>) -> Result<(), SendError>;
    async fn shutdown(&self, grace: Duration);
    async fn sleep(&self, duration: Duration);

    fn send_packet(&self, sid: &Sid, packet: Packet) -> Result<(), SendError>;
    fn broadcast(&self, message: impl Into<Message>) -> Skipped;
    fn broadcast_except(&self, except: &Sid, message: impl Into<Message>) -> Skipped;
    fn send_many(&self, sids: &[&Sid], message: impl Into<Message>) -> Skipped;
    fn disconnect(&self, sid: &Sid) -> bool;
    fn disconnect_all(&self);
    fn socket(&self, sid: &Sid) -> Option<Self::Socket>;
    fn transport(&self, sid: &Sid) -> Option<Transport>;
    fn session_count(&self) -> usize;
    fn sessions(&self) -> Vec<SessionInfo>;
    fn generate_id(&self) -> std::io::Result<Sid>;
    fn is_shutting_down(&self) -> bool;
}

/// The handle to a session.
pub(crate) trait SocketFace: Clone + Send + Sync + 'static {
    async fn send(&self, message: impl Into<Message>) -> Result<(), SendError>;
    async fn flush(&self) -> Result<(), SendError>;

    fn sid(&self) -> &Sid;
    fn try_send(&self, message: impl Into<Message>) -> Result<(), SendError>;
    fn disconnect(&self);
    fn transport(&self) -> Transport;
    fn is_connected(&self) -> bool;
    fn buffered_bytes(&self) -> usize;
    fn session(&self) -> Option<u32>;
    fn save_session(&self, value: u32) -> Option<u32>;
    fn update_session(&self, update: impl FnOnce(&mut u32) -> u32) -> u32;
}

/// What is alike in both to the letter.
macro_rules! alike {
    (server) => {
        fn send_packet(&self, sid: &Sid, packet: Packet) -> Result<(), SendError> {
            self.send_packet(sid, packet)
        }

        fn broadcast(&self, message: impl Into<Message>) -> Skipped {
            self.broadcast(message)
        }

        fn broadcast_except(&self, except: &Sid, message: impl Into<Message>) -> Skipped {
            self.broadcast_except(except, message)
        }

        fn send_many(&self, sids: &[&Sid], message: impl Into<Message>) -> Skipped {
            self.send_many(sids.iter().copied(), message)
        }

        fn disconnect(&self, sid: &Sid) -> bool {
            self.disconnect(sid)
        }

        fn disconnect_all(&self) {
            self.disconnect_all();
        }

        fn socket(&self, sid: &Sid) -> Option<Self::Socket> {
            self.socket(sid)
        }

        fn transport(&self, sid: &Sid) -> Option<Transport> {
            self.transport(sid)
        }

        fn session_count(&self) -> usize {
            self.session_count()
        }

        fn sessions(&self) -> Vec<SessionInfo> {
            self.sessions()
        }

        fn generate_id(&self) -> std::io::Result<Sid> {
            self.generate_id()
        }

        fn is_shutting_down(&self) -> bool {
            self.is_shutting_down()
        }
    };
    (socket) => {
        fn sid(&self) -> &Sid {
            self.sid()
        }

        fn try_send(&self, message: impl Into<Message>) -> Result<(), SendError> {
            self.try_send(message)
        }

        fn disconnect(&self) {
            self.disconnect();
        }

        fn transport(&self) -> Transport {
            self.transport()
        }

        fn is_connected(&self) -> bool {
            self.is_connected()
        }

        fn buffered_bytes(&self) -> usize {
            self.buffered_bytes()
        }

        fn session(&self) -> Option<u32> {
            self.session()
        }

        fn save_session(&self, value: u32) -> Option<u32> {
            self.save_session(value)
        }

        fn update_session(&self, update: impl FnOnce(&mut u32) -> u32) -> u32 {
            self.update_session(update)
        }
    };
}

mod tasks {
    use std::future::ready;

    use engineio::{Server, Socket};

    use super::*;

    impl ServerFace for Server {
        type Socket = Socket;

        async fn start(handlers: Handlers<Socket>) -> (Self, String) {
            let Handlers { connect, message, upgrade, drain, disconnect } = handlers;
            let server = Self::builder()
                .on_connect(move |socket, request| ready(connect(&socket, request)))
                .on_message(move |socket, received| {
                    message(&socket, received);
                    ready(())
                })
                .on_upgrade(move |socket| {
                    upgrade(&socket, ());
                    ready(())
                })
                .on_drain(move |socket| {
                    drain(&socket, ());
                    ready(())
                })
                .on_disconnect(move |socket, end| {
                    disconnect(&socket, end);
                    ready(())
                })
                .build()
                .unwrap();
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            let serving = server.clone();
            tokio::spawn(async move { serving.serve(listener).await });
            (server, url)
        }

        async fn send(&self, sid: &Sid, message: impl Into<Message>) -> Result<(), SendError> {
            self.send(sid, message).await
        }

        async fn shutdown(&self, grace: Duration) {
            self.shutdown(grace).await;
        }

        async fn sleep(&self, duration: Duration) {
            self.sleep(duration).await;
        }

        alike!(server);
    }

    impl SocketFace for Socket {
        async fn send(&self, message: impl Into<Message>) -> Result<(), SendError> {
            self.send(message).await
        }

        async fn flush(&self) -> Result<(), SendError> {
            self.flush().await
        }

        alike!(socket);
    }
}

mod threads {
    use engineio::blocking::{Server, Socket};

    use super::*;

    impl ServerFace for Server {
        type Socket = Socket;

        async fn start(handlers: Handlers<Socket>) -> (Self, String) {
            let Handlers { connect, message, upgrade, drain, disconnect } = handlers;
            let server = Self::builder()
                .on_connect(move |socket, request| connect(&socket, request))
                .on_message(move |socket, received| message(&socket, received))
                .on_upgrade(move |socket| upgrade(&socket, ()))
                .on_drain(move |socket| drain(&socket, ()))
                .on_disconnect(move |socket, end| disconnect(&socket, end))
                .build()
                .unwrap();
            let running = server.start("127.0.0.1:0").unwrap();
            let url = format!("http://{}", running.local_addr());
            (server, url)
        }

        async fn send(&self, sid: &Sid, message: impl Into<Message>) -> Result<(), SendError> {
            self.send(sid, message)
        }

        async fn shutdown(&self, grace: Duration) {
            self.shutdown(grace);
        }

        async fn sleep(&self, duration: Duration) {
            self.sleep(duration);
        }

        alike!(server);
    }

    impl SocketFace for Socket {
        async fn send(&self, message: impl Into<Message>) -> Result<(), SendError> {
            self.send(message)
        }

        async fn flush(&self) -> Result<(), SendError> {
            self.flush()
        }

        alike!(socket);
    }
}
