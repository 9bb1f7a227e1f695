use model::certificate::BasicConstraints;
use proptest::prelude::*;
use rcgen::{ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyUsagePurpose, NameConstraints, date_time_ymd};
use x509::{BrokenChain, Certificate, Chain, Difference, Issued, PrivateKey, verify};

use crate::keys::pem;
use crate::world::{Authority, key, now, spec};

/// The one thing that is wrong: the chain.
fn broken(
    leaf: &Certificate,
    chain: &[Certificate],
    authority: Option<&Certificate>,
    key: &PrivateKey,
) -> BrokenChain {
    let issued = Issued { certificate: leaf, chain, authority };
    match verify(issued, &spec(), key.public_key(), now()).unwrap_err().as_slice() {
        [Difference::Chain(problem)] => problem.clone(),
        others => unreachable!("{others:?}"),
    }
}

#[test]
fn a_chain_without_its_issuer_is_broken() {
    let root = Authority::root("Root");
    let (middle, key) = (root.below("Middle"), key());
    let leaf = middle.issue(&spec(), &key);
    let missing = BrokenChain::NoIssuer { issuer: "CN=Middle".to_owned() };
    assert_eq!(broken(&leaf, &[], None, &key), missing);
    assert_eq!(broken(&leaf, &[root.certificate], None, &key), missing);
}

#[test]
fn an_authority_of_the_same_name_with_another_key_is_no_issuer() {
    let (real, impostor, key) = (Authority::root("Root"), Authority::root("Root"), key());
    let leaf = real.issue(&spec(), &key);
    let missing = BrokenChain::NoIssuer { issuer: "CN=Root".to_owned() };
    assert_eq!(broken(&leaf, std::slice::from_ref(&impostor.certificate), None, &key), missing);
    // Beside the real one it does no harm.
    let (chain, strangers) = Chain::of(&leaf, &[impostor.certificate.clone(), real.certificate.clone()]);
    assert_eq!(chain.certificates(), [real.certificate]);
    assert_eq!(strangers, [impostor.certificate]);
}

#[test]
fn another_authority_than_the_one_that_was_asked_is_found() {
    let (asked, other, key) = (Authority::root("Asked"), Authority::root("Other"), key());
    let leaf = other.issue(&spec(), &key);
    let problem = broken(&leaf, std::slice::from_ref(&other.certificate), Some(&asked.certificate), &key);
    assert_eq!(
        problem,
        BrokenChain::OtherAuthority { asked: "CN=Asked".to_owned(), issuer: "CN=Other".to_owned() }
    );
    // The authority that was asked is known by itself: nothing need come with the certificate.
    let leaf = asked.issue(&spec(), &key);
    let issued = Issued { certificate: &leaf, chain: &[], authority: Some(&asked.certificate) };
    assert_eq!(verify(issued, &spec(), key.public_key(), now()).unwrap().certificates(), [asked.certificate]);
}

#[test]
fn an_expired_or_future_authority_is_found_wherever_it_stands() {
    let key = key();
    let expired = |its: &mut rcgen::CertificateParams| its.not_after = date_time_ymd(2026, 11, 22);
    let future = |its: &mut rcgen::CertificateParams| its.not_before = date_time_ymd(2026, 11, 23);
    let at = |text: &str| text.parse().unwrap();

    let root = Authority::root_with("Root", expired);
    let middle = root.below("Middle");
    let leaf = middle.issue(&spec(), &key);
    let given = [middle.certificate, root.certificate];
    let problem = BrokenChain::Expired { subject: "CN=Root".to_owned(), at: at("2026-11-22T00:00:00.000Z") };
    assert_eq!(broken(&leaf, &given, None, &key), problem);

    let root = Authority::root("Root");
    let middle = root.below_with("Middle", expired);
    let leaf = middle.issue(&spec(), &key);
    let given = [middle.certificate, root.certificate];
    let problem =
        BrokenChain::Expired { subject: "CN=Middle".to_owned(), at: at("2026-11-22T00:00:00.000Z") };
    assert_eq!(broken(&leaf, &given, None, &key), problem);

    let root = Authority::root_with("Root", future);
    let leaf = root.issue(&spec(), &key);
    let problem = BrokenChain::NotYet { subject: "CN=Root".to_owned(), at: at("2026-11-23T00:00:00.000Z") };
    assert_eq!(broken(&leaf, &[root.certificate], None, &key), problem);
}

#[test]
fn whoever_is_no_authority_may_not_issue() {
    let (root, key) = (Authority::root("Root"), key());
    let middle = root.below_with("Middle", |its| its.is_ca = IsCa::ExplicitNoCa);
    let leaf = middle.issue(&spec(), &key);
    let given = [middle.certificate, root.certificate.clone()];
    let problem = BrokenChain::NoAuthority { subject: "CN=Middle".to_owned() };
    assert_eq!(broken(&leaf, &given, None, &key), problem);

    let middle = root.below_with("Middle", |its| its.key_usages = vec![KeyUsagePurpose::DigitalSignature]);
    let leaf = middle.issue(&spec(), &key);
    let given = [middle.certificate, root.certificate];
    assert_eq!(broken(&leaf, &given, None, &key), problem);
}

#[test]
fn no_more_authorities_than_allowed_may_be_between() {
    let key = key();
    let root =
        Authority::root_with("Root", |its| its.is_ca = IsCa::Ca(rcgen::BasicConstraints::Constrained(0)));
    let middle = root.below("Middle");
    let leaf = middle.issue(&spec(), &key);
    let given = [middle.certificate, root.certificate];
    let problem = BrokenChain::NoAuthority { subject: "CN=Root".to_owned() };
    assert_eq!(broken(&leaf, &given, None, &key), problem);
}

#[test]
fn what_only_the_independent_verifier_knows_is_refused_too() {
    let (root, key) = (Authority::root("Root"), key());
    // Limited to names under another domain.
    let middle = root.below_with("Middle", |its| {
        its.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName("other.example".to_owned())],
            excluded_subtrees: Vec::new(),
        });
    });
    let leaf = middle.issue(&spec(), &key);
    let given = [middle.certificate, root.certificate.clone()];
    assert!(matches!(broken(&leaf, &given, None, &key), BrokenChain::Refused(_)));
    // Limited to a use that the certificate is not for.
    let middle = root
        .below_with("Middle", |its| its.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection]);
    let leaf = middle.issue(&spec(), &key);
    let given = [middle.certificate, root.certificate.clone()];
    assert!(matches!(broken(&leaf, &given, None, &key), BrokenChain::Refused(_)));
    // A critical extension that nobody knows.
    let leaf = root.issue_with(&spec(), &key, |its| {
        let mut unknown = rcgen::CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
        unknown.set_criticality(true);
        its.custom_extensions.push(unknown);
    });
    assert!(matches!(broken(&leaf, &[root.certificate], None, &key), BrokenChain::Refused(_)));
}

#[test]
fn roots_are_recognised_by_their_signature() {
    let root = Authority::root("Root");
    let middle = root.below("Middle");
    let leaf = middle.issue(&spec(), &key());
    assert!(root.certificate.is_root() && !middle.certificate.is_root() && !leaf.is_root());
    // Issued under its own name, but by another key.
    let impostor = Authority::root("Root");
    assert!(!root.certified_by(&impostor, "Root").is_root());
    // A root whose signature was tampered with.
    let mut der = root.certificate.der().to_vec();
    *der.last_mut().unwrap() ^= 1;
    assert!(!Certificate::from_der(&der).unwrap().is_root());

    let (chain, _) = Chain::of(&leaf, &[root.certificate.clone(), middle.certificate.clone()]);
    assert_eq!(chain.root(), Some(&root.certificate));
    assert_eq!(chain.without_root().certificates(), std::slice::from_ref(&middle.certificate));
    assert_eq!(chain.to_pem(), format!("{}{}", middle.certificate.to_pem(), root.certificate.to_pem()));
    // Without its root a chain loses nothing.
    assert_eq!(chain.without_root().without_root(), chain.without_root());
    let (alone, _) = Chain::of(&root.issue(&spec(), &key()), std::slice::from_ref(&root.certificate));
    assert_eq!(alone.without_root().to_pem(), "");
}

#[test]
fn authorities_that_certify_each_other_make_no_endless_chain() {
    let (one, other) = (Authority::root("One"), Authority::root("Other"));
    let one_by_other = one.certified_by(&other, "One");
    let other_by_one = other.certified_by(&one, "Other");
    let leaf = one.issue(&spec(), &key());
    let (chain, strangers) = Chain::of(&leaf, &[one_by_other.clone(), other_by_one.clone()]);
    assert_eq!(chain.certificates(), [one_by_other, other_by_one]);
    assert!(chain.root().is_none() && strangers.is_empty());
}

#[test]
fn a_leaf_that_is_its_own_root_has_no_chain() {
    let root = Authority::root("Root");
    let (chain, strangers) = Chain::of(&root.certificate, std::slice::from_ref(&root.certificate));
    assert!(chain.certificates().is_empty() && strangers.is_empty());
    assert_eq!(
        root.certificate.facts().basic_constraints,
        BasicConstraints { is_ca: true, path_length: None }
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever order the certificates come in, and whoever is among them.
    #[test]
    fn every_order_of_a_chain_is_put_right(order in Just((0..6).collect::<Vec<usize>>()).prop_shuffle()) {
        let root = Authority::root("Root");
        let upper = root.below("Upper");
        let lower = upper.below("Lower");
        let key = key();
        let leaf = lower.issue(&spec(), &key);
        let stranger = Authority::root("Stranger").certificate;
        let all = [
            root.certificate.clone(), upper.certificate.clone(), lower.certificate.clone(), leaf.clone(), stranger.clone(),
            upper.certificate.clone(),
        ];
        let given: Vec<Certificate> = order.iter().map(|place| all[*place].clone()).collect();
        let (chain, strangers) = Chain::of(&leaf, &given);
        prop_assert_eq!(chain.certificates(), &[lower.certificate, upper.certificate, root.certificate]);
        prop_assert_eq!(strangers, [stranger]);
        let issued = Issued { certificate: &leaf, chain: &given, authority: None };
        prop_assert_eq!(verify(issued, &spec(), key.public_key(), now()), Ok(chain));
    }

    /// No byte of a certificate can be changed without somebody noticing.
    #[test]
    fn a_tampered_certificate_never_verifies(place in any::<prop::sample::Index>(), change in 1_u8..=255) {
        let (root, key) = (Authority::root("Root"), key());
        let leaf = root.issue(&spec(), &key);
        let mut der = pem::decode(&leaf.to_pem());
        *place.get_mut(&mut der) ^= change;
        let Ok(tampered) = Certificate::from_der(&der) else { return Ok(()) };
        let issued = Issued { certificate: &tampered, chain: std::slice::from_ref(&root.certificate), authority: None };
        prop_assert!(verify(issued, &spec(), key.public_key(), now()).is_err());
    }
}
