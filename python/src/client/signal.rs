//! What wakes an event loop.

#[cfg(unix)]
pub(crate) use descriptor::Signal;
#[cfg(not(unix))]
pub(crate) use nothing::Signal;

#[cfg(unix)]
mod descriptor {
    use std::io::{Read, Write};
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// A descriptor that becomes readable, for event loops.
    #[derive(Debug, Default)]
    pub(crate) struct Signal {
        pair: OnceLock<(UnixStream, UnixStream)>,
        raised: AtomicBool,
    }

    impl Signal {
        /// The descriptor to watch.
        pub(crate) fn open(&self) -> std::io::Result<i32> {
            if self.pair.get().is_none() {
                let (reader, writer) = UnixStream::pair()?;
                reader.set_nonblocking(true)?;
                writer.set_nonblocking(true)?;
                let _ = self.pair.set((reader, writer));
            }
            Ok(self.pair.get().map_or(-1, |(reader, _)| reader.as_raw_fd()))
        }

        pub(crate) fn raise(&self) {
            if let Some((_, writer)) = self.pair.get()
                && !self.raised.swap(true, Ordering::AcqRel)
            {
                // A full buffer is readable all the same.
                let _ = (&*writer).write(&[1]);
            }
        }

        /// Takes the signal back, before looking at what it was for.
        pub(crate) fn clear(&self) {
            if let Some((reader, _)) = self.pair.get() {
                let _ = (&*reader).read(&mut [0; 16]);
                self.raised.store(false, Ordering::Release);
            }
        }
    }
}

#[cfg(not(unix))]
mod nothing {
    use std::io::{Error, ErrorKind, Result};

    /// Event loops watch no descriptors here: a thread waits for news instead.
    #[derive(Debug, Default)]
    pub(crate) struct Signal;

    impl Signal {
        pub(crate) fn open(&self) -> Result<i32> {
            Err(Error::new(ErrorKind::Unsupported, "event loops cannot watch descriptors on this system"))
        }

        pub(crate) fn raise(&self) {}

        pub(crate) fn clear(&self) {}
    }
}
