//! The sessions of a server: every look-up by sid goes through here.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use engineio_proto::Sid;
use foldhash::fast::RandomState;
use tokio::sync::Notify;

use super::driver::shared::SharedSession;

/// Shards: enough that threads seldom meet, few enough that an idle server stays small.
const SHARDS: usize = 16;

/// Sessions by id. Nobody but the server makes ids that get into it, so a quick hash with a random key is enough.
type Sessions = HashMap<Sid, Arc<SharedSession>, RandomState>;

/// All sessions that are not over.
#[derive(Debug)]
pub(crate) struct Registry {
    shards: [Mutex<Sessions>; SHARDS],
    len: AtomicUsize,
    peers: Mutex<HashMap<IpAddr, usize>>,
    limits: Limits,
    emptied: Notify,
}

/// The session that a connection asked for last: nearly always it asks for the same one again.
#[derive(Debug, Default)]
pub(crate) struct LastFound(RefCell<Weak<SharedSession>>);

/// More sessions than any honest use of one server has, and few enough for its memory.
const MOST_SESSIONS: usize = 100_000;

/// How many sessions there may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// In total.
    pub(crate) sessions: Option<usize>,
    /// Of one remote address.
    pub(crate) sessions_per_peer: Option<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { sessions: Some(MOST_SESSIONS), sessions_per_peer: None }
    }
}

/// Why a session was not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// The limit on sessions in total is reached.
    Total,
    /// The limit on sessions of one address is reached.
    Peer,
    /// There is a session of that id already.
    Duplicate,
}

impl Registry {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            len: AtomicUsize::new(0),
            peers: Mutex::default(),
            limits,
            emptied: Notify::new(),
        }
    }

    pub(crate) fn insert(&self, session: Arc<SharedSession>) -> Result<(), Full> {
        let mut shard = self.shard(session.sid.as_str());
        if shard.contains_key(session.sid.as_str()) {
            return Err(Full::Duplicate);
        }
        self.admit(session.remote.map(|remote| remote.ip()))?;
        shard.insert(session.sid.clone(), session);
        Ok(())
    }

    pub(crate) fn find(&self, sid: &str) -> Option<Arc<SharedSession>> {
        self.shard(sid).get(sid).cloned()
    }

    /// As [`find`](Self::find), for a connection that has found `last` before.
    pub(crate) fn find_again(&self, last: &LastFound, sid: &str) -> Option<Arc<SharedSession>> {
        let same = |session: &Arc<SharedSession>| session.sid.as_str() == sid && !session.is_forgotten();
        let known = last.0.borrow().upgrade().filter(same);
        known.or_else(|| {
            let found = self.find(sid)?;
            last.0.replace(Arc::downgrade(&found));
            Some(found)
        })
    }

    pub(crate) fn remove(&self, session: &SharedSession) {
        let mut shard = self.shard(session.sid.as_str());
        // Another session cannot have taken the id: an id in use is refused.
        if shard.remove(session.sid.as_str()).is_some() {
            drop(shard);
            self.leave(session.remote.map(|remote| remote.ip()));
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len.load(Ordering::Relaxed)
    }

    /// The sessions at this moment; those that come and go meanwhile may be in it or not.
    pub(crate) fn all(&self) -> Vec<Arc<SharedSession>> {
        let mut all = Vec::with_capacity(self.len());
        for shard in &self.shards {
            all.extend(lock(shard).values().cloned());
        }
        all
    }

    /// Waits until there is no session.
    pub(crate) async fn emptied(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.len() == 0 {
                return;
            }
            emptied.await;
        }
    }

    /// Counts a session, if the limits allow one more.
    fn admit(&self, peer: Option<IpAddr>) -> Result<(), Full> {
        let total = self.len.fetch_add(1, Ordering::Relaxed);
        let full = if self.limits.sessions.is_some_and(|max| total >= max) {
            Full::Total
        } else if self.admit_peer(peer) {
            return Ok(());
        } else {
            Full::Peer
        };
        self.len.fetch_sub(1, Ordering::Relaxed);
        Err(full)
    }

    fn admit_peer(&self, peer: Option<IpAddr>) -> bool {
        let (Some(max), Some(peer)) = (self.limits.sessions_per_peer, peer.map(network)) else { return true };
        let mut peers = lock(&self.peers);
        let count = peers.entry(peer).or_default();
        if *count >= max {
            return false;
        }
        *count += 1;
        true
    }

    fn leave(&self, peer: Option<IpAddr>) {
        if let (Some(_), Some(peer)) = (self.limits.sessions_per_peer, peer.map(network)) {
            let mut peers = lock(&self.peers);
            if let Some(count) = peers.get_mut(&peer) {
                *count -= 1;
                if *count == 0 {
                    peers.remove(&peer);
                }
            }
        }
        if self.len.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.emptied.notify_waiters();
        }
    }

    /// By the id's last byte: ids are random, and where an application's are not, one shard does as well.
    #[expect(clippy::indexing_slicing, reason = "reduced by the number of shards")]
    fn shard(&self, sid: &str) -> MutexGuard<'_, Sessions> {
        lock(&self.shards[usize::from(sid.bytes().last().unwrap_or(0)) % SHARDS])
    }
}

/// What counts as one address: of IPv6 its first 64 bits, since whoever has one address there has all that begin so.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
