//! The common frame, without the detours that all others need: a short text message, masked and whole.

use super::mask::wide_key;
use crate::{Message, Packet, PacketType, Text};

/// First byte of a text message that is one frame.
const WHOLE_TEXT: u8 = 0x81;

/// Second byte of a masked frame, apart from its length.
const MASKED: u8 = 0x80;

/// Packets that room is made for at once.
const AT_ONCE: usize = 64;

/// Makes packets of the frames that `input` begins with, as long as each is a message of short text in one masked
/// frame of at most `max` bytes that is there as a whole. Tells how much of the input they were.
pub(super) fn short_messages(input: &[u8], max: u32, into: &mut Vec<Packet>) -> usize {
    let mut used = 0;
    while let Some(rest) = input.get(used..).filter(|rest| !rest.is_empty()) {
        // Each packet is put together where it stays. One that is made first and then moved is read back while its
        // parts are still on their way to memory, which takes longer than everything else here.
        let (len, more) = (into.len(), places(rest));
        into.resize(len + more, Packet::Noop);
        let mut filled = 0;
        for place in into.get_mut(len..).unwrap_or_default() {
            let Some(len) = short_message(input.get(used..).unwrap_or_default(), max, place) else { break };
            used += len;
            filled += 1;
        }
        into.truncate(len + filled);
        if filled < more || more == 0 {
            break;
        }
    }
    used
}

/// How many frames there are if the first is a short one and all are as long: often so, and never too far off.
fn places(input: &[u8]) -> usize {
    let &[WHOLE_TEXT, second, ..] = input else { return 0 };
    let len = usize::from(second ^ MASKED);
    if len <= 1 + Text::SHORT { (input.len() / (6 + len)).min(AT_ONCE) } else { 0 }
}

/// Makes a packet of the frame that `input` begins with, and tells the frame's length. `None` for every other frame,
/// right or wrong.
#[inline]
fn short_message(input: &[u8], max: u32, into: &mut Packet) -> Option<usize> {
    let (&[first, second, a, b, c, d, packet_type], data) = input.split_first_chunk()?;
    let len = second ^ MASKED;
    if first != WHOLE_TEXT || u32::from(len) > max || packet_type ^ a != PacketType::Message as u8 {
        return None;
    }
    let key = wide_key([a, b, c, d], 1);
    let text = Text::short_changed(data, usize::from(len).checked_sub(1)?, |word| word ^ key)?;
    *into = Packet::Message(Message::Text(text));
    Some(6 + usize::from(len))
}
