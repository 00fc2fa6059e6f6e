//! Proxies, written against their specifications: HTTP `CONNECT` and absolute form (RFC 9110, 9112), and SOCKS 5
//! (RFC 1928, 1929). They know one server by name, which nobody else can resolve.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// The server behind the proxy, as only the proxy knows it.
pub(crate) const NAME: &str = "server.test";

/// What a proxy was asked for, a line for each connection.
type Asked = Arc<Mutex<Vec<String>>>;

/// A proxy that runs until the test's runtime ends.
pub(crate) struct Proxy {
    address: SocketAddr,
    asked: Asked,
}

/// How it answers.
#[derive(Clone)]
pub(crate) struct Manners {
    /// Whom it lets through: `user:password`, in base64 for HTTP and in plain for SOCKS.
    pub(crate) credentials: Option<&'static str>,
    /// Whom `NAME` stands for.
    pub(crate) server: SocketAddr,
    /// What it answers instead.
    pub(crate) refusal: Option<Refusal>,
}

/// A status of HTTP, also for tunnels alone, or a reply of SOCKS.
#[derive(Clone, Copy)]
pub(crate) enum Refusal {
    Http(&'static str),
    Tunnels(&'static str),
    Socks(u8),
}

impl Manners {
    pub(crate) const fn new(server: SocketAddr) -> Self {
        Self { credentials: None, server, refusal: None }
    }
}

impl Proxy {
    pub(crate) async fn http(manners: Manners) -> Self {
        Self::start(manners, async |stream, manners, asked| http(stream, &manners, &asked).await).await
    }

    pub(crate) async fn socks5(manners: Manners) -> Self {
        Self::start(manners, async |stream, manners, asked| socks5(stream, &manners, &asked).await).await
    }

    /// An HTTP proxy that is spoken to over TLS.
    #[cfg(feature = "tls")]
    pub(crate) async fn https(manners: Manners, config: tokio_rustls::rustls::ServerConfig) -> Self {
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        Self::start(manners, move |stream, manners, asked| {
            let acceptor = acceptor.clone();
            async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    http(stream, &manners, &asked).await;
                }
            }
        })
        .await
    }

    /// One that says this, whatever it is asked.
    pub(crate) async fn saying(answer: &str) -> Self {
        let answer = answer.to_owned();
        Self::start(Manners::new(SocketAddr::from(([127, 0, 0, 1], 1))), move |mut stream, _, _| {
            let answer = answer.clone();
            async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        })
        .await
    }

    async fn start<F>(
        manners: Manners,
        serve: impl Fn(TcpStream, Manners, Asked) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Asked::default();
        let seen = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, manners.clone(), Arc::clone(&seen)));
            }
        });
        Self { address, asked }
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// A connection to the one server that is known by name, or to an address of this machine.
async fn reach(host: &str, port: u16, manners: &Manners) -> Option<TcpStream> {
    if host == NAME {
        return TcpStream::connect(manners.server).await.ok();
    }
    TcpStream::connect((host, port)).await.ok()
}

async fn http(mut client: impl AsyncRead + AsyncWrite + Unpin, manners: &Manners, asked: &Asked) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = client.read_u8().await else { return };
        head.push(byte);
    }
    let text = String::from_utf8(head.clone()).unwrap();
    let line = text.lines().next().unwrap();
    asked.lock().unwrap().push(line.to_owned());
    if let Some(status) = http_refusal(&text, manners) {
        let answer =
            format!("HTTP/1.1 {status}\r\nproxy-authenticate: Basic\r\ncontent-length: 9\r\n\r\nno <way>!");
        let _ = client.write_all(answer.as_bytes()).await;
        return;
    }
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let authority = match method {
        "CONNECT" => target,
        _ => target.strip_prefix("http://").unwrap().split('/').next().unwrap(),
    };
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
    let Some(mut server) = reach(host, port.parse().unwrap(), manners).await else { return };
    if method == "CONNECT" {
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
    } else {
        // Every server has to understand this form (RFC 9112, section 3.2.2).
        server.write_all(&head).await.unwrap();
    }
    let _ = copy_bidirectional(&mut client, &mut server).await;
}

fn http_refusal(head: &str, manners: &Manners) -> Option<&'static str> {
    let allowed = manners.credentials.is_none_or(|credentials| {
        let wanted = format!("proxy-authorization: basic {credentials}");
        head.lines().any(|line| line.eq_ignore_ascii_case(&wanted))
    });
    match manners.refusal {
        _ if !allowed => Some("407 Proxy Authentication Required"),
        Some(Refusal::Http(status)) => Some(status),
        Some(Refusal::Tunnels(status)) if head.starts_with("CONNECT ") => Some(status),
        _ => None,
    }
}

async fn socks5(mut client: TcpStream, manners: &Manners, asked: &Asked) {
    if let Some(mut server) = socks5_handshake(&mut client, manners, asked).await {
        let _ = copy_bidirectional(&mut client, &mut server).await;
    }
}

async fn socks5_handshake(client: &mut TcpStream, manners: &Manners, asked: &Asked) -> Option<TcpStream> {
    assert_eq!(client.read_u8().await.ok()?, 5);
    let methods = read(client).await?;
    let wanted = if manners.credentials.is_some() { 2 } else { 0 };
    if !methods.contains(&wanted) {
        client.write_all(&[5, 0xff]).await.ok()?;
        return None;
    }
    client.write_all(&[5, wanted]).await.ok()?;
    if let Some(credentials) = manners.credentials {
        assert_eq!(client.read_u8().await.ok()?, 1);
        let (user, password) = (read(client).await?, read(client).await?);
        let wrong = [&user[..], b":", &password[..]].concat() != credentials.as_bytes();
        client.write_all(&[1, wrong.into()]).await.ok()?;
        if wrong {
            return None;
        }
    }
    let mut request = [0; 4];
    client.read_exact(&mut request).await.ok()?;
    let [version, command, _, kind] = request;
    assert_eq!((version, command), (5, 1), "CONNECT");
    let host = socks5_host(client, kind).await?;
    let port = client.read_u16().await.ok()?;
    asked.lock().unwrap().push(format!("{kind} {host}"));
    let reply = match manners.refusal {
        Some(Refusal::Socks(code)) => code,
        _ => 0,
    };
    client.write_all(&[5, reply, 0, 1, 0, 0, 0, 0, 0, 0]).await.ok()?;
    if reply == 0 { reach(&host, port, manners).await } else { None }
}

/// A name, or an address of either kind.
async fn socks5_host(client: &mut TcpStream, kind: u8) -> Option<String> {
    Some(match kind {
        1 => {
            let mut octets = [0; 4];
            client.read_exact(&mut octets).await.ok()?;
            std::net::Ipv4Addr::from(octets).to_string()
        }
        4 => {
            let mut octets = [0; 16];
            client.read_exact(&mut octets).await.ok()?;
            std::net::Ipv6Addr::from(octets).to_string()
        }
        _ => String::from_utf8(read(client).await?).unwrap(),
    })
}

/// Bytes with their number before them.
async fn read(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = vec![0; stream.read_u8().await.ok()?.into()];
    stream.read_exact(&mut bytes).await.ok()?;
    Some(bytes)
}
