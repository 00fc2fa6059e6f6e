//! The common frame, without the detours that all others need: a short text message, masked and whole.

use super::mask::wide_key;
use crate::{Message, Packet, PacketType, Text};

/// First byte of a text message that is one frame.
const WHOLE_TEXT: u8 = 0x81;

/// Second byte of a masked frame, apart from its length.
const MASKED: u8 = 0x80;

/// Makes a packet of the frame that `input` begins with, and tells the frame's length, if it is a message of short
/// text in one masked frame of at most `max` bytes, and all of it is there. `None` for everything else, right or wrong.
#[inline]
pub(super) fn short_message(input: &[u8], max: u32, into: &mut Vec<Packet>) -> Option<usize> {
    let (&[first, second, a, b, c, d, packet_type], data) = input.split_first_chunk()?;
    let len = second ^ MASKED;
    if first != WHOLE_TEXT || u32::from(len) > max || packet_type ^ a != PacketType::Message as u8 {
        return None;
    }
    let key = wide_key([a, b, c, d], 1);
    into.reserve(1);
    // Room before the packet is put together: one that is made first and then moved is read back while its parts are
    // still on their way to memory, which takes longer than everything else here.
    into.reserve(1);
    let text = Text::short_changed(data, usize::from(len).checked_sub(1)?, |word| word ^ key)?;
    into.push(Packet::Message(Message::Text(text)));
    Some(6 + usize::from(len))
}
