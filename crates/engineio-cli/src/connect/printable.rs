//! Text of a server, made safe to show on a terminal.

/// A text without what would command the terminal, or turn around what stands beside it. Lines after the first are
/// indented, so that none of them looks like one of ours.
pub(crate) fn printable(text: &str) -> String {
    let shown = |character| if is_harmless(character) { character } else { '\u{fffd}' };
    text.chars().map(shown).collect::<String>().replace('\n', "\n  ")
}

/// JSON with the same content, and with escapes in the place of what a terminal would obey: such characters stand in
/// strings only.
pub(crate) fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if is_harmless(character) {
            escaped.push(character);
        } else {
            let mut units = [0; 2];
            escaped.extend(character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    escaped
}

fn is_harmless(character: char) -> bool {
    matches!(character, '\n' | '\t') || !(character.is_control() || is_layout(character))
}

/// Returns true for a character that changes the direction of others (Unicode, UAX 9), begins a line, or is an invisible
/// tag.
const fn is_layout(character: char) -> bool {
    matches!(
        character,
        '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{e0001}'
            | '\u{e0020}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str =
        "a\x1b]0;title\x07\u{9b}2J\r\u{7f}\u{202e}\u{2066}\u{200f}\u{61c}\u{2028}\u{e0041} é\t👩\u{200d}🚀";

    #[test]
    fn a_server_cannot_command_the_terminal() {
        let shown = printable(HOSTILE);
        assert!(!shown.chars().any(|character| character != '\t' && character.is_control()), "{shown:?}");
        assert_eq!(shown.matches('\u{fffd}').count(), 11, "{shown:?}");
        assert!(
            shown.starts_with("a\u{fffd}]0;title\u{fffd}") && shown.ends_with(" é\t👩\u{200d}🚀"),
            "{shown:?}"
        );
    }

    #[test]
    fn a_line_of_a_message_does_not_look_like_one_of_ours() {
        assert_eq!(printable("a\n* disconnected: b\n< c"), "a\n  * disconnected: b\n  < c");
    }

    #[test]
    fn json_keeps_its_content() {
        let json = serde_json::json!({ "text": HOSTILE }).to_string();
        let shown = escaped(&json);
        assert_eq!(printable(&shown), shown);
        let (shown, json): (serde_json::Value, serde_json::Value) =
            (serde_json::from_str(&shown).unwrap(), serde_json::from_str(&json).unwrap());
        assert_eq!(shown, json);
    }
}
