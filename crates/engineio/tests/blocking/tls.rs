//! TLS, ended by the server itself.

use std::net::TcpListener;

use engineio::blocking::{Client, Server, Socket};
use engineio::{Client as AsyncClient, Message, Transport};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::PATIENCE;

#[test]
fn both_transports_work_over_tls() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    let builder = Server::builder().on_message(|socket: Socket, message| socket.send(message).unwrap());
    let server = builder.build().unwrap();
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}", tcp.local_addr().unwrap().port());
    let serving = std::thread::spawn({
        let server = server.clone();
        move || server.serve((tcp, config))
    });
    for transport in [Transport::Polling, Transport::WebSocket] {
        let settings = AsyncClient::builder().transports([transport]).add_root_certificate(made.cert.pem());
        let (client, mut events) = Client::connect_with(settings, &url).unwrap();
        client.send("hello").unwrap();
        assert_eq!(events.next_message(), Some(Message::from("hello")), "{transport}");
        client.close();
    }
    server.shutdown(PATIENCE);
    serving.join().unwrap().unwrap();
}
