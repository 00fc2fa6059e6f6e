//! Random bits.

/// 128 bits of the operating system's generator.
///
/// # Errors
///
/// When the operating system has none to give, which leaves no safe way to go on.
pub(crate) fn bits() -> Result<[u8; 16], getrandom::Error> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits)?;
    Ok(bits)
}
