//! An HTTP server of threads around this one.

use std::thread;

use bytes::Bytes;
use http::Request;

use crate::messages::echo;

#[test]
fn requests_are_answered_one_by_one() {
    let server = echo().host_can_upgrade(false).build().unwrap();
    let ask = {
        let server = server.clone();
        move |method: &str, query: &str, body: &'static str| {
            let target = format!("/engine.io/?EIO=4&transport=polling{query}");
            let request = Request::builder().method(method).uri(target).header("Host", "here");
            let answer = server.handle_request(request.body(Bytes::from(body)).unwrap());
            (answer.status().as_u16(), String::from_utf8(answer.into_body().into()).unwrap())
        }
    };
    let (status, open) = ask("GET", "", "");
    assert_eq!(status, 200);
    assert!(open.contains(r#""upgrades":[]"#), "{open}");
    let sid = format!("&sid={}", server.sessions()[0].sid.as_str());
    let polling = {
        let (ask, sid) = (ask.clone(), sid.clone());
        thread::spawn(move || ask("GET", &sid, ""))
    };
    assert_eq!(ask("POST", &sid, "4hello"), (200, "ok".into()));
    assert_eq!(polling.join().unwrap(), (200, "4hello".into()));
    assert_eq!(ask("GET", "&sid=unknown", "").0, 400);
}
