//! The server in front of another service.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::service::BoxError;
use super::{LayerBody, Server};

/// Puts a [`Server`] in front of a service: requests of the server's path are its own, others are passed on.
#[derive(Clone, Debug)]
pub struct EngineLayer(Server);

impl Server {
    /// The server as a `tower` layer, as in `axum::Router::layer`. Limits and deadlines of HTTP are those of the
    /// host.
    ///
    /// ```
    /// use axum::{Router, routing};
    /// use engineio::Server;
    ///
    /// let server = Server::builder().path("/live").build().unwrap();
    /// let app: Router = Router::new().route("/", routing::get(async || "hello")).layer(server.layer());
    /// ```
    pub fn layer(&self) -> EngineLayer {
        EngineLayer(self.clone())
    }
}

impl<S> Layer<S> for EngineLayer {
    type Service = EngineMiddleware<S>;

    fn layer(&self, inner: S) -> EngineMiddleware<S> {
        EngineMiddleware { server: self.0.clone(), inner }
    }
}

/// The service that [`EngineLayer`] makes.
#[derive(Clone, Debug)]
pub struct EngineMiddleware<S> {
    server: Server,
    inner: S,
}

impl<S, B, R> Service<Request<B>> for EngineMiddleware<S>
where
    S: Service<Request<B>, Response = Response<R>, Future: Send + 'static>,
    B: http_body::Body<Data: Send, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    type Response = Response<LayerBody<R>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<LayerBody<R>>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if !self.server.0.config.edge.path.matches(request.uri().path()) {
            let answer = self.inner.call(request);
            return Box::pin(async move { Ok(answer.await?.map(LayerBody::other)) });
        }
        let server = self.server.clone();
        Box::pin(async move { Ok(server.handle_request(request).await.map(LayerBody::own)) })
    }
}
