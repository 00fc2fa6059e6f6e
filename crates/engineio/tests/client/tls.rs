//! TLS: whom a client trusts, whom it says it is, and what it says when that fails. One set-up serves both transports.

use std::sync::{Arc, Mutex};

use engineio::client::{ClientBuilder, ConnectError, Phase};
use engineio::{Client, Transport};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::api::ways;
use crate::support::pki::{Authority, secure};
use crate::support::{Host, soon, text};

/// A conversation over each way of transport, with what `settings` add.
async fn converses(url: &str, settings: impl Fn(ClientBuilder) -> ClientBuilder) {
    for (way, builder) in ways() {
        let (client, mut events) = soon(settings(builder).connect(url)).await.expect(way);
        client.send("hello").await.unwrap();
        assert_eq!(text(&mut events).await, "hello", "{way}");
        soon(client.close()).await;
    }
}

/// The error of each transport.
async fn refused(url: &str, settings: impl Fn(ClientBuilder) -> ClientBuilder) -> [ConnectError; 2] {
    let error = async |transport| {
        let builder = settings(Client::builder().transports([transport]));
        soon(builder.connect(url)).await.unwrap_err()
    };
    [error(Transport::Polling).await, error(Transport::WebSocket).await]
}

#[tokio::test]
async fn a_private_authority_is_trusted_once_it_is_added() {
    let authority = Authority::new("Private");
    let port = secure(authority.issue(&["localhost"]).config()).await;
    for scheme in ["https", "wss"] {
        let url = format!("{scheme}://localhost:{port}");
        converses(&url, |builder| builder.add_root_certificate(authority.pem())).await;
    }
    let bundle = Authority::new("Another").pem() + &authority.pem();
    let url = format!("https://localhost:{port}");
    converses(&url, |builder| builder.without_system_roots().add_root_certificate(&bundle)).await;
}

#[tokio::test]
async fn an_unknown_authority_is_refused_with_the_way_out() {
    let port = secure(Authority::new("Private").issue(&["localhost"]).config()).await;
    let url = format!("https://localhost:{port}");
    let other = Authority::new("Private").pem();
    for trusting in [None, Some(other)] {
        let settings = |builder: ClientBuilder| match &trusting {
            Some(other) => builder.add_root_certificate(other),
            None => builder,
        };
        for error in refused(&url, settings).await {
            assert_eq!(error.phase(), Phase::Tls, "{error}");
            let line = error.to_string();
            assert!(line.contains("certificate") && line.contains("add_root_certificate"), "{line}");
            assert!(std::error::Error::source(&error).is_some());
        }
    }
}

#[tokio::test]
async fn the_name_must_be_that_of_the_certificate() {
    let authority = Authority::new("Private");
    let port = secure(authority.issue(&["chat.example"]).config()).await;
    let url = format!("https://localhost:{port}");
    let trusting = |builder: ClientBuilder| builder.add_root_certificate(authority.pem());
    for error in refused(&url, trusting).await {
        assert_eq!(error.phase(), Phase::Tls, "{error}");
        assert!(error.to_string().contains("localhost"), "{error}");
    }
    converses(&url, |builder| trusting(builder).tls_server_name("chat.example")).await;
}

#[tokio::test]
async fn the_server_is_told_which_name_is_wanted() {
    let authority = Authority::new("Private");
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let identity = authority.issue(&["localhost", "chat.example", "127.0.0.1"]);
    let port = secure(identity.config_telling(move |name| {
        seen.lock().unwrap().push(name.map(str::to_owned));
    }))
    .await;
    let trusting = |builder: ClientBuilder| builder.add_root_certificate(authority.pem());
    for (host, name, expected) in [
        ("localhost", None, Some("localhost")),
        ("localhost", Some("chat.example"), Some("chat.example")),
        // Addresses are no names (RFC 6066, section 3).
        ("127.0.0.1", None, None),
    ] {
        asked.lock().unwrap().clear();
        let named = |builder| match name {
            Some(name) => trusting(builder).tls_server_name(name),
            None => trusting(builder),
        };
        converses(&format!("https://{host}:{port}"), named).await;
        let asked = asked.lock().unwrap();
        assert!(asked.len() >= 4, "both transports, and the upgrade: {asked:?}");
        assert!(asked.iter().all(|name| name.as_deref() == expected), "{asked:?}");
    }
}

#[tokio::test]
async fn servers_that_want_a_certificate_get_the_clients() {
    let authority = Authority::new("Private");
    let port = secure(authority.issue(&["localhost"]).config_asking(&authority)).await;
    let url = format!("https://localhost:{port}");
    let trusting = |builder: ClientBuilder| builder.add_root_certificate(authority.pem());
    let client = authority.issue(&["client"]);
    converses(&url, |builder| trusting(builder).client_certificate(&client.chain, &client.key)).await;

    let stranger = Authority::new("Stranger").issue(&["client"]);
    let absent = refused(&url, trusting).await;
    let strange =
        refused(&url, |builder| trusting(builder).client_certificate(&stranger.chain, &stranger.key)).await;
    for error in absent.into_iter().chain(strange) {
        assert_eq!(error.phase(), Phase::Tls, "{error}");
        let line = error.to_string();
        assert!(line.contains("alert") && line.contains("client_certificate"), "{line}");
    }
}

#[tokio::test]
async fn certificates_that_have_expired_are_refused() {
    let authority = Authority::new("Private");
    let old = authority.issue_with(&["localhost"], |params| {
        params.not_after = rcgen::date_time_ymd(2001, 1, 1);
    });
    let port = secure(old.config()).await;
    let trusting = |builder: ClientBuilder| builder.add_root_certificate(authority.pem());
    for error in refused(&format!("https://localhost:{port}"), trusting).await {
        assert!(error.phase() == Phase::Tls && error.to_string().contains("expired"), "{error}");
    }
}

#[tokio::test]
async fn any_certificate_is_taken_only_by_a_loud_name() {
    let port = secure(Authority::new("Nobody").issue(&["elsewhere"]).config()).await;
    let url = format!("https://localhost:{port}");
    converses(&url, ClientBuilder::danger_accept_any_certificate).await;
    for error in refused(&url, |builder| builder).await {
        assert_eq!(error.phase(), Phase::Tls, "{error}");
    }
}

#[tokio::test]
async fn a_whole_configuration_can_be_given() {
    let authority = Authority::new("Private");
    let port = secure(authority.issue(&["localhost"]).config()).await;
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()).unwrap();
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    // A server that took this would speak HTTP/2, which a WebSocket cannot begin with.
    config.alpn_protocols = vec![b"h2".to_vec()];
    converses(&format!("https://localhost:{port}"), |builder| builder.rustls_config(config.clone())).await;
}

#[tokio::test]
async fn one_side_with_tls_and_the_other_without() {
    let host = Host::echo().await;
    for error in refused(&host.url().replace("http:", "https:"), |builder| builder).await {
        assert_eq!(error.phase(), Phase::Tls, "{error}");
        assert!(error.to_string().contains("http:// or ws://"), "{error}");
    }
    let port = secure(Authority::new("Private").issue(&["localhost"]).config()).await;
    for error in refused(&format!("http://localhost:{port}"), |builder| builder).await {
        assert_eq!(error.phase(), Phase::Handshake, "{error}");
    }
}

#[test]
fn pem_that_is_none_is_refused_with_the_options_name() {
    let authority = Authority::new("Private");
    let identity = authority.issue(&["client"]);
    let broken = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
    let new = Client::builder;
    for (option, builder) in [
        ("add_root_certificate", new().add_root_certificate("")),
        ("add_root_certificate", new().add_root_certificate(broken)),
        ("client_certificate", new().client_certificate("", &identity.key)),
        ("client_certificate", new().client_certificate(&identity.chain, "")),
        ("client_certificate", new().client_certificate(&identity.chain, &authority.issue(&["x"]).key)),
        ("tls_server_name", new().tls_server_name("no name")),
    ] {
        let error = builder.build().unwrap_err();
        assert_eq!(error.option(), option, "{error}");
        assert!(error.to_string().contains("expected"), "{error}");
    }
}
