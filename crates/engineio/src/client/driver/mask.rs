//! Masks of frames, and what else a client needs chance for.

use std::cell::RefCell;

/// Masks that are drawn from the operating system at once.
const MASKS: usize = 256;

thread_local! {
    static DRAWN: RefCell<Vec<[u8; 4]>> = const { RefCell::new(Vec::new()) };
}

/// A mask for a WebSocket frame of a client: nobody on the way may be able to predict it (RFC 6455, section 5.3), so
/// it is the operating system's, which is asked for many at once.
///
/// # Errors
///
/// When the operating system has no random bits to give.
pub(crate) fn mask() -> Result<[u8; 4], getrandom::Error> {
    DRAWN.with_borrow_mut(|drawn| {
        if drawn.is_empty() {
            let mut bytes = [0; MASKS * 4];
            getrandom::fill(&mut bytes)?;
            drawn.extend(bytes.as_chunks().0);
        }
        Ok(drawn.pop().unwrap_or_default())
    })
}

/// A number from 0 to 1.
///
/// # Errors
///
/// As for [`mask`].
pub(crate) fn fraction() -> Result<f64, getrandom::Error> {
    Ok(f64::from(u32::from_le_bytes(mask()?)) / f64::from(u32::MAX))
}
