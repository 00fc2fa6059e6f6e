//! JSONP: payloads as calls of a script, and POST bodies as a form.

use std::fmt::Write;

use super::Query;

/// A payload as the call of a page's callback: `___eio[0]("4hello");`.
///
/// Everything that could end the string or the script is escaped, so that the payload arrives as it is.
///
/// ```
/// use engineio_proto::edge::jsonp_call;
///
/// assert_eq!(jsonp_call(3, "4a\"b"), r#"___eio[3]("4a\"b");"#);
/// ```
pub fn jsonp_call(index: u32, payload: &str) -> String {
    let mut call = format!("___eio[{index}](\"");
    for character in payload.chars() {
        match character {
            '"' => call.push_str("\\\""),
            '\\' => call.push_str("\\\\"),
            '\n' => call.push_str("\\n"),
            '\r' => call.push_str("\\r"),
            // `</script>` and `<!--` would end or comment out an inline script.
            '<' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                // Writing to a string does not fail.
                let _ = write!(call, "\\u{:04x}", u32::from(character));
            }
            other => call.push(other),
        }
    }
    call.push_str("\");");
    call
}

/// The payload in the form that a JSONP client posts, `d=...`; `None` if there is no `d`.
///
/// Browsers change line ends in forms, so clients send `\n` for a newline and `\\n` for that text itself.
pub fn form_data(body: &str) -> Option<String> {
    let (_, data) = Query::pairs(body).find(|(name, _)| name == "d")?;
    Some(unescape_newlines(&data))
}

fn unescape_newlines(data: &str) -> String {
    let parts: Vec<String> = data.split("\\\\n").map(|part| part.replace("\\n", "\n")).collect();
    parts.join("\\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a script engine makes of the call's string: these escapes are JSON's as well.
    fn argument(call: &str) -> String {
        let string = call.strip_prefix("___eio[7](").and_then(|rest| rest.strip_suffix(");"));
        serde_json::from_str(string.unwrap()).unwrap()
    }

    #[test]
    fn nothing_ends_the_string_early() {
        let payload = "4\"\\\n\r\u{2028}\u{2029}\u{1e}</script>é\u{1f600}";
        let call = jsonp_call(7, payload);
        assert_eq!(argument(&call), payload);
        assert!(!call.contains(['\n', '\r', '\u{2028}', '\u{2029}', '<']), "{call}");
    }

    #[test]
    fn forms_are_decoded() {
        for (body, wanted) in [
            ("d=4abc", Some("4abc")),
            ("d=4a%2Bb+c", Some("4a+b c")),
            ("d=", Some("")),
            ("x=1&d=4a", Some("4a")),
            ("d=4a\\nb", Some("4a\nb")),
            ("d=4a\\\\nb", Some("4a\\nb")),
            ("", None),
            ("4abc", None),
        ] {
            assert_eq!(form_data(body).as_deref(), wanted, "{body}");
        }
    }

    proptest! {
        #[test]
        fn every_payload_arrives(payload: String) {
            prop_assert_eq!(argument(&jsonp_call(7, &payload)), payload);
        }

        #[test]
        fn any_form_is_read(body: String) {
            let _ = form_data(&body);
        }
    }
}
