//! The application's callbacks, without their types.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use engineio_proto::Message;
use engineio_proto::edge::Rejection;
use engineio_proto::server::Disconnect;
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

/// The message handler. Its futures live in slots that are used again, so that a message costs no allocation.
pub(crate) trait MessageHandler: Send + Sync {
    /// An empty slot.
    fn slot(&self) -> Pin<Box<dyn Slot>>;
}

/// Room for one running message handler.
pub(crate) trait Slot: Send {
    /// Calls the handler and polls its future once.
    fn start(self: Pin<&mut Self>, socket: Socket, message: Message, cx: &mut Context<'_>) -> Poll<()>;
    /// Polls the handler's future, and drops it when it is ready.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()>;
}

/// A function that handles messages.
pub(crate) struct MessageFn<F>(Arc<F>);

impl<F> MessageFn<F> {
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

impl<F, Fut> MessageHandler for MessageFn<F>
where
    F: Fn(Socket, Message) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    fn slot(&self) -> Pin<Box<dyn Slot>> {
        Box::pin(FnSlot { function: Arc::clone(&self.0), running: None })
    }
}

impl<F, Fut> Slot for FnSlot<F, Fut>
where
    F: Fn(Socket, Message) -> Fut + Send + Sync,
    Fut: Future<Output = ()> + Send,
{
    fn start(self: Pin<&mut Self>, socket: Socket, message: Message, cx: &mut Context<'_>) -> Poll<()> {
        let mut slot = self.project();
        slot.running.set(Some((slot.function)(socket, message)));
        poll_running(slot.running, cx)
    }

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        poll_running(self.project().running, cx)
    }
}

fn poll_running<Fut: Future<Output = ()>>(
    mut running: Pin<&mut Option<Fut>>,
    cx: &mut Context<'_>,
) -> Poll<()> {
    if let Some(future) = running.as_mut().as_pin_mut()
        && future.poll(cx).is_pending()
    {
        return Poll::Pending;
    }
    running.set(None);
    Poll::Ready(())
}
