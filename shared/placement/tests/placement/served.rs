//! What load balancers serve, over real TLS against a server that chooses certificates as they do.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use model::certificate::KeyAlgorithm;
use model::partition::Partition;
use placement::Served;
use placement::load_balancer::{Kind, LoadBalancer};
use placement::served::{Answer, Endpoint, Meant, Question, Resolve, Unreachable};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use testkit::fleet::{Fleet, Made, Maker, Serving};
use testkit::pki::CaKey;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const REGION: &str = "eu-west-1";
const NAME: &str = "web-1.eu-west-1.elb.amazonaws.com";
const HOST: &str = "www.example.com";

/// Names that lead to servers of the test's, on this machine.
#[derive(Debug)]
struct Names {
    known: BTreeMap<&'static str, Vec<SocketAddr>>,
    admits_all: bool,
}

impl Resolve for Names {
    fn resolve<'r>(&'r self, name: &'r str, _: u16) -> BoxFuture<'r, io::Result<Vec<SocketAddr>>> {
        let found = self.known.get(name).cloned();
        Box::pin(async move { found.ok_or_else(|| io::Error::other("NXDOMAIN")) })
    }

    fn admits(&self, address: SocketAddr, is_internal: bool) -> bool {
        self.admits_all || Strict.admits(address, is_internal)
    }
}

/// Takes the addresses that are taken everywhere.
#[derive(Debug)]
struct Strict;

impl Resolve for Strict {
    fn resolve<'r>(&'r self, _: &'r str, _: u16) -> BoxFuture<'r, io::Result<Vec<SocketAddr>>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

fn looking(at: &[SocketAddr]) -> Served {
    let known = BTreeMap::from([(NAME, at.to_vec())]);
    Served::by(Arc::new(Names { known, admits_all: true }))
}

fn balancer(dns_name: &str) -> LoadBalancer {
    LoadBalancer {
        arn: "arn".into(),
        name: "web".into(),
        kind: Kind::Application,
        is_internal: false,
        dns_name: dns_name.into(),
    }
}

fn endpoint() -> Endpoint {
    Endpoint::of(&balancer(NAME), 443, Partition::Aws).unwrap()
}

/// A listener with a default of somebody else's, served.
struct World {
    fleet: Fleet,
    maker: Maker,
    default: Made,
    listener: String,
    serving: Serving,
}

impl World {
    async fn new() -> Self {
        let (fleet, maker) = (Fleet::on(testkit::now), Maker::at(testkit::now()));
        let default = maker.make(&["default.example.com"]);
        let arn = fleet.put_certificate(REGION, &default, &[]);
        let balancer = fleet.put_balancer(REGION, "application", "web");
        let listener = fleet.put_listener(&balancer, "HTTPS", 443, Some(&arn));
        let serving = fleet.serve(&listener).await;
        Self { fleet, maker, default, listener, serving }
    }

    fn attach(&self, made: &Made) -> String {
        let arn = self.fleet.put_certificate(REGION, made, &[]);
        self.fleet.change_listener(&self.listener, |listener| listener.sni.push(arn.clone()));
        arn
    }

    async fn ask(&self, host: Option<&str>, meant: &Made, earlier: &[&str]) -> Answer {
        self.ask_for(host, meant, KeyAlgorithm::EcP256, earlier).await
    }

    async fn ask_for(&self, host: Option<&str>, meant: &Made, key: KeyAlgorithm, earlier: &[&str]) -> Answer {
        let meant = Meant { fingerprint_sha256: &meant.fingerprint, key, earlier };
        let served = looking(&[self.serving.address]);
        served.check(&endpoint(), &[Question { host, meant }]).await.remove(0)
    }
}

fn foreign(made: &Made) -> Answer {
    Answer::Foreign { fingerprint_sha256: made.fingerprint.clone() }
}

fn stale(made: &Made) -> Answer {
    Answer::Stale { fingerprint_sha256: made.fingerprint.clone() }
}

#[tokio::test]
async fn a_certificate_is_served_by_name_and_the_default_without_one_and_to_names_that_none_is_for() {
    let world = World::new().await;
    let made = world.maker.make(&[HOST, "*.shop.example.com"]);
    world.attach(&made);
    assert_eq!(world.ask(Some(HOST), &made, &[]).await, Answer::Meant);
    // Some label stands for the star.
    assert_eq!(world.ask(Some("*.shop.example.com"), &made, &[]).await, Answer::Meant);
    assert_eq!(world.ask(None, &made, &[]).await, foreign(&world.default));
    assert_eq!(world.ask(None, &world.default, &[]).await, Answer::Meant);
    assert_eq!(world.ask(Some("deep.down.shop.example.com"), &made, &[]).await, foreign(&world.default));
}

#[tokio::test]
async fn a_certificate_that_a_renewal_left_in_the_list_is_stale_though_the_default_is_new() {
    let world = World::new().await;
    let (from, now) = (testkit::now().minus(Duration::from_secs(86_400)), testkit::now());
    // Of two of one name the load balancer takes the one that is valid for longer.
    let old = world.maker.make_of(&[HOST], CaKey::EcP256, from, now.plus(Duration::from_secs(86_400 * 300)));
    let new = world.maker.make(&[HOST]);
    let old_arn = world.attach(&old);
    let new_arn = world.attach(&new);
    world.fleet.change_listener(&world.listener, |listener| listener.default = Some(new_arn.clone()));
    let earlier = [old.fingerprint.as_str()];
    assert_eq!(world.ask(None, &new, &earlier).await, Answer::Meant, "without SNI everything looks well");
    assert_eq!(world.ask(Some(HOST), &new, &earlier).await, stale(&old));
    assert_eq!(world.ask(Some(HOST), &new, &[]).await, foreign(&old));
    world.fleet.change_listener(&world.listener, |listener| listener.sni.retain(|arn| *arn != old_arn));
    assert_eq!(world.ask(Some(HOST), &new, &earlier).await, Answer::Meant);
    // The old default stays in the list when it stood there, too.
    world.fleet.change_listener(&world.listener, |listener| {
        listener.sni = vec![old_arn.clone()];
    });
    assert_eq!(world.ask(Some(HOST), &new, &earlier).await, stale(&old));
}

#[tokio::test]
async fn of_two_key_types_each_is_served_to_those_who_take_it() {
    let world = World::new().await;
    let (from, until) = (world.default.not_before, world.default.not_after);
    let rsa = world.maker.make_of(&[HOST], CaKey::Rsa2048, from, until);
    let ec = world.maker.make(&[HOST]);
    world.attach(&rsa);
    assert_eq!(world.ask_for(Some(HOST), &rsa, KeyAlgorithm::Rsa2048, &[]).await, Answer::Meant);
    // Somebody else's of ECDSA is the better one to most clients; to the others ours is served.
    world.attach(&ec);
    assert_eq!(world.ask_for(Some(HOST), &rsa, KeyAlgorithm::Rsa2048, &[]).await, Answer::Meant);
    assert_eq!(world.ask(Some(HOST), &ec, &[]).await, Answer::Meant);
    // What is on the listener no more is not served to anybody.
    let gone = world.maker.make_of(&[HOST], CaKey::Rsa2048, from, until);
    assert_eq!(world.ask_for(Some(HOST), &gone, KeyAlgorithm::Rsa2048, &[]).await, foreign(&rsa));
}

#[tokio::test]
async fn the_worst_of_a_load_balancers_addresses_counts_and_those_that_nobody_answers_at_do_not() {
    let (new, old) = (World::new().await, World::new().await);
    let (fresh, aged) = (new.maker.make(&[HOST]), old.maker.make(&[HOST]));
    new.attach(&fresh);
    old.attach(&aged);
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let meant = Meant {
        fingerprint_sha256: &fresh.fingerprint,
        key: KeyAlgorithm::EcP256,
        earlier: &[&aged.fingerprint],
    };
    let question = Question { host: Some(HOST), meant };
    let at = |addresses: &[SocketAddr]| looking(addresses);
    let both = at(&[new.serving.address, closed, old.serving.address]);
    assert_eq!(both.check(&endpoint(), &[question]).await, [stale(&aged)]);
    let one = at(&[closed, new.serving.address]);
    assert_eq!(one.check(&endpoint(), &[question]).await, [Answer::Meant]);
    let none = at(&[closed]);
    let reason = Unreachable::NoConnection;
    assert_eq!(none.check(&endpoint(), &[question; 2]).await, vec![Answer::Unreachable { reason }; 2]);
}

#[tokio::test]
async fn many_names_are_asked_for_and_answered_in_their_order() {
    let world = World::new().await;
    let names: Vec<String> = (0..20).map(|number| format!("n{number}.example.com")).collect();
    let made: Vec<Made> = names.iter().map(|name| world.maker.make(&[name])).collect();
    for one in made.iter().skip(1) {
        world.attach(one);
    }
    let question = |(name, made): (&'static str, &'static Made)| Question {
        host: Some(name),
        meant: Meant { fingerprint_sha256: &made.fingerprint, key: KeyAlgorithm::EcP256, earlier: &[] },
    };
    let (names, made): (&'static [String], &'static [Made]) = (names.leak(), made.leak());
    let questions: Vec<_> = names.iter().map(String::as_str).zip(made).map(question).collect();
    let answers = looking(&[world.serving.address]).check(&endpoint(), &questions).await;
    assert_eq!(answers[0], foreign(&world.default));
    assert!(answers[1..].iter().all(|answer| *answer == Answer::Meant), "{answers:?}");
    assert!(looking(&[world.serving.address]).check(&endpoint(), &[]).await.is_empty());
}

#[tokio::test]
async fn a_server_that_never_answers_or_speaks_no_tls_costs_a_moment_and_fails_nothing() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (silent_at, plain_at) = (silent.local_addr().unwrap(), plain.local_addr().unwrap());
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = silent.accept().await {
            held.push(stream);
        }
    });
    tokio::spawn(async move {
        while let Ok((stream, _)) = plain.accept().await {
            let _ = stream.try_write(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let meant = Meant { fingerprint_sha256: "00", key: KeyAlgorithm::EcP256, earlier: &[] };
    for address in [silent_at, plain_at] {
        let served = looking(&[address]).patient(Duration::from_millis(200));
        let questions = [Question { host: None, meant }, Question { host: Some(HOST), meant }];
        let answers =
            tokio::time::timeout(Duration::from_secs(5), served.check(&endpoint(), &questions)).await;
        let reason = Unreachable::NoHandshake;
        assert_eq!(answers.unwrap(), vec![Answer::Unreachable { reason }; 2]);
    }
}

/// A server with these versions of TLS that shows a certificate with a key, and may want the client's.
async fn server(
    made: &Made,
    key: &Made,
    version: &'static SupportedProtocolVersion,
    wants_client: bool,
) -> SocketAddr {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let ders =
        |pem: &str| CertificateDer::pem_slice_iter(pem.as_bytes()).map(Result::unwrap).collect::<Vec<_>>();
    let key = PrivateKeyDer::from_pem_slice(key.key.as_bytes()).unwrap();
    let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key).unwrap();
    let shown = CertifiedKey::new(ders(&made.certificate), key);
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[version])
        .unwrap();
    let config = if wants_client {
        let mut roots = RootCertStore::empty();
        roots.add(ders(&made.root).remove(0)).unwrap();
        let wanting = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        config.with_client_cert_verifier(wanting)
    } else {
        config.with_no_client_auth()
    };
    let config = config.with_cert_resolver(Arc::new(SingleCertAndKey::from(shown)));
    let (acceptor, socket) =
        (TlsAcceptor::from(Arc::new(config)), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = socket.accept().await {
            let _ = acceptor.accept(stream).await;
        }
    });
    address
}

#[tokio::test]
async fn a_listener_that_wants_a_certificate_of_the_clients_shows_its_own_all_the_same() {
    let made = Maker::at(testkit::now()).make(&[HOST]);
    let meant = Meant { fingerprint_sha256: &made.fingerprint, key: KeyAlgorithm::EcP256, earlier: &[] };
    for version in [&TLS12, &TLS13] {
        let address = server(&made, &made, version, true).await;
        let question = [Question { host: Some(HOST), meant }];
        assert_eq!(looking(&[address]).check(&endpoint(), &question).await, [Answer::Meant], "{version:?}");
    }
}

#[tokio::test]
async fn a_certificate_counts_only_when_the_server_proves_that_it_has_the_key() {
    let maker = Maker::at(testkit::now());
    let (made, other) = (maker.make(&[HOST]), maker.make(&[HOST]));
    let meant = Meant { fingerprint_sha256: &made.fingerprint, key: KeyAlgorithm::EcP256, earlier: &[] };
    for version in [&TLS12, &TLS13] {
        let question = [Question { host: Some(HOST), meant }];
        let address = server(&made, &other, version, false).await;
        let reason = Unreachable::NoHandshake;
        let answers = looking(&[address]).check(&endpoint(), &question).await;
        assert_eq!(answers, [Answer::Unreachable { reason }], "{version:?}");
        let address = server(&made, &made, version, false).await;
        assert_eq!(looking(&[address]).check(&endpoint(), &question).await, [Answer::Meant], "{version:?}");
    }
}

#[tokio::test]
async fn nothing_is_connected_to_but_what_can_be_a_load_balancer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, connections) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let meant = Meant { fingerprint_sha256: "00", key: KeyAlgorithm::EcP256, earlier: &[] };
    let question = [Question { host: Some(HOST), meant }];
    // A load balancer's name that leads to this machine, or to the metadata service.
    for forbidden in
        [address, SocketAddr::from(([169, 254, 169, 254], 80)), SocketAddr::from(([10, 0, 0, 1], 443))]
    {
        let known = BTreeMap::from([(NAME, vec![forbidden])]);
        let served = Served::by(Arc::new(Names { known, admits_all: false }));
        let reason = Unreachable::Forbidden;
        assert_eq!(served.check(&endpoint(), &question).await, [Answer::Unreachable { reason }]);
    }
    assert_eq!(connections.load(Ordering::SeqCst), 0);
    // A name that no load balancer has makes no endpoint.
    for name in ["localhost", "169.254.169.254", "internal.example.com", ""] {
        let refused = Endpoint::of(&balancer(name), 80, Partition::Aws).unwrap_err();
        assert!(refused.to_string().contains("nothing is connected to"), "{refused}");
    }
    // One that leads nowhere is unreachable.
    let served = Served::by(Arc::new(Names { known: BTreeMap::new(), admits_all: true }));
    let reason = Unreachable::NoName;
    assert_eq!(served.check(&endpoint(), &question).await, [Answer::Unreachable { reason }]);
    assert_eq!(endpoint().to_string(), format!("{NAME}:443"));
}
