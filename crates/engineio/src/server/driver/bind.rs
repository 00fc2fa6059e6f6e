//! Listening on an address.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket, ToSocketAddrs, lookup_host};

/// How many connections the system keeps until they are accepted. When a server is back, all of its clients come at
/// once; one that finds no room tries again after a second or more, or, if it was answered with a SYN cookie, takes
/// itself for connected and is forgotten. Linux lowers this to `net.core.somaxconn`, 4096 by default.
const BACKLOG: u32 = 4096;

/// Listens on an address, with room for thousands of clients that come at once.
///
/// Up to 4096 connections wait until they are accepted, or what the system allows if that is less. With
/// [`TcpListener::bind`] it is 128: when a server is started again, clients beyond that wait for a second or more.
/// Everything else is as there.
///
/// # Errors
///
/// When the address cannot be found or is in use: what the operating system says about the last one of those that a
/// name stands for.
///
/// # Cancel safety
///
/// Nothing is bound when it is dropped early.
///
/// # Example
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = engineio::Server::builder().build()?;
/// let listener = engineio::server::bind("127.0.0.1:0").await?;
/// println!("listening on {}", listener.local_addr()?);
/// # let serving = server.clone();
/// # tokio::spawn(async move { serving.shutdown(std::time::Duration::ZERO).await });
/// server.serve(listener).await?;
/// # Ok(())
/// # }
/// ```
pub async fn bind(address: impl ToSocketAddrs) -> io::Result<TcpListener> {
    bind_first(lookup_host(address).await?)
}

/// Listens on the first address that can be had. Runs within a runtime.
pub(crate) fn bind_first(addresses: impl Iterator<Item = SocketAddr>) -> io::Result<TcpListener> {
    let mut failed = io::Error::new(io::ErrorKind::InvalidInput, "the name stands for no address");
    for address in addresses {
        match bind_one(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

fn bind_one(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // So that a server can be started again at once; on Windows it would let others share the port.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_free_address_is_taken() {
        let holder = bind("127.0.0.1:0").await.unwrap();
        let taken = holder.local_addr().unwrap();
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = bind_first([taken, any].into_iter()).unwrap();
        assert_ne!(listener.local_addr().unwrap(), taken);
    }

    #[tokio::test]
    async fn an_address_in_use_is_refused() {
        let holder = bind("127.0.0.1:0").await.unwrap();
        let error = bind(holder.local_addr().unwrap()).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }

    #[tokio::test]
    async fn nothing_to_listen_on_is_refused() {
        let error = bind_first(std::iter::empty()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn hundreds_of_clients_find_room_before_they_are_accepted() {
        let allowed = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap();
        let count = allowed.trim().parse::<usize>().unwrap().min(500);
        let listener = bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connect = || std::net::TcpStream::connect_timeout(&address, std::time::Duration::from_secs(20));
        let clients: io::Result<Vec<_>> = (0..count).map(|_| connect()).collect();
        assert_eq!(clients.unwrap().len(), count);
    }

    #[tokio::test]
    async fn both_families_are_listened_on() {
        assert!(bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().is_ipv4());
        let system_has_ipv6 = std::net::TcpListener::bind("[::1]:0").is_ok();
        let bound = bind("[::1]:0").await.map(|listener| listener.local_addr().unwrap().is_ipv6());
        assert_eq!(bound.ok(), system_has_ipv6.then_some(true));
    }
}
