//! Several clocks in one process, as in the tests of an application: it is not the first one that counts.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use std::time::Duration;

use engineio::Server;
use engineio::server::Body;
use http::{Request, StatusCode};
use tokio::time::Instant;

/// When the first ping of a session comes that is opened so long after the clock was paused.
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn first_ping_after(pause: Duration) -> Duration {
    tokio::time::advance(pause).await;
    let server = Server::builder().ping_interval(Duration::from_secs(3)).build().unwrap();
    let get = async |query: &str| {
        let request =
            Request::get(format!("http://localhost/engine.io/?{query}")).body(Body::default()).unwrap();
        let response = server.handle_request(request).await;
        assert_eq!(response.status(), StatusCode::OK);
        // A body that nobody takes would be a client that went away.
        http_body_util::BodyExt::collect(response.into_body()).await.unwrap();
    };
    get("EIO=4&transport=polling").await;
    let begun = Instant::now();
    let sid = server.sessions().first().unwrap().sid.clone();
    get(&format!("transport=polling&sid={sid}")).await;
    begun.elapsed()
}

#[test]
fn each_paused_clock_is_followed() {
    for pause in [3000, 0, 100_000, 0] {
        let elapsed = first_ping_after(Duration::from_secs(pause));
        assert!(elapsed.abs_diff(Duration::from_secs(3)) < Duration::from_millis(10), "{pause}: {elapsed:?}");
    }
}
