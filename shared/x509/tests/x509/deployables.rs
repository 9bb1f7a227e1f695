use model::certificate::{KeyAlgorithm, Spec, Validity};
use secrecy::{ExposeSecret as _, SecretString};
use x509::{Certificate, Deployable, NotAPrivateKey, NotDeployable, PrivateKey, Root};

use crate::world::{Authority, DAY, key, now, spec};

struct World {
    root: Authority,
    middle: Authority,
    issuing: Authority,
    leaf: Certificate,
    key: PrivateKey,
}

fn world() -> World {
    let root = Authority::root("Root");
    let middle = root.below("Middle");
    let issuing = middle.below("Issuing");
    let key = key();
    let leaf = issuing.issue(&spec(), &key);
    World { root, middle, issuing, leaf, key }
}

fn texts(certificates: &[&Certificate]) -> String {
    certificates.iter().map(|one| one.to_pem()).collect()
}

fn refused(certificate: &str, chain: &str, key: &SecretString) -> NotDeployable {
    Deployable::of(certificate, chain, key, Root::LeftOut, now()).unwrap_err()
}

#[test]
fn a_chain_in_any_order_is_put_in_order_and_the_leaf_stands_alone() {
    let World { root, middle, issuing, leaf, key } = world();
    let [root, middle, issuing] = [&root.certificate, &middle.certificate, &issuing.certificate];
    let ordered = texts(&[issuing, middle]);
    let orders: [&[&Certificate]; 6] = [
        &[issuing, middle, root],
        &[root, middle, issuing],
        &[middle, root, issuing],
        &[middle, issuing],
        // The leaf once more, and repetitions, as some authorities send them.
        &[&leaf, issuing, middle, middle, root],
        &[root, &leaf, middle, issuing, root],
    ];
    for order in orders {
        let deployable =
            Deployable::of(&leaf.to_pem(), &texts(order), &key.to_pem(), Root::LeftOut, now()).unwrap();
        assert_eq!(deployable.certificate, leaf.to_pem());
        assert_eq!(deployable.chain.as_deref(), Some(ordered.as_str()));
        assert!(!deployable.with_root);
    }
    // As many servers keep it: everything in one text.
    let full = texts(&[&leaf, middle, issuing]);
    let deployable = Deployable::of(&full, "", &key.to_pem(), Root::LeftOut, now()).unwrap();
    assert_eq!((deployable.certificate, deployable.chain), (leaf.to_pem(), Some(ordered)));
    assert_eq!(deployable.fingerprint_sha256, leaf.facts().fingerprint_sha256);
    assert_eq!(deployable.serial_number, leaf.record().unwrap().serial_number);
    assert_eq!(deployable.key_algorithm, KeyAlgorithm::EcP256);
}

#[test]
fn the_root_is_included_where_it_is_wanted_and_where_there_is_nothing_else() {
    let World { root, middle, issuing, leaf, key } = world();
    let chain = texts(&[&issuing.certificate, &middle.certificate, &root.certificate]);
    let included = Deployable::of(&leaf.to_pem(), &chain, &key.to_pem(), Root::Included, now()).unwrap();
    assert_eq!((included.chain.as_deref(), included.with_root), (Some(chain.as_str()), true));
    // It is not asked for where it is not there.
    let short = texts(&[&issuing.certificate]);
    let included = Deployable::of(&leaf.to_pem(), &short, &key.to_pem(), Root::Included, now()).unwrap();
    assert_eq!((included.chain.as_deref(), included.with_root), (Some(short.as_str()), false));
    // ACM takes no certificate without its issuer, and here the root is the issuer.
    let direct = root.issue(&spec(), &key);
    let deployable =
        Deployable::of(&direct.to_pem(), &root.certificate.to_pem(), &key.to_pem(), Root::LeftOut, now());
    let deployable = deployable.unwrap();
    assert_eq!((deployable.chain, deployable.with_root), (Some(root.certificate.to_pem()), true));
}

#[test]
fn what_acm_would_refuse_is_refused_by_name_before_it_is_asked() {
    let World { root, middle, issuing, leaf, key } = world();
    let (text, chain) = (leaf.to_pem(), texts(&[&issuing.certificate, &middle.certificate]));
    let stranger = Authority::root("Stranger");
    let told = refused(&text, &(chain.clone() + &stranger.certificate.to_pem()), &key.to_pem());
    assert_eq!(told, NotDeployable::Stranger("CN=Stranger".into()));
    // A hole in the chain makes what is above it strangers.
    let holed = texts(&[&issuing.certificate, &root.certificate]);
    assert_eq!(refused(&text, &holed, &key.to_pem()), NotDeployable::Stranger("CN=Root".into()));
    for chain in ["", " \n", &root.certificate.to_pem(), &stranger.certificate.to_pem()] {
        let told = refused(&text, chain, &key.to_pem());
        assert_eq!(told, NotDeployable::NoIssuer("CN=Issuing".into()));
        assert!(told.to_string().contains("lacks the certificate of its issuer, CN=Issuing"), "{told}");
    }
    let other = PrivateKey::generate(KeyAlgorithm::EcP256).unwrap();
    assert_eq!(refused(&text, &chain, &other.to_pem()), NotDeployable::OtherKey);
    let encrypted = SecretString::from(include_str!("fixtures/rsa-acm.pem"));
    assert_eq!(refused(&text, &chain, &encrypted), NotDeployable::Key(NotAPrivateKey::Encrypted));
    assert_eq!(
        refused("", &chain, &key.to_pem()).to_string(),
        "the certificate holds 0 certificates; one is expected"
    );
    assert!(matches!(refused(&text, "nothing", &key.to_pem()), NotDeployable::Chain(_)));
}

#[test]
fn a_certificate_out_of_its_time_is_refused_with_the_moment() {
    let World { issuing, middle, key, .. } = world();
    let chain = texts(&[&issuing.certificate, &middle.certificate]);
    let lasting = |from| Spec { validity: Validity::lasting(DAY, from), ..spec() };
    let old = issuing.issue(&lasting(now().minus(3 * DAY)), &key);
    let told = refused(&old.to_pem(), &chain, &key.to_pem());
    assert_eq!(told.to_string(), "the certificate expired at 2026-11-20T12:00:00.000Z");
    let early = issuing.issue(&lasting(now().plus(3 * DAY)), &key);
    let told = refused(&early.to_pem(), &chain, &key.to_pem());
    assert!(told.to_string().starts_with("the certificate holds only from 2026-11-25"), "{told}");
}

#[test]
fn keys_of_every_kind_come_out_as_pkcs8_within_what_acm_takes() {
    let issuing = Authority::root("Root");
    for algorithm in KeyAlgorithm::ALL {
        let key = PrivateKey::generate(algorithm).unwrap();
        let spec = Spec { key_algorithm: algorithm, ..spec() };
        let leaf = issuing.issue(&spec, &key);
        let chain = issuing.certificate.to_pem();
        let deployable = Deployable::of(&leaf.to_pem(), &chain, &key.to_pem(), Root::LeftOut, now()).unwrap();
        assert_eq!(deployable.key_algorithm, algorithm);
        let text = deployable.key.expose_secret();
        assert!(text.starts_with("-----BEGIN PRIVATE KEY-----") && text.len() <= 5_120, "{algorithm:?}");
        assert!(!format!("{deployable:?}").contains("PRIVATE KEY"), "{deployable:?}");
    }
}
