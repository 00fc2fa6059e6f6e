//! The requests of a client.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use engineio_proto::{Sid, Transport};
use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, PROXY_AUTHORIZATION, USER_AGENT,
};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::timeout;

use super::answer;
use super::dial::Dial;
use super::place::{Place, Trail};
use super::wire;
use crate::client::config::Config;
use crate::client::connect_error::Phase;
use crate::client::cookies::CookieJar;
use crate::client::failure::Failure;
use crate::client::target::Target;
use crate::driver::clock::wall_clock;

/// How long an idle connection is kept: less than the 5 s after which Node.js and uvicorn close theirs, since a POST
/// that meets the end of its connection is lost.
const KEEP: Duration = Duration::from_secs(4);

/// Everything that a client's requests have in common.
#[derive(Debug)]
pub(crate) struct Http {
    pub(crate) config: Arc<Config>,
    pub(crate) dial: Dial,
    cookies: Option<CookieJar>,
    /// Where each handshake begins.
    named: Arc<Place>,
    /// Where the session lives.
    place: Mutex<Arc<Place>>,
    pool: Client<Dial, Full<Bytes>>,
    /// Requests so far, for the timestamp parameter.
    count: AtomicU64,
    begun: u128,
}

impl Http {
    pub(crate) fn new(config: Arc<Config>, target: Target) -> Self {
        let dial = Dial::new(Arc::clone(&config));
        let pool = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(KEEP)
            .pool_max_idle_per_host(2)
            .build(dial.clone());
        let cookies = config.cookies.jar();
        let named = Arc::new(Place::new(target, &dial));
        let place = Mutex::new(Arc::clone(&named));
        let begun = wall_clock().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
        Self { config, dial, cookies, named, place, pool, count: AtomicU64::new(0), begun }
    }

    /// The way of a handshake, from the URL that the application named.
    pub(crate) fn trail(&self) -> Trail {
        Trail::new(Arc::clone(&self.named))
    }

    /// Goes where a redirect of the handshake leads, or gives the failure back.
    pub(crate) fn follow(&self, trail: &mut Trail, failure: Failure) -> Result<(), Failure> {
        trail.follow(failure, &self.dial, self.config.timestamp.as_deref())
    }

    /// The handshake was answered at this place: here the session lives.
    pub(crate) fn settle(&self, place: Arc<Place>) {
        *self.lock() = place;
    }

    /// Where the session lives.
    pub(crate) fn place(&self) -> Arc<Place> {
        Arc::clone(&self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Arc<Place>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A GET: the handshake without a `sid`, else a poll.
    pub(crate) async fn get(self: Arc<Self>, sid: Option<Sid>) -> Result<Bytes, Failure> {
        match sid {
            None => self.handshake().await,
            Some(sid) => self.ask(&self.place(), Some(&sid)).await,
        }
    }

    async fn handshake(&self) -> Result<Bytes, Failure> {
        let mut trail = self.trail();
        loop {
            match self.ask(&trail.place(), None).await {
                Ok(body) => {
                    self.settle(trail.place());
                    return Ok(body);
                }
                Err(failure) => self.follow(&mut trail, failure)?,
            }
        }
    }

    async fn ask(&self, place: &Place, sid: Option<&Sid>) -> Result<Bytes, Failure> {
        let answer = self.do_get(place, sid).await;
        wire::answered(&Method::GET, &answer);
        answer
    }

    async fn do_get(&self, place: &Place, sid: Option<&Sid>) -> Result<Bytes, Failure> {
        let request = self.request(place, Method::GET, sid, Bytes::new())?;
        let response =
            self.pool.request(request).await.map_err(|error| Failure::http(Phase::Handshake, error))?;
        self.answer(place, response).await
    }

    /// A POST.
    pub(crate) async fn post(self: Arc<Self>, sid: Option<Sid>, body: Bytes) -> Result<Bytes, Failure> {
        let answer = self.do_post(sid.as_ref(), body).await;
        wire::answered(&Method::POST, &answer);
        answer
    }

    async fn do_post(&self, sid: Option<&Sid>, body: Bytes) -> Result<Bytes, Failure> {
        let place = self.place();
        let request = self.request(&place, Method::POST, sid, body)?;
        let limit = self.config.request_timeout;
        let response = timeout(limit, self.pool.request(request))
            .await
            .map_err(|_| Failure::timeout(Phase::Handshake, "the answer to a POST", limit))?
            .map_err(|error| Failure::http(Phase::Handshake, error))?;
        self.answer(&place, response).await
    }

    async fn answer(
        &self,
        place: &Place,
        response: http::Response<hyper::body::Incoming>,
    ) -> Result<Bytes, Failure> {
        let (parts, body) = response.into_parts();
        self.keep_cookies(place, &parts.headers);
        if parts.status != StatusCode::OK {
            return Err(Failure::refused(answer::refusal(&parts, body).await));
        }
        let limit = self.config.request_timeout;
        timeout(limit, answer::read(&parts, body, self.config.session.max_payload))
            .await
            .unwrap_or_else(|_| Err(Failure::timeout(Phase::Handshake, "the body of a response", limit)))
    }

    fn request(
        &self,
        place: &Place,
        method: Method,
        sid: Option<&Sid>,
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>, Failure> {
        let uri = self.uri(place, Transport::Polling, sid)?;
        wire::request(&method, &uri, &body);
        let mut request = Request::new(Full::new(body));
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        *headers = self.headers(place);
        headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
        if method == Method::POST {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=UTF-8"));
        }
        if let Some(credentials) = &place.proxy_auth {
            headers.insert(PROXY_AUTHORIZATION, credentials.clone());
        }
        if self.config.compression {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip, deflate"));
        }
        *request.method_mut() = method;
        Ok(request)
    }

    /// The headers of every request of both transports.
    pub(crate) fn headers(&self, place: &Place) -> HeaderMap {
        let mut headers = self.config.headers.clone();
        let agent = HeaderValue::from_static(concat!("engineio/", env!("CARGO_PKG_VERSION")));
        headers.entry(USER_AGENT).or_insert(agent);
        // An application may want another virtual host than the URL's.
        headers.entry(HOST).or_insert_with(|| place.target.host_header.clone());
        if let Some(basic) = &place.target.basic {
            headers.insert(AUTHORIZATION, basic.clone());
        }
        let cookies = self.cookies.as_ref().and_then(|jar| jar.header(&place.target, wall_clock()));
        if let Some(value) = cookies {
            add_cookies(&mut headers, value);
        }
        headers
    }

    pub(crate) fn keep_cookies(&self, place: &Place, headers: &HeaderMap) {
        if let Some(jar) = &self.cookies {
            jar.store(&place.target, headers, wall_clock());
        }
    }

    /// The address of a request, with a stamp if there is to be one.
    pub(crate) fn uri(&self, place: &Place, transport: Transport, sid: Option<&Sid>) -> Result<Uri, Failure> {
        let stamp = self.config.timestamp.as_deref().map(|name| (name, self.stamp()));
        place.target.uri(transport, sid, stamp.as_ref().map(|(name, value)| (*name, value.as_str())))
    }

    /// Something that no earlier request of this client had.
    fn stamp(&self) -> String {
        format!("{:x}-{:x}", self.begun, self.count.fetch_add(1, Ordering::Relaxed))
    }
}

/// A request has one `Cookie` header: the application's own cookies come first.
fn add_cookies(headers: &mut HeaderMap, value: HeaderValue) {
    let own = headers.get(COOKIE).map(|own| [own.as_bytes(), b"; ", value.as_bytes()].concat());
    let mut all = own.and_then(|all| HeaderValue::from_bytes(&all).ok()).unwrap_or(value);
    all.set_sensitive(true);
    headers.insert(COOKIE, all);
}
