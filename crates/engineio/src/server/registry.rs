//! The sessions of a server: every look-up by sid goes through here.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;
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

/// How many sessions there may be.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits {
    /// In total.
    pub(crate) sessions: Option<usize>,
    /// Of one remote address.
    pub(crate) sessions_per_peer: Option<usize>,
}

/// Why a session was not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// A limit is reached.
    Limit,
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
        let fits = self.limits.sessions.is_none_or(|max| total < max) && self.admit_peer(peer);
        if fits {
            return Ok(());
        }
        self.len.fetch_sub(1, Ordering::Relaxed);
        Err(Full::Limit)
    }

    fn admit_peer(&self, peer: Option<IpAddr>) -> bool {
        let (Some(max), Some(peer)) = (self.limits.sessions_per_peer, peer) else { return true };
        let mut peers = lock(&self.peers);
        let count = peers.entry(peer).or_default();
        if *count >= max {
            return false;
        }
        *count += 1;
        true
    }

    fn leave(&self, peer: Option<IpAddr>) {
        if let (Some(_), Some(peer)) = (self.limits.sessions_per_peer, peer) {
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
