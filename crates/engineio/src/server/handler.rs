//! The application's callbacks, without their types.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use engineio_proto::edge::Rejection;
use engineio_proto::server::{Disconnect, Event};
use engineio_proto::{Load, Message};
use pin_project_lite::pin_project;

use super::connection_error::ConnectionError;
use super::{ConnectRequest, Socket};

pub(crate) type BoxFuture<T = ()> = Pin<Box<dyn Future<Output = T> + Send>>;
type Handler<E, T = ()> = Box<dyn Fn(Socket, E) -> BoxFuture<T> + Send + Sync>;

/// What the application wants to be told.
#[derive(Default)]
pub(crate) struct Handlers {
    pub(crate) connect: Option<Handler<ConnectRequest, Result<(), Rejection>>>,
    pub(crate) message: Option<Box<dyn MessageHandler>>,
    pub(crate) disconnect: Option<Handler<Disconnect>>,
    pub(crate) upgrade: Option<Handler<()>>,
    pub(crate) drain: Option<Handler<()>>,
    #[expect(clippy::type_complexity, reason = "a callback is its signature")]
    pub(crate) connection_error: Option<Box<dyn Fn(&ConnectionError) + Send + Sync>>,
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handlers").finish_non_exhaustive()
    }
}

/// The message handler, without its type.
pub(crate) trait MessageHandler: Send + Sync {
    /// Handles one message after the other, until one is not done at once: then its slot comes back.
    fn handle(&self, messages: &mut Messages<'_>, cx: &mut Context<'_>) -> Option<Pin<Box<dyn Slot>>>;
}

/// Messages that wait to be handled, at the front of a runner's events.
pub(crate) struct Messages<'r> {
    pub(crate) socket: &'r Socket,
    pub(crate) events: &'r mut VecDeque<Event>,
    /// What was handled.
    pub(crate) handled: &'r mut Load,
    /// A slot that can be used again.
    pub(crate) idle: &'r mut Option<Pin<Box<dyn Slot>>>,
    /// The message whose handler is pending.
    pub(crate) pending: Load,
    /// How many may be handled in this turn.
    pub(crate) left: usize,
}

impl Messages<'_> {
    /// Calls `handle` for one message after the other, until one is pending or the turn is over.
    #[inline]
    fn each(&mut self, mut handle: impl FnMut(&Socket, Message) -> Poll<()>) -> Poll<()> {
        while self.left > 0
            && let Some(event) = self.events.pop_front()
        {
            let Event::Message(message) = event else {
                self.events.push_front(event);
                break;
            };
            self.left -= 1;
            self.pending = Load::from(&message);
            ready!(handle(self.socket, message));
            *self.handled += self.pending;
        }
        Poll::Ready(())
    }

    /// Forgets them.
    pub(crate) fn skip(&mut self) {
        let _ = self.each(|_, _| Poll::Ready(()));
    }
}

/// Room for one running message handler, which is used again, so that a message costs no allocation.
pub(crate) trait Slot: Send {
    /// Calls the handler for one message after the other, until one is pending.
    fn run(self: Pin<&mut Self>, messages: &mut Messages<'_>, cx: &mut Context<'_>) -> Poll<()>;
    /// Polls the handler's future, and drops it when it is ready.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()>;
}

/// A function that is done with a message when it returns.
pub(crate) struct SyncFn<F>(pub(crate) F);

impl<F: Fn(&Socket, Message) + Send + Sync> MessageHandler for SyncFn<F> {
    fn handle(&self, messages: &mut Messages<'_>, _: &mut Context<'_>) -> Option<Pin<Box<dyn Slot>>> {
        let _ = messages.each(|socket, message| {
            (self.0)(socket, message);
            Poll::Ready(())
        });
        None
    }
}

/// A function that returns a future.
pub(crate) struct AsyncFn<F>(Arc<F>);

impl<F> AsyncFn<F> {
    pub(crate) fn new(function: F) -> Self {
        Self(Arc::new(function))
    }
}

pin_project! {
    struct FnSlot<F, Fut> {
        function: Arc<F>,
        #[pin]
        running: Option<Fut>,
    }
}

impl<F, Fut> MessageHandler for AsyncFn<F>
where
    F: Fn(Socket, Message) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    fn handle(&self, messages: &mut Messages<'_>, cx: &mut Context<'_>) -> Option<Pin<Box<dyn Slot>>> {
        let empty = || Box::pin(FnSlot { function: Arc::clone(&self.0), running: None });
        let mut slot = messages.idle.take().unwrap_or_else(|| empty());
        if slot.as_mut().run(messages, cx).is_pending() {
            return Some(slot);
        }
        *messages.idle = Some(slot);
        None
    }
}

impl<F, Fut> Slot for FnSlot<F, Fut>
where
    F: Fn(Socket, Message) -> Fut + Send + Sync,
    Fut: Future<Output = ()> + Send,
{
    fn run(self: Pin<&mut Self>, messages: &mut Messages<'_>, cx: &mut Context<'_>) -> Poll<()> {
        let mut slot = self.project();
        messages.each(|socket, message| {
            slot.running.set(Some((slot.function)(socket.clone(), message)));
            poll_running(slot.running.as_mut(), cx)
        })
    }

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        poll_running(self.project().running, cx)
    }
}

fn poll_running<Fut: Future<Output = ()>>(
    mut running: Pin<&mut Option<Fut>>,
    cx: &mut Context<'_>,
) -> Poll<()> {
    if let Some(future) = running.as_mut().as_pin_mut() {
        ready!(future.poll(cx));
    }
    running.set(None);
    Poll::Ready(())
}
