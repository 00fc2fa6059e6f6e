//! Whether the sessions kept their promises.

use engineio_proto::DisconnectReason;

use crate::app::App;
use crate::endpoint::Endpoint;
use crate::pair::{Pair, Side};
use crate::run::Mode;
use crate::script::Ending;

/// Judges a run that is over. `scripted` is whether its script ended it while the session was open.
pub(crate) fn judge(pair: &Pair, mode: Mode, ending: Ending, scripted: bool) -> Result<(), String> {
    let (client, server) = (pair.app(Side::Client), pair.app(Side::Server));
    check_account("client", client, server)?;
    check_account("server", server, client)?;
    if !mode.is_lossless() {
        return Ok(());
    }
    match ending {
        Ending::Idle(_) if client.is_sending() || server.is_sending() => {
            Err("not everything was accepted for sending".to_owned())
        }
        Ending::Idle(side) => {
            check_arrival(client, server)?;
            check_arrival(server, client)?;
            check_reasons(pair, side)
        }
        Ending::Early(side, _) if scripted => {
            check_arrival(pair.app(side), pair.app(side.other()))?;
            check_reasons(pair, side)
        }
        Ending::Leave(_) if scripted => {
            check_arrival(server, client)?;
            check_left(client, server)
        }
        Ending::Early(..) | Ending::Abort(_) | Ending::Leave(_) => Ok(()),
    }
}

/// What a session says it could not confirm covers everything that was lost, apart from what was written to a
/// WebSocket: nobody can know what a connection that broke had delivered.
fn check_account(name: &str, from: &App, to: &App) -> Result<(), String> {
    let lost = from.lost_off_websocket(to.seen());
    let unconfirmed = from.end().map_or(0, |end| end.unconfirmed);
    if lost > unconfirmed {
        return Err(format!("{name}: {lost} messages were lost and {unconfirmed} unconfirmed"));
    }
    if unconfirmed > from.sent().len() as u64 {
        return Err(format!("{name}: {unconfirmed} messages unconfirmed and fewer sent"));
    }
    Ok(())
}

fn check_arrival(from: &App, to: &App) -> Result<(), String> {
    let (sent, seen) = (from.sent().len(), to.seen());
    if sent == seen { Ok(()) } else { Err(format!("{sent} messages were sent and {seen} arrived")) }
}

/// A server that shuts down delivers everything that its client could believe to have arrived: what was written to a
/// WebSocket, or was in a POST that the server answered.
fn check_left(client: &App, server: &App) -> Result<(), String> {
    let unconfirmed = client.end().map_or(0, |end| end.unconfirmed);
    let (sent, seen) = (client.sent().len() as u64, server.seen() as u64);
    if seen + unconfirmed < sent {
        return Err(format!("{sent} messages were sent, {unconfirmed} unconfirmed, and {seen} arrived"));
    }
    let reasons = [client, server].map(|app| app.end().map(|end| end.reason));
    if reasons == [Some(DisconnectReason::ServerDisconnect), Some(DisconnectReason::Shutdown)] {
        return Ok(());
    }
    Err(format!("a shutdown ended with {reasons:?}"))
}

/// Both sides name the side that closed.
fn check_reasons(pair: &Pair, closer: Side) -> Result<(), String> {
    let expected = match closer {
        Side::Client => DisconnectReason::ClientDisconnect,
        Side::Server => DisconnectReason::ServerDisconnect,
    };
    for side in [Side::Client, Side::Server] {
        let end = pair.app(side).end();
        if side == Side::Client && side == closer && end.is_some_and(|end| end.unconfirmed > 0) {
            return Err(format!("the client closed in good order, and yet: {end:?}"));
        }
        if end.is_none_or(|end| end.reason != expected) {
            return Err(format!("{side:?} ended with {end:?}, not with {expected}"));
        }
    }
    Ok(())
}

/// Both queues hold no more than they may.
pub(crate) fn check_limits(pair: &Pair) -> Result<(), String> {
    let client = &pair.config.client;
    within(pair.client(), client.max_queued_bytes, client.max_queued_packets)?;
    let server = &pair.config.server;
    pair.server()
        .map_or(Ok(()), |session| within(session, server.max_queued_bytes, server.max_queued_packets))
}

/// The longest message that applications send here: the one that may exceed the byte limit.
const LARGEST: usize = 1000;

/// Packets of the protocol that may stand in a queue besides the messages: open, ping.
const CONTROL: usize = 2;

fn within(session: &impl Endpoint, bytes: usize, packets: usize) -> Result<(), String> {
    let progress = session.progress();
    if progress.queued_bytes > bytes + LARGEST || progress.queued_packets > packets + CONTROL {
        return Err(format!("a queue holds more than it may: {progress:?}"));
    }
    if progress.confirmed > progress.taken || progress.taken > progress.accepted {
        return Err(format!("marks out of order: {progress:?}"));
    }
    Ok(())
}
