//! What a run is to do.

use std::time::Duration;

use engineio::Transport;
use engineio::client::{BuildError, Connector};

use crate::args::{Bench, Mix, flag};
use crate::dial;

/// How messages are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// This many are under way in each session.
    Pipeline(u32),
    /// One in each session at this interval.
    Every(Duration),
    /// None are sent.
    Idle,
}

/// How a session travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Polling,
    WebSocket,
    Upgrade,
}

impl Route {
    const fn transports(self) -> &'static [Transport] {
        match self {
            Self::Polling => &[Transport::Polling],
            Self::WebSocket => &[Transport::WebSocket],
            Self::Upgrade => &[Transport::Polling, Transport::WebSocket],
        }
    }
}

/// What a run is to do.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) url: String,
    pub(crate) connections: usize,
    pub(crate) duration: Duration,
    pub(crate) ramp: Duration,
    pub(crate) pace: Pace,
    pub(crate) size: usize,
    pub(crate) binary: bool,
    pub(crate) reply_timeout: Duration,
    /// The routes of the sessions, in turn.
    routes: Vec<(Route, Connector)>,
}

impl Plan {
    /// Reads the options.
    ///
    /// # Errors
    ///
    /// What is wrong with them, for the user.
    pub(crate) fn new(args: &Bench) -> Result<Self, String> {
        let connections = args.connections.get();
        let routes = routes(args.transport).iter().map(|route| Ok((*route, connector(args, *route)?)));
        Ok(Self {
            url: args.url.clone(),
            connections,
            duration: args.duration,
            ramp: args.ramp,
            pace: pace(args),
            size: args.size,
            binary: args.binary,
            reply_timeout: args.reply_timeout,
            routes: routes.collect::<Result<_, String>>()?,
        })
    }

    /// How a session travels, and what connects it.
    pub(crate) fn route(&self, session: usize) -> Option<&(Route, Connector)> {
        self.routes.get(session.checked_rem(self.routes.len())?)
    }

    /// When a session begins, counted from the start of the run.
    pub(crate) fn begins(&self, session: usize) -> Duration {
        self.share(self.ramp, session)
    }

    /// When a session first sends with a pace of its own, counted from when messages begin: they take turns.
    pub(crate) fn offset(&self, session: usize) -> Duration {
        match self.pace {
            Pace::Every(interval) => self.share(interval, session),
            Pace::Pipeline(_) | Pace::Idle => Duration::ZERO,
        }
    }

    fn share(&self, whole: Duration, session: usize) -> Duration {
        let to_u32 = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        whole.saturating_mul(to_u32(session)).checked_div(to_u32(self.connections)).unwrap_or_default()
    }

    /// What is done, as words and values.
    pub(crate) fn words(&self) -> Vec<(&'static str, String)> {
        let routes: Vec<_> =
            self.routes.iter().map(|(route, _)| format!("{route:?}").to_lowercase()).collect();
        let mut words = vec![("sessions", self.connections.to_string()), ("transport", routes.join(", "))];
        match self.pace {
            Pace::Pipeline(count) => words.push(("under way in each", count.to_string())),
            Pace::Every(interval) => words.push(("messages/s", self.rate(interval))),
            Pace::Idle => return words,
        }
        let kind = if self.binary { "binary" } else { "text" };
        words.push(("of", format!("{} bytes, {kind}", self.size)));
        words
    }

    #[expect(clippy::cast_precision_loss, reason = "for display")]
    fn rate(&self, interval: Duration) -> String {
        format!("{:.0}", self.connections as f64 / interval.as_secs_f64())
    }
}

const fn routes(mix: Mix) -> &'static [Route] {
    match mix {
        Mix::Polling => &[Route::Polling],
        Mix::Websocket => &[Route::WebSocket],
        Mix::Upgrade => &[Route::Upgrade],
        Mix::Mix => &[Route::Polling, Route::WebSocket, Route::Upgrade],
    }
}

fn connector(args: &Bench, route: Route) -> Result<Connector, String> {
    let builder = dial::builder(&args.client)?
        .transports(route.transports().iter().copied())
        .upgrade(route == Route::Upgrade)
        .fall_through(false);
    builder.build().map_err(|error: BuildError| error.in_words(flag))
}

fn pace(args: &Bench) -> Pace {
    match args.rate {
        _ if args.idle => Pace::Idle,
        Some(rate) => {
            let connections = u32::try_from(args.connections.get()).unwrap_or(u32::MAX);
            Pace::Every(Duration::from_secs(1).saturating_mul(connections) / rate.get())
        }
        None => Pace::Pipeline(args.pipeline.get()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Args, Command};

    fn plan(flags: &[&str]) -> Plan {
        let words = ["engineio", "bench", "http://127.0.0.1:1"].iter().chain(flags);
        match Args::parse_from(words).command {
            Command::Bench(args) => Plan::new(&args).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn sessions_take_turns_with_routes_and_time() {
        let plan = plan(&["--connections", "4", "--ramp", "2s", "--rate", "100", "--transport", "mix"]);
        assert_eq!(plan.pace, Pace::Every(Duration::from_millis(40)));
        assert_eq!(plan.offset(3), Duration::from_millis(30));
        assert_eq!(plan.begins(1), Duration::from_millis(500));
        let routes: Vec<_> = (0..4).filter_map(|index| plan.route(index)).map(|(route, _)| *route).collect();
        assert_eq!(routes, [Route::Polling, Route::WebSocket, Route::Upgrade, Route::Polling]);
    }

    #[test]
    fn one_message_at_a_time_is_the_default() {
        assert_eq!(plan(&[]).pace, Pace::Pipeline(1));
        assert_eq!(plan(&["--idle"]).pace, Pace::Idle);
    }
}
