//! Identities and tokens in a real engine: what one read finds, and which of two writers wins.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use model::access_token::{AccessToken, TokenTerms};
use model::audit::{Actor, AuditRecord, Origin};
use model::client_secret::{ClientSecret, Revocation};
use model::id::{AccessTokenId, AuthConfigurationId, ClientId, ClientSecretId, IdentityId, OrganizationId};
use model::identity::{AuthMethod, Identity};
use model::lockout::LockoutPolicy;
use model::permission::Role;
use model::signed_request::SeenSignature;
use model::trusted_ip::TrustedIp;
use model::universal_auth::UniversalAuth;
use store::{Change, CommitError, Conflict, Limit, Store};
use testkit::{later, now, tables};

fn audit() -> AuditRecord {
    AuditRecord {
        at: now(),
        actor: Actor { kind: "system".to_owned(), id: "test".to_owned(), name: "test".to_owned() },
        origin: Origin::default(),
        action: "test".to_owned(),
        resource_id: String::new(),
        resource_name: String::new(),
        project_id: None,
        details: Vec::new(),
    }
}

fn identity(organization: OrganizationId, name: &str) -> Identity {
    Identity {
        id: IdentityId::random(),
        role: Role::Member,
        name: name.to_owned(),
        has_delete_protection: false,
        ..Identity::administrator(organization)
    }
}

fn universal(identity: &Identity) -> UniversalAuth {
    UniversalAuth {
        id: AuthConfigurationId::random(),
        identity_id: identity.id,
        client_id: ClientId::random(),
        client_secret_trusted_ips: TrustedIp::EVERYWHERE.to_vec(),
        tokens: TokenTerms { trusted_ips: vec!["192.0.2.1".parse().unwrap()], ..TokenTerms::default() },
        lockout: LockoutPolicy::default(),
    }
}

fn secret(auth: &UniversalAuth, uses_limit: u64) -> ClientSecret {
    ClientSecret {
        id: ClientSecretId::random(),
        identity_id: auth.identity_id,
        universal_auth_id: auth.id,
        description: String::new(),
        prefix: "abcd".to_owned(),
        sha256: "0".repeat(64),
        uses_limit,
        uses: 0,
        ttl_seconds: 0,
        issued_at: now(),
        revocation: None,
        revoked_at: None,
    }
}

fn token(auth: &UniversalAuth, secret: &ClientSecret, uses_limit: u64) -> AccessToken {
    AccessToken {
        id: AccessTokenId::random(),
        identity_id: auth.identity_id,
        auth_method: AuthMethod::Universal,
        client_secret_id: Some(secret.id),
        auth_configuration_id: auth.id,
        identity_auth: None,
        lifetime: auth.tokens.lifetime,
        uses_limit,
        uses: 0,
        issued_at: now(),
        renewed_at: None,
    }
}

async fn create(store: &Store, change: impl FnOnce(Change) -> Change) -> Result<(), CommitError> {
    store.commit(change(Change::new(now())), &audit()).await
}

#[tokio::test]
async fn one_read_finds_all_that_a_token_rests_on_and_one_all_of_an_identity() {
    let store = tables().await.unwrap();
    let organization = OrganizationId::random();
    let machine = identity(organization, "Machine");
    let auth = universal(&machine);
    let (first, second) = (secret(&auth, 0), secret(&auth, 0));
    let token = token(&auth, &second, 0);
    create(&store, |change| {
        change.create(&machine).create(&auth).create(&first).create(&second).create(&token)
    })
    .await
    .unwrap();

    let (record, standing) = store.token_standing(&token.claims(organization)).await.unwrap();
    assert_eq!(record.unwrap().value, token);
    assert_eq!(standing.identity, Some(machine.clone()));
    assert_eq!(standing.client_secret, Some(second.clone()));
    let configuration = standing.configuration.unwrap();
    assert_eq!((configuration.id, configuration.trusted_ips), (auth.id, auth.tokens.trusted_ips.clone()));

    let partition = store.identity_partition(machine.id).await.unwrap().unwrap();
    assert_eq!(partition.identity.value, machine);
    assert_eq!(partition.universal_auth.unwrap().value, auth);
    assert_eq!(partition.client_secrets.len(), 2);
    assert!(partition.aws_auth.is_none() && partition.oidc_auth.is_none() && partition.lockout.is_none());
    assert_eq!(store.identity_of_client(auth.client_id).await.unwrap(), Some(machine.id));
    assert_eq!(store.identity_of_client(ClientId::random()).await.unwrap(), None);

    let stranger = AccessToken { id: AccessTokenId::random(), identity_id: IdentityId::random(), ..token };
    let (record, standing) = store.token_standing(&stranger.claims(organization)).await.unwrap();
    assert!(record.is_none() && standing.identity.is_none() && standing.configuration.is_none());
}

#[tokio::test]
async fn identities_are_listed_by_name_within_their_organisation() {
    let store = tables().await.unwrap();
    let (ours, theirs) = (OrganizationId::random(), OrganizationId::random());
    for (organization, name) in [(ours, "beta"), (ours, "Alpha"), (theirs, "gamma"), (ours, "alpha")] {
        let machine = identity(organization, name);
        create(&store, |change| change.create(&machine)).await.unwrap();
    }
    let names: Vec<String> = store
        .identities_of(ours)
        .await
        .unwrap()
        .into_iter()
        .map(|read| read.value.name.to_lowercase())
        .collect();
    assert_eq!(names, ["alpha", "alpha", "beta"], "names are not unique");
}

#[tokio::test]
async fn a_token_is_counted_up_to_its_limit_and_a_renewal_that_read_an_old_count_is_refused() {
    let store = tables().await.unwrap();
    let machine = identity(OrganizationId::random(), "m");
    let auth = universal(&machine);
    let token = token(&auth, &secret(&auth, 0), 3);
    create(&store, |change| change.create(&token)).await.unwrap();
    let read = store.access_token(token.id).await.unwrap().unwrap();
    let count = || store.count_token_use(token.id, 3);
    let counted = tokio::join!(count(), count(), count(), count(), count());
    let counted = [counted.0, counted.1, counted.2, counted.3, counted.4];
    assert_eq!(counted.into_iter().filter(|counted| *counted.as_ref().unwrap()).count(), 3);
    assert_eq!(store.access_token(token.id).await.unwrap().unwrap().uses, 3);

    let renewed = AccessToken { renewed_at: Some(later(1)), ..read.value.clone() };
    let stale = store.commit(Change::new(later(1)).replace(&read, &renewed), &audit()).await;
    assert!(matches!(stale, Err(CommitError::Conflict(Conflict::Stale { .. }))), "{stale:?}");
    assert!(
        !store.count_token_use(AccessTokenId::random(), 3).await.unwrap(),
        "an unknown token has no uses"
    );
}

#[tokio::test]
async fn the_last_use_of_a_client_secret_goes_to_one_of_two() {
    const USED_UP: Conflict = Conflict::Unmet("used up");
    let store = tables().await.unwrap();
    let machine = identity(OrganizationId::random(), "m");
    let auth = universal(&machine);
    let secret = secret(&auth, 1);
    create(&store, |change| change.create(&secret)).await.unwrap();
    let login = || create(&store, |change| change.count(&secret, "uses", 1, Some(Limit::Below(1)), USED_UP));
    let (first, second) = tokio::join!(login(), login());
    let refused = [first, second].into_iter().filter_map(Result::err).collect::<Vec<_>>();
    assert!(matches!(&refused[..], [CommitError::Conflict(conflict)] if *conflict == USED_UP), "{refused:?}");
    assert_eq!(store.client_secret(machine.id, secret.id).await.unwrap().unwrap().uses, 1);
}

#[tokio::test]
async fn uses_of_an_unlimited_client_secret_are_counted_beside_its_version() {
    let store = tables().await.unwrap();
    let auth = universal(&identity(OrganizationId::random(), "m"));
    let secret = secret(&auth, 0);
    create(&store, |change| change.create(&secret)).await.unwrap();
    let read = store.client_secret(auth.identity_id, secret.id).await.unwrap().unwrap();
    for _ in 0..3 {
        store.count_client_secret_use(auth.identity_id, secret.id).await.unwrap();
    }
    assert_eq!(store.client_secret(auth.identity_id, secret.id).await.unwrap().unwrap().uses, 3);
    // A fleet that logs in all the time does not keep an operator from revoking.
    let revoked = read.revoked(Revocation::Operator, later(1));
    store.commit(Change::new(later(1)).replace(&read, &revoked), &audit()).await.unwrap();
    let missing = store.count_client_secret_use(auth.identity_id, ClientSecretId::random()).await;
    assert!(missing.is_err(), "a secret is never made by counting it");
}

#[tokio::test]
async fn what_counts_its_uses_goes_with_what_it_hangs_on_at_whatever_version() {
    let store = tables().await.unwrap();
    let auth = universal(&identity(OrganizationId::random(), "m"));
    let secret = secret(&auth, 9);
    create(&store, |change| change.create(&secret)).await.unwrap();
    let read = store.client_secret(auth.identity_id, secret.id).await.unwrap().unwrap();
    let counted = create(&store, |change| change.count(&secret, "uses", 1, None, Conflict::Contended)).await;
    counted.unwrap();
    let stale = create(&store, |change| change.delete(&read)).await.unwrap_err();
    assert!(matches!(stale, CommitError::Conflict(Conflict::Stale { .. })), "{stale:?}");
    for _ in ["there", "gone already"] {
        create(&store, |change| change.discard(&*read)).await.unwrap();
        assert!(store.client_secret(auth.identity_id, secret.id).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_name_longer_than_a_key_is_listed_and_one_that_nothing_can_have_is_nobodys() {
    let store = tables().await.unwrap();
    let organization = OrganizationId::random();
    let machine = identity(organization, &"\u{1f511}".repeat(255));
    create(&store, |change| change.create(&machine)).await.unwrap();
    assert_eq!(store.identities_of(organization).await.unwrap()[0].value, machine);
    let found = store.project_by_slug(organization, &"s".repeat(3_000)).await.unwrap();
    assert!(found.is_none());
}

#[tokio::test]
async fn a_signature_is_remembered_once() {
    let store = tables().await.unwrap();
    let seen = SeenSignature { sha256: "ab".repeat(32), forgotten_at: later(360) };
    let remember = || create(&store, |change| change.create(&seen));
    let (first, second) = tokio::join!(remember(), remember());
    let refused = [first, second].into_iter().filter_map(Result::err).collect::<Vec<_>>();
    assert!(
        matches!(&refused[..], [CommitError::Conflict(Conflict::Exists { kind: "signature" })]),
        "{refused:?}"
    );
}
