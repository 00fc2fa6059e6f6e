//! Callbacks for what happens.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use engineio_proto::Message;

use super::{Client, Disconnect, Event, Events};

/// Events after which other tasks have their turn, although there are more and no handler has waited.
const TURN: usize = 64;

type Handler<E> = Box<dyn Fn(Client, E) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// What the application wants to be told.
#[derive(Default)]
pub(crate) struct Handlers {
    pub(crate) open: Option<Handler<()>>,
    pub(crate) message: Option<Handler<Message>>,
    pub(crate) disconnect: Option<Handler<Disconnect>>,
    /// What the others do not take.
    pub(crate) event: Option<Handler<Event>>,
}

impl Handlers {
    pub(crate) const fn is_empty(&self) -> bool {
        self.open.is_none() && self.message.is_none() && self.disconnect.is_none() && self.event.is_none()
    }

    /// Calls them until the client is over, or one of them panics, which closes it: the rest of them would be told a
    /// part of what happens.
    pub(crate) async fn serve(self, client: Client, mut events: Events) {
        let guard = Guard(client.clone());
        let mut called = 0;
        while let Some(event) = events.next().await {
            self.call(client.clone(), event).await;
            called += 1;
            if called % TURN == 0 {
                tokio::task::yield_now().await;
            }
        }
        drop(guard);
    }

    async fn call(&self, client: Client, event: Event) {
        match (event, self) {
            (Event::Open(_), Self { open: Some(open), .. }) => open(client, ()).await,
            (Event::Message(message), Self { message: Some(handle), .. }) => handle(client, message).await,
            (Event::Disconnected(end), Self { disconnect: Some(handle), .. }) => handle(client, end).await,
            (event, Self { event: Some(handle), .. }) => handle(client, event).await,
            _ => {}
        }
    }
}

/// Closes the client when it goes, which changes nothing for one that is over.
struct Guard(Client);

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.0.close());
    }
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handlers").field("is_empty", &self.is_empty()).finish()
    }
}
