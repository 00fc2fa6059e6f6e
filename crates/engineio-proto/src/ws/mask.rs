//! Masking of frame data.

/// Masks or unmasks `data`, which begins `offset` bytes after the beginning of its frame's data.
///
/// Word by word, which compilers turn into vector instructions.
pub fn apply_mask(data: &mut [u8], key: [u8; 4], offset: u32) {
    // The bytes of a little-endian number are rotated to the left by rotating the number to the right.
    let key = u32::from_le_bytes(key).rotate_right(offset % 4 * 8);
    let (words, tail) = data.as_chunks_mut();
    for word in words {
        *word = (u32::from_le_bytes(*word) ^ key).to_le_bytes();
    }
    for (byte, key) in tail.iter_mut().zip(key.to_le_bytes()) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn masks_like_the_definition(
            data in proptest::collection::vec(any::<u8>(), 0..200),
            key: [u8; 4],
            offset: u32,
            skip in 0_usize..40,
        ) {
            let skip = skip.min(data.len());
            let mut masked = data.clone();
            apply_mask(&mut masked[skip..], key, offset);
            prop_assert_eq!(&masked[..skip], &data[..skip]);
            for (at, (masked, plain)) in masked.iter().zip(&data).skip(skip).enumerate() {
                prop_assert_eq!(*masked, plain ^ key[(at + offset as usize) % 4]);
            }
        }
    }
}
