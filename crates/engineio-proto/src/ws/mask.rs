//! Masking of frame data.

/// Masks or unmasks `data`, which begins `offset` bytes after the beginning of its frame's data.
///
/// Word by word, which compilers turn into vector instructions.
#[inline]
pub fn apply_mask(data: &mut [u8], key: [u8; 4], offset: u32) {
    let key = key_at(key, offset);
    let (words, tail) = data.as_chunks_mut();
    for word in words {
        *word = xor(*word, key);
    }
    for (byte, key) in tail.iter_mut().zip(key.to_le_bytes()) {
        *byte ^= key;
    }
}

/// Copies `data` masked or unmasked, with room for at least `room` bytes: one pass instead of two.
pub(super) fn masked_copy(data: &[u8], key: [u8; 4], offset: u32, room: usize) -> Vec<u8> {
    let key = key_at(key, offset);
    let (words, tail) = data.as_chunks();
    let mut copy = Vec::with_capacity(room.div_ceil(4));
    copy.extend(words.iter().map(|word| xor(*word, key)));
    let mut copy = copy.into_flattened();
    copy.extend(tail.iter().zip(key.to_le_bytes()).map(|(byte, key)| byte ^ key));
    copy
}

/// The key for eight bytes in little-endian order that begin at `offset`.
pub(super) const fn wide_key(key: [u8; 4], offset: u32) -> u64 {
    let key = key_at(key, offset) as u64;
    key << 32 | key
}

/// The key for data that begins at `offset`.
const fn key_at(key: [u8; 4], offset: u32) -> u32 {
    // The bytes of a little-endian number are rotated to the left by rotating the number to the right.
    u32::from_le_bytes(key).rotate_right(offset % 4 * 8)
}

const fn xor(word: [u8; 4], key: u32) -> [u8; 4] {
    (u32::from_le_bytes(word) ^ key).to_le_bytes()
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

        #[test]
        fn copies_are_masked_alike(
            data in proptest::collection::vec(any::<u8>(), 0..200),
            key: [u8; 4],
            offset: u32,
            room in 0_usize..300,
        ) {
            let copy = masked_copy(&data, key, offset, room);
            prop_assert!(copy.capacity() >= room);
            let mut masked = data;
            apply_mask(&mut masked, key, offset);
            prop_assert_eq!(copy, masked);
        }
    }
}
