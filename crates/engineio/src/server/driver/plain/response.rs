//! The bytes of responses to plain requests.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode};
use httpdate::HttpDate;

use crate::server::driver::clock;

/// The length of a date, as in `Sun, 06 Nov 1994 08:49:37 GMT`.
const DATE_LEN: usize = 29;

/// Writes the head of a response whose body has `len` bytes.
pub(super) fn write_head(out: &mut Vec<u8>, status: StatusCode, headers: &HeaderMap, len: usize) {
    if status == StatusCode::OK {
        out.extend_from_slice(b"HTTP/1.1 200 OK\r\n");
    } else {
        write_status(out, status);
    }
    for (name, value) in headers {
        write_field(out, name.as_str(), value.as_bytes());
    }
    write_field(out, "content-length", itoa::Buffer::new().format(len).as_bytes());
    Date::with(|date| write_field(out, "date", date));
    out.extend_from_slice(b"\r\n");
}

fn write_status(out: &mut Vec<u8>, status: StatusCode) {
    for part in ["HTTP/1.1 ", status.as_str(), " ", status.canonical_reason().unwrap_or_default(), "\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
}

fn write_field(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

/// The date of responses, written once a second.
struct Date {
    text: String,
    /// The second that it is of, since 1970.
    second: u64,
}

thread_local! {
    static DATE: RefCell<Date> = const { RefCell::new(Date { text: String::new(), second: u64::MAX }) };
}

impl Date {
    /// Lends the present one.
    fn with(lend_to: impl FnOnce(&[u8])) {
        let since = clock::wall_clock().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        DATE.with_borrow_mut(|date| {
            date.update(since);
            lend_to(date.text.as_bytes());
        });
    }

    fn update(&mut self, since: Duration) {
        if self.second != since.as_secs() {
            self.second = since.as_secs();
            self.text.clear();
            self.text.reserve(DATE_LEN);
            // Writing to a string does not fail.
            let _ = write!(self.text, "{}", HttpDate::from(SystemTime::UNIX_EPOCH + since));
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn head(status: StatusCode, headers: &HeaderMap, len: usize) -> String {
        let mut out = Vec::new();
        write_head(&mut out, status, headers, len);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_head_says_how_long_the_body_is_and_when_it_was_written() {
        let mut headers = HeaderMap::new();
        headers.insert("a", HeaderValue::from_static("1"));
        headers.append("a", HeaderValue::from_static("2"));
        let before = HttpDate::from(SystemTime::now());
        let head = head(StatusCode::OK, &headers, 1234);
        let (fields, date) = head.split_once("date: ").unwrap();
        assert_eq!(fields, "HTTP/1.1 200 OK\r\na: 1\r\na: 2\r\ncontent-length: 1234\r\n");
        let date: HttpDate = date.strip_suffix("\r\n\r\n").unwrap().parse().unwrap();
        assert!(before <= date && date <= SystemTime::now().into());
    }

    #[test]
    fn a_status_has_its_reason() {
        let line = |code| head(StatusCode::from_u16(code).unwrap(), &HeaderMap::new(), 0);
        assert!(line(404).starts_with("HTTP/1.1 404 Not Found\r\n"));
        assert!(line(799).starts_with("HTTP/1.1 799 \r\n"));
    }

    #[test]
    fn a_date_is_good_for_a_second() {
        let mut date = Date { text: String::new(), second: u64::MAX };
        let mut at = |millis| {
            date.update(Duration::from_millis(millis));
            date.text.clone()
        };
        let first = at(784_111_777_000);
        assert_eq!(first, "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(first.len(), DATE_LEN);
        assert_eq!(at(784_111_777_999), first);
        assert_eq!(at(784_111_778_000), "Sun, 06 Nov 1994 08:49:38 GMT");
        assert_eq!(at(784_111_776_000), "Sun, 06 Nov 1994 08:49:36 GMT", "clocks are set back, too");
    }
}
