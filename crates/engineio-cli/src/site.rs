//! What is served besides the endpoint: the page and the health check.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use engineio::server::Body;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use tower_service::Service;

use crate::page::{self, File};

/// The pages of the server.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    index: Arc<str>,
}

impl Site {
    pub(crate) fn new(path: &str, mode: &str) -> Self {
        Self { index: page::index(path, mode).body.into() }
    }

    fn answer(&self, method: &Method, path: &str) -> Response<Body> {
        if !matches!(*method, Method::GET | Method::HEAD) {
            let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "expected GET\n");
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        match path {
            "/" => file(page::HTML, &*self.index),
            "/healthz" => plain(StatusCode::OK, "ok\n"),
            path => match page::file(path) {
                Some(File { media_type, body }) => file(media_type, body),
                None => plain(StatusCode::NOT_FOUND, "not found\n"),
            },
        }
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = file("text/plain; charset=utf-8", text);
    *response.status_mut() = status;
    response
}

fn file(media_type: &'static str, body: impl Into<String>) -> Response<Body> {
    let mut response = Response::new(Body::new(body.into()));
    let headers = [
        (CONTENT_TYPE, media_type),
        (CONTENT_SECURITY_POLICY, page::CONTENT_SECURITY_POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "no-cache"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

impl<B> Service<Request<B>> for Site {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ready(Ok(self.answer(request.method(), request.uri().path())))
    }
}
