//! Masking of frame data.

/// Width that compilers turn into vector instructions on every target.
const WIDE: usize = 32;

/// Masks or unmasks `data`, which begins `offset` bytes after the beginning of its frame's data.
#[inline]
pub fn apply_mask(data: &mut [u8], mut key: [u8; 4], offset: usize) {
    key.rotate_left(offset % 4);
    let mut wide_key = [0; WIDE];
    wide_key.as_chunks_mut().0.fill(key);
    let (wide, tail) = data.as_chunks_mut::<WIDE>();
    for chunk in wide {
        xor(chunk, &wide_key);
    }
    xor(tail, &wide_key);
}

fn xor(data: &mut [u8], key: &[u8]) {
    for (byte, key) in data.iter_mut().zip(key) {
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
            offset in 0_usize..10,
            skip in 0_usize..40,
        ) {
            let skip = skip.min(data.len());
            let mut masked = data.clone();
            apply_mask(&mut masked[skip..], key, offset);
            prop_assert_eq!(&masked[..skip], &data[..skip]);
            for (at, (masked, plain)) in masked.iter().zip(&data).skip(skip).enumerate() {
                prop_assert_eq!(*masked, plain ^ key[(at + offset) % 4]);
            }
        }
    }
}
