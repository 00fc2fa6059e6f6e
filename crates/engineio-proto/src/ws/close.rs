//! How a connection ends.

use super::FrameError;
use crate::{DecodeError, Text};

/// The status code of a close frame (RFC 6455, section 7.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CloseCode(u16);

impl CloseCode {
    /// The purpose is fulfilled.
    pub const NORMAL: Self = Self(1000);
    /// The server shuts down, or the page was left.
    pub const GOING_AWAY: Self = Self(1001);
    /// The peer broke the framing rules.
    pub const PROTOCOL: Self = Self(1002);
    /// The peer sent a kind of data that is not taken.
    pub const UNSUPPORTED: Self = Self(1003);
    /// The peer sent text that is not UTF-8.
    pub const INVALID_DATA: Self = Self(1007);
    /// The peer broke a rule that no other code names.
    pub const POLICY: Self = Self(1008);
    /// The peer sent a message over the limit.
    pub const TOO_BIG: Self = Self(1009);
    /// This side failed.
    pub const INTERNAL: Self = Self(1011);

    /// A code that may stand in a close frame: a registered one, or one of the ranges for libraries and
    /// applications. 1004 to 1006 and 1015 only ever describe what happened locally.
    pub const fn new(code: u16) -> Option<Self> {
        match code {
            1000..=1003 | 1007..=1014 | 3000..=4999 => Some(Self(code)),
            _ => None,
        }
    }

    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl From<DecodeError> for CloseCode {
    /// The code that answers a message which is no packet.
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Utf8 => Self::INVALID_DATA,
            DecodeError::Empty | DecodeError::UnknownType | DecodeError::Base64 => Self::POLICY,
        }
    }
}

/// What stands in a close frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseFrame {
    /// Why.
    pub code: CloseCode,
    /// Why in words; at most 123 bytes, often empty.
    pub reason: Text,
}

impl CloseFrame {
    /// Reads the data of a close frame, which may be empty.
    #[cold]
    pub(super) fn decode(data: &[u8]) -> Result<Option<Self>, FrameError> {
        if data.is_empty() {
            return Ok(None);
        }
        let (code, reason) = data.split_first_chunk().ok_or(FrameError::Close)?;
        let code = CloseCode::new(u16::from_be_bytes(*code)).ok_or(FrameError::Close)?;
        let reason = std::str::from_utf8(reason).map_err(|_| FrameError::Utf8)?;
        Ok(Some(Self { code, reason: reason.into() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_may_be_sent() {
        for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999] {
            assert_eq!(CloseCode::new(code).map(CloseCode::get), Some(code));
        }
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, u16::MAX] {
            assert_eq!(CloseCode::new(code), None, "{code}");
        }
    }

    #[test]
    fn close_frames() {
        let frame = |code, reason: &str| Ok(Some(CloseFrame { code, reason: reason.into() }));
        assert_eq!(CloseFrame::decode(b""), Ok(None));
        assert_eq!(CloseFrame::decode(b"\x03\xe8"), frame(CloseCode::NORMAL, ""));
        assert_eq!(CloseFrame::decode("\u{3}é".as_bytes()), Err(FrameError::Close));
        assert_eq!(CloseFrame::decode(b"\x03\xe9bye"), frame(CloseCode::GOING_AWAY, "bye"));
        assert_eq!(CloseFrame::decode(b"\x03"), Err(FrameError::Close));
        assert_eq!(CloseFrame::decode(b"\x03\xed"), Err(FrameError::Close));
        assert_eq!(CloseFrame::decode(b"\x03\xe8\xff"), Err(FrameError::Utf8));
    }

    #[test]
    fn undecodable_messages_have_their_codes() {
        assert_eq!(CloseCode::from(DecodeError::Utf8), CloseCode::INVALID_DATA);
        assert_eq!(CloseCode::from(DecodeError::Empty), CloseCode::POLICY);
    }
}
