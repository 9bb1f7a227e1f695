//! One handshake.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};

use rustls::ClientConfig;
use rustls::pki_types::{DnsName, ServerName};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::Served;
use super::verifier::{Takes, Verifier};

/// What was served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// SHA-256 of the certificate, hexadecimal in lower case.
    pub fingerprint_sha256: String,
}

/// Why nothing was seen; in public words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    /// Its name has no address.
    #[error("the load balancer's name has no address here")]
    NoName,
    /// Its addresses are none that are connected to.
    #[error("the load balancer's addresses are none that are connected to from here")]
    Forbidden,
    /// Nobody answers.
    #[error("no connection to the load balancer came about from here")]
    NoConnection,
    /// Somebody answers, and not in TLS, or not in time.
    #[error("the load balancer did not finish a TLS handshake")]
    NoHandshake,
    /// The host is none that a client could name.
    #[error("the name is none that a TLS client can ask for")]
    NoHost,
}

impl Served {
    /// One handshake at an address: with SNI of `host`, or without.
    pub(super) async fn handshake(
        &self,
        address: SocketAddr,
        host: Option<&str>,
        takes: Takes,
    ) -> Result<Seen, Unreachable> {
        let (verifier, seen) = Verifier::new(&self.provider, takes);
        let config = ClientConfig::builder_with_provider(Arc::clone(&self.provider));
        let config = config.with_safe_default_protocol_versions().map_err(|_| Unreachable::NoHandshake)?;
        let mut config =
            config.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth();
        // A handshake that is resumed shows no certificate.
        config.resumption = rustls::client::Resumption::disabled();
        config.enable_sni = host.is_some();
        let name = match host {
            Some(host) => DnsName::try_from(host.to_owned()).map_err(|_| Unreachable::NoHost)?.into(),
            None => ServerName::IpAddress(address.ip().into()),
        };
        let stream = timeout(self.patience, TcpStream::connect(address)).await;
        let stream = stream.map_err(|_| Unreachable::NoConnection)?.map_err(|_| Unreachable::NoConnection)?;
        let connector = TlsConnector::from(Arc::new(config));
        // It may fail after the certificate was proved: where the listener wants one of the client's, say.
        let _ = timeout(self.patience, connector.connect(name, stream)).await;
        let seen = seen.lock().unwrap_or_else(PoisonError::into_inner).take();
        let fingerprint_sha256 = seen.ok_or(Unreachable::NoHandshake)?;
        Ok(Seen { fingerprint_sha256 })
    }
}
