//! From the command line to a conversation.

use std::io::IsTerminal;
use std::time::Duration;

use engineio::client::{ClientBuilder, Connector, Reconnect};
use tokio::runtime::{Builder, Runtime};

use super::conversation::Conversation;
use super::goal::Goal;
use super::interactive;
use super::outcome::Outcome;
use super::printer::{Json, Lines, Printer};
use super::sender::Sender;
use super::signals::Signals;
use super::{input, screen};
use crate::args::{self, Connect};
use crate::dial;

/// Runs the command to its end.
pub(crate) fn run(args: &Connect) -> Outcome {
    let prepared = connector(args).and_then(|connector| Ok((connector, runtime()?)));
    let (connector, runtime) = match prepared {
        Ok(prepared) => prepared,
        Err(words) => return Outcome::Usage(words),
    };
    let outcome = runtime.block_on(converse(args, &connector));
    // The thread that reads standard input may wait for ever.
    runtime.shutdown_background();
    outcome
}

fn connector(args: &Connect) -> Result<Connector, String> {
    let builder =
        dial::builder(&args.client)?.transports(args.transports.iter().copied()).upgrade(!args.no_upgrade);
    reconnecting(builder, &args.reconnect).build().map_err(|error| error.in_words(args::flag))
}

fn reconnecting(builder: ClientBuilder, args: &args::Reconnect) -> ClientBuilder {
    if !args.reconnect {
        return builder;
    }
    let default = Reconnect::default();
    let initial_delay = args.reconnect_delay.unwrap_or(default.initial_delay);
    builder.reconnect(Reconnect {
        initial_delay,
        max_delay: default.max_delay.max(initial_delay),
        max_attempts: args.reconnect_attempts,
        first_connect: args.reconnect_first,
        ..default
    })
}

/// One user needs no second thread.
fn runtime() -> Result<Runtime, String> {
    Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())
}

async fn converse(args: &Connect, connector: &Connector) -> Outcome {
    let signals = match Signals::new() {
        Ok(signals) => signals,
        Err(error) => return Outcome::Usage(format!("signals cannot be watched: {error}")),
    };
    let (client, events) = match connector.start(&args.url) {
        Ok(started) => started,
        Err(error) => return Outcome::Usage(error.in_words(args::flag)),
    };
    if is_interactive(args) {
        // Whoever types an end of input wants to leave.
        let goal = Goal::new(args.count, Some(args.linger.unwrap_or(Duration::ZERO)));
        return match screen::open() {
            Ok(screen) => interactive::run(screen, (client, events), goal, args.timeout, signals).await,
            Err(error) => Outcome::Usage(format!("this terminal cannot be used: {error}")),
        };
    }
    let goal = Goal::new(args.count, args.linger);
    let printer: Box<dyn Printer> = if args.json { Box::new(Json::new()) } else { Box::new(Lines::new()) };
    let conversation = Conversation::new((client.clone(), events), goal, printer, args.timeout);
    let sender = Sender::new(client, conversation.open());
    conversation.run(sender.run(input::lines(), args.binary), signals).await
}

fn is_interactive(args: &Connect) -> bool {
    !args.json && std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}
