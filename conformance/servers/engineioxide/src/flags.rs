//! The flags of `engineio serve` that tests use.

use std::{net::SocketAddr, time::Duration};

use engineioxide::config::EngineIoConfig;

/// Messages that may wait for one client, as many as a test sends at once.
const BUFFER: usize = 20_000;

/// The flags.
#[derive(Debug)]
pub struct Flags {
    /// Where to listen.
    pub bind: SocketAddr,
    ping_interval: Duration,
    ping_timeout: Duration,
    max_payload: u64,
}

impl Flags {
    /// Reads the flags, each of which has a value.
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, Box<dyn std::error::Error>> {
        let mut flags = Self {
            bind: ([127, 0, 0, 1], 0).into(),
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            max_payload: 1_000_000,
        };
        while let Some(name) = words.next() {
            let value = words.next().ok_or_else(|| format!("{name} needs a value"))?;
            match &*name {
                "--bind" => flags.bind = value.parse()?,
                "--ping-interval" => flags.ping_interval = duration(&value)?,
                "--ping-timeout" => flags.ping_timeout = duration(&value)?,
                "--max-payload" => flags.max_payload = value.parse()?,
                "--mode" if value == "commands" => {}
                _ => return Err(format!("unknown flag {name} {value}").into()),
            }
        }
        Ok(flags)
    }

    /// What they mean for engineioxide.
    pub fn config(&self) -> EngineIoConfig {
        EngineIoConfig::builder()
            .max_buffer_size(BUFFER)
            .max_payload(self.max_payload)
            .ping_interval(self.ping_interval)
            .ping_timeout(self.ping_timeout)
            .build()
    }
}

/// A duration such as `300ms` or `25s`.
fn duration(text: &str) -> Result<Duration, std::num::ParseIntError> {
    match text.strip_suffix("ms") {
        Some(number) => number.parse().map(Duration::from_millis),
        None => text.trim_end_matches('s').parse().map(Duration::from_secs),
    }
}
