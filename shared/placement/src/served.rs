//! What a load balancer serves: a TLS handshake with its own name, with and without naming a host, and nothing else.
//!
//! The certificate is compared by its bytes, not believed: whether browsers would is not the question here. It counts only
//! when the server proved that it has the key.
//!
//! **What it can be made to reach.** Only [`Endpoint`]s: a name of Elastic Load Balancing's own, which a customer cannot
//! choose, at a listener's port. Addresses that no load balancer has are never connected to: this machine's own, those of its
//! link (the metadata service is one), broadcast and the like, and those of private networks unless the load balancer is
//! internal. What is sent is the hello of TLS; what comes back is read as TLS alone, and nothing of it is told but a hash.

mod address;
mod check;
mod handshake;
mod verifier;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use model::partition::Partition;
use rustls::crypto::CryptoProvider;

pub use check::{Answer, Meant, Question};
pub use handshake::{Seen, Unreachable};

/// How long a name is looked up, a connection is waited for, and a handshake, each.
const PATIENCE: Duration = Duration::from_secs(3);

/// Where a listener of a load balancer is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    dns_name: String,
    port: u16,
    is_internal: bool,
}

/// The name is none of a load balancer's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a name that Elastic Load Balancing gives, so nothing is connected to")]
pub struct NotALoadBalancer(String);

impl Endpoint {
    /// A listener's port, at the name that AWS tells of its load balancer.
    ///
    /// # Errors
    /// [`NotALoadBalancer`] for a name that Elastic Load Balancing does not give in that partition.
    pub fn of(
        load_balancer: &crate::load_balancer::LoadBalancer,
        port: u16,
        partition: Partition,
    ) -> Result<Self, NotALoadBalancer> {
        let dns_name = load_balancer.dns_name.trim_end_matches('.').to_ascii_lowercase();
        if !address::is_of_a_load_balancer(&dns_name, partition.dns_suffix()) {
            return Err(NotALoadBalancer(load_balancer.dns_name.clone()));
        }
        Ok(Self { dns_name, port, is_internal: load_balancer.is_internal })
    }
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.dns_name, self.port)
    }
}

/// Finds the addresses of a name.
pub trait Resolve: std::fmt::Debug + Send + Sync {
    /// The addresses of a name, with the port.
    fn resolve<'r>(&'r self, name: &'r str, port: u16) -> BoxFuture<'r, std::io::Result<Vec<SocketAddr>>>;

    /// Whether an address of a load balancer's may be connected to.
    fn admits(&self, address: SocketAddr, is_internal: bool) -> bool {
        address::is_admitted(address.ip(), is_internal)
    }
}

/// The names of the internet.
#[derive(Debug)]
struct Dns;

impl Resolve for Dns {
    fn resolve<'r>(&'r self, name: &'r str, port: u16) -> BoxFuture<'r, std::io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((name, port)).await?.collect()) })
    }
}

/// Looks at what is served. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Served {
    resolve: Arc<dyn Resolve>,
    provider: Arc<CryptoProvider>,
    patience: Duration,
}

impl Default for Served {
    fn default() -> Self {
        Self::by(Arc::new(Dns))
    }
}

impl Served {
    /// The same with addresses from somewhere else.
    #[must_use]
    pub fn by(resolve: Arc<dyn Resolve>) -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        Self { resolve, provider, patience: PATIENCE }
    }

    /// The same, less or more patient: with a name, a connection and a handshake, each.
    #[must_use]
    pub fn patient(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The addresses of an endpoint that may be connected to, at most four of them: a load balancer has one in each zone, and
    /// they are not changed all at once.
    async fn addresses(&self, endpoint: &Endpoint) -> Result<Vec<SocketAddr>, Unreachable> {
        const MOST: usize = 4;
        let found = self.resolve.resolve(&endpoint.dns_name, endpoint.port);
        let found = tokio::time::timeout(self.patience, found).await;
        let found = found.map_err(|_| Unreachable::NoName)?.map_err(|_| Unreachable::NoName)?;
        if found.is_empty() {
            return Err(Unreachable::NoName);
        }
        let admitted = found.into_iter().filter(|one| self.resolve.admits(*one, endpoint.is_internal));
        let admitted: Vec<_> = admitted.take(MOST).collect();
        if admitted.is_empty() { Err(Unreachable::Forbidden) } else { Ok(admitted) }
    }
}
