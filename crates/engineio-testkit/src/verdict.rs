//! Whether the sessions kept their promises.

use engineio_proto::DisconnectReason;

use crate::app::App;
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
        Ending::Early(..) | Ending::Abort(_) => Ok(()),
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

/// Both sides name the side that closed.
fn check_reasons(pair: &Pair, closer: Side) -> Result<(), String> {
    let expected = match closer {
        Side::Client => DisconnectReason::ClientDisconnect,
        Side::Server => DisconnectReason::ServerDisconnect,
    };
    for side in [Side::Client, Side::Server] {
        let end = pair.app(side).end();
        if end.is_none_or(|end| end.reason != expected) {
            return Err(format!("{side:?} ended with {end:?}, not with {expected}"));
        }
    }
    Ok(())
}
