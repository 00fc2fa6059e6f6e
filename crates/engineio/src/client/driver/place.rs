//! Where a session lives: at the URL that the application named, or where the server's redirects led its handshake.

use std::sync::Arc;

use engineio_proto::Transport;
use http::{HeaderValue, StatusCode};

use super::dial::Dial;
use crate::client::connect_error::Phase;
use crate::client::failure::Failure;
use crate::client::redirect::{MAX_REDIRECTS, is_redirect};
use crate::client::target::Target;

/// A server's address, and what requests for it need besides.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) target: Target,
    /// The credentials for a proxy that forwards requests.
    pub(crate) proxy_auth: Option<HeaderValue>,
}

impl Place {
    pub(crate) fn new(target: Target, dial: &Dial) -> Self {
        let server = target.uri(Transport::Polling, None, None).ok();
        let proxy = server.and_then(|server| dial.forwarder(&server));
        Self { target, proxy_auth: proxy.and_then(|proxy| proxy.basic_auth().cloned()) }
    }
}

/// The way of one handshake along redirects.
#[derive(Debug)]
pub(crate) struct Trail {
    place: Arc<Place>,
    steps: usize,
}

impl Trail {
    pub(crate) const fn new(place: Arc<Place>) -> Self {
        Self { place, steps: 0 }
    }

    pub(crate) fn place(&self) -> Arc<Place> {
        Arc::clone(&self.place)
    }

    /// Goes where a redirect leads.
    ///
    /// # Errors
    ///
    /// The failure, if it is no redirect or one that is not followed.
    pub(crate) fn follow(
        &mut self,
        mut failure: Failure,
        dial: &Dial,
        stamp: Option<&str>,
    ) -> Result<(), Failure> {
        let location = failure.answer.as_ref().filter(|refused| leads_on(failure.phase, refused.status));
        let Some(location) = location.and_then(|refused| refused.location.clone()) else {
            return Err(failure);
        };
        let next = match self.place.target.redirected(&location, stamp) {
            Ok(_) if self.steps >= MAX_REDIRECTS => Err("after five others"),
            led => led,
        };
        match next {
            Ok(target) => {
                self.steps += 1;
                self.place = Arc::new(Place::new(target, dial));
                Ok(())
            }
            Err(why) => {
                if let Some(refused) = &mut failure.answer {
                    refused.not_followed = Some(why);
                }
                Err(failure)
            }
        }
    }
}

fn leads_on(phase: Phase, status: StatusCode) -> bool {
    phase == Phase::Handshake && is_redirect(status)
}
