//! A server that serves what a listener has, over real TLS, by the rules of load balancers.
#![expect(clippy::expect_used, reason = "a mistake of the test's")]

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, SignatureScheme};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::choice::choose;
use super::{Fleet, Shown};

/// A server on this machine, until it is let go.
#[derive(Debug)]
pub struct Serving {
    /// Where it is reached.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Fleet {
    /// Serves a listener, as it is at each handshake, or was before its lag ([`Fleet::set_lag`]).
    pub async fn serve(&self, listener: &str) -> Serving {
        let choosing = Choosing { fleet: self.clone(), listener: listener.to_owned() };
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.expect("TLS").with_no_client_auth().with_cert_resolver(Arc::new(choosing));
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let socket = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = socket.local_addr().expect("an address");
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = socket.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let _ = acceptor.accept(stream).await;
                });
            }
        });
        Serving { address, task }
    }
}

#[derive(Debug)]
struct Choosing {
    fleet: Fleet,
    listener: String,
}

impl ResolvesServerCert for Choosing {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let mut state = self.fleet.state();
        state.remember("time");
        let followed = state.now.minus(state.manners.lag);
        let history = state.history.get(&self.listener)?;
        let moment = history.iter().rev().find(|moment| moment.since <= followed).or(history.first())?;
        let takes = |shown: &Shown| {
            let is_ecdsa = shown.key_algorithm.starts_with("EC");
            hello.signature_schemes().iter().any(|scheme| is_of_ecdsa(*scheme) == is_ecdsa)
        };
        let chosen = choose(moment.default.as_ref(), &moment.sni, hello.server_name(), takes)?;
        Some(Arc::clone(&state.certificates.get(&chosen.arn)?.servable))
    }
}

fn is_of_ecdsa(scheme: SignatureScheme) -> bool {
    [
        SignatureScheme::ECDSA_NISTP256_SHA256,
        SignatureScheme::ECDSA_NISTP384_SHA384,
        SignatureScheme::ECDSA_NISTP521_SHA512,
    ]
    .contains(&scheme)
}
