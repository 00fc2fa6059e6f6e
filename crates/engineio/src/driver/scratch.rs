//! Memory that the connections of a thread share, so that an idle connection holds none.

use std::cell::RefCell;
use std::collections::VecDeque;

#[cfg(feature = "server")]
use engineio_proto::server::Event;
use engineio_proto::{Outgoing, Packet, ws};

/// Bytes of one read.
const READ: usize = 64 * 1024;

/// A read holds 32 768 packets at most; lists for more than this many are not kept for ever.
const KEPT: usize = 1024;

pub(crate) struct Scratch {
    pub(crate) read: Box<[u8]>,
    pub(crate) write: ws::Scratch,
    /// Packets of one write.
    pub(crate) packets: VecDeque<Outgoing>,
    /// The head of one response, with its body if that is short.
    #[cfg(feature = "server")]
    pub(crate) answer: Vec<u8>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> =
        RefCell::new(Scratch {
            read: vec![0; READ].into_boxed_slice(),
            write: ws::Scratch::default(),
            packets: VecDeque::new(),
            #[cfg(feature = "server")]
            answer: Vec::new(),
        });
    static PACKETS: RefCell<Vec<Packet>> = const { RefCell::new(Vec::new()) };
    #[cfg(feature = "server")]
    static EVENTS: RefCell<VecDeque<Event>> = const { RefCell::new(VecDeque::new()) };
}

/// Lends the thread's memory. The closure must not call back into application code, which could ask again.
pub(crate) fn lend<R>(run: impl FnOnce(&mut Scratch) -> R) -> R {
    SCRATCH.with_borrow_mut(run)
}

/// Takes the thread's list for the packets of one read.
pub(crate) fn take_packets() -> Vec<Packet> {
    PACKETS.take()
}

/// Gives the list back, emptied.
pub(crate) fn give_packets(mut packets: Vec<Packet>) {
    packets.clear();
    packets.shrink_to(KEPT);
    PACKETS.set(packets);
}

/// Takes the thread's list for the events of one runner. Another one at the same time gets a list of its own.
#[cfg(feature = "server")]
pub(crate) fn take_events() -> VecDeque<Event> {
    EVENTS.take()
}

/// Lends the thread's lists for events and for packets.
#[cfg(feature = "server")]
pub(crate) fn lend_lists(lend_to: impl FnOnce(&mut VecDeque<Event>, &mut VecDeque<Outgoing>)) {
    EVENTS.with_borrow_mut(|events| lend(|Scratch { packets, .. }| lend_to(events, packets)));
}

/// Gives the list back, emptied. Safe while the thread ends, when there is no list any more.
#[cfg(feature = "server")]
pub(crate) fn give_events(mut events: VecDeque<Event>) {
    events.clear();
    events.shrink_to(KEPT);
    let _ = EVENTS.try_with(|list| list.replace(events));
}
