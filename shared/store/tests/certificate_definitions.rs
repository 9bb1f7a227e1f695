//! The access patterns of certificate authorities, policies, profiles and applications against a real engine.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use model::application::{ApiEnrollment, ApiSettings, Application, ApplicationProfile};
use model::audit::{Actor, AuditRecord, Origin};
use model::certificate_authority::{
    CertificateAuthority, Configuration, HostedZone, PrivateCa, PublicCa, Seen, Status,
};
use model::certificate_policy::{CertificatePolicy, Rules};
use model::certificate_profile::{CertificateProfile, Defaults};
use model::connection::{Connection, DependentKind, Dependents, Way};
use model::form::{self, Read as _};
use model::id::{
    ApplicationId, CertificateAuthorityId, CertificatePolicyId, CertificateProfileId, ConnectionId,
    OrganizationId, ProjectId,
};
use model::permission::Scope;
use model::project::{Project, certificate_manager};
use serde_json::json;
use store::{Change, CommitError, Conflict, Store, Stored};

fn audit() -> AuditRecord {
    AuditRecord {
        at: testkit::now(),
        actor: Actor { kind: "user".into(), id: "ada@example.com".into(), name: "Ada".into() },
        origin: Origin::default(),
        action: "certificate.test".into(),
        resource_id: "r".into(),
        resource_name: "r".into(),
        project_id: None,
        details: Vec::new(),
    }
}

fn change() -> Change {
    Change::new(testkit::now())
}

/// A project, two connections, and a store that has them.
struct House {
    store: Store,
    project: Project,
    connections: Vec<Stored<Connection>>,
}

impl House {
    async fn new() -> Self {
        let store = testkit::tables().await.unwrap();
        let project = certificate_manager(OrganizationId::random(), false);
        let connections: Vec<_> = ["certificates", "dns"]
            .map(|name| Stored::created(connection(&project, name), testkit::now()))
            .into();
        let house = Self { store, project, connections };
        let all = house
            .connections
            .iter()
            .fold(change().create(&house.project), |change, connection| change.create(&connection.value));
        house.commit(all).await.unwrap();
        house
    }

    async fn commit(&self, change: Change) -> Result<(), CommitError> {
        self.store.commit(change, &audit()).await
    }

    /// How many authorities each connection counts, and how many things of certificates the project.
    async fn counted(&self) -> (Vec<i64>, i64) {
        let mut counts = Vec::new();
        for connection in &self.connections {
            let read = self.store.connection(connection.id).await.unwrap().unwrap();
            counts.push(read.dependents.count(DependentKind::CertificateAuthority));
        }
        let project = self.store.project(self.project.id).await.unwrap().unwrap();
        (counts, project.certificate_objects)
    }

    fn authority(&self, name: &str) -> CertificateAuthority {
        CertificateAuthority {
            id: CertificateAuthorityId::random(),
            organization_id: self.project.organization_id,
            project_id: self.project.id,
            name: name.to_owned(),
            status: Status::Active,
            enable_direct_issuance: true,
            configuration: Configuration::AwsAcmPublicCa(PublicCa {
                app_connection_id: self.connections[0].id,
                dns_app_connection_id: self.connections[1].id,
                hosted_zone_ids: vec!["Z1".parse().unwrap()],
                region: "us-east-1".parse().unwrap(),
                monthly_budget: Some(5),
            }),
            seen: Seen::Zones { zones: vec![HostedZone::new("Z1".parse().unwrap(), "example.com.")] },
            profiles: 0,
            created_by: "user:ada@example.com".into(),
        }
    }

    async fn made_authority(&self, name: &str) -> CertificateAuthority {
        let authority = self.authority(name);
        let change = change().create_certificate_authority(&authority, &self.connections, &self.project);
        self.commit(change).await.unwrap();
        authority
    }

    fn policy(&self, name: &str) -> CertificatePolicy {
        CertificatePolicy {
            id: CertificatePolicyId::random(),
            organization_id: self.project.organization_id,
            project_id: self.project.id,
            name: name.to_owned(),
            description: Some(String::new()),
            rules: rules(),
            profiles: 0,
            created_by: "user:ada@example.com".into(),
        }
    }

    async fn made_policy(&self, name: &str) -> CertificatePolicy {
        let policy = self.policy(name);
        self.commit(change().create_certificate_policy(&policy, &self.project)).await.unwrap();
        policy
    }

    async fn made_profile(
        &self,
        slug: &str,
        authority: &CertificateAuthority,
        policy: &CertificatePolicy,
    ) -> CertificateProfile {
        let profile = CertificateProfile {
            id: CertificateProfileId::random(),
            organization_id: self.project.organization_id,
            project_id: self.project.id,
            ca_id: authority.id,
            certificate_policy_id: policy.id,
            slug: slug.to_owned(),
            description: None,
            defaults: Some(Defaults { ttl_days: Some(30), ..Defaults::default() }),
            api: Some(ApiEnrollment::with(None, ApiSettings { auto_renew: true, renew_before_days: None })),
            applications: 0,
            created_by: "user:ada@example.com".into(),
        };
        let change = change().create_certificate_profile(&profile, authority, policy, &self.project);
        self.commit(change).await.unwrap();
        profile
    }

    fn application(&self, name: &str) -> Application {
        Application {
            id: ApplicationId::random(),
            organization_id: self.project.organization_id,
            project_id: self.project.id,
            name: name.to_owned(),
            description: None,
            profiles: 0,
            certificate_syncs: 0,
            created_by: "user:ada@example.com".into(),
        }
    }

    async fn read_profile(&self, id: CertificateProfileId) -> Stored<CertificateProfile> {
        self.store.certificate_profile(id).await.unwrap().unwrap()
    }
}

fn connection(project: &Project, name: &str) -> Connection {
    Connection {
        id: ConnectionId::random(),
        organization_id: project.organization_id,
        scope: Scope::Project(project.id),
        name: name.to_owned(),
        description: None,
        legacy: false,
        way: Way::AssumeRole {
            role_arn: "arn:aws:iam::123456789012:role/a".parse().unwrap(),
            sts_endpoint: None,
        },
        credentials_version: 1,
        account_id: "123456789012".parse().unwrap(),
        created_by: "user:ada@example.com".into(),
        dependents: Dependents::default(),
    }
}

/// Every section of a policy.
fn rules() -> Rules {
    let body = json!({
        "name": "web",
        "subject": [{ "type": "common_name", "allowed": ["*.example.com"], "denied": [] }],
        "sans": [{ "type": "dns_name", "required": ["*"] }],
        "keyUsages": { "allowed": ["digital_signature"] },
        "extendedKeyUsages": { "required": ["server_auth"] },
        "algorithms": { "signature": ["SHA256-RSA"], "keyAlgorithm": ["ECDSA-P256"] },
        "validity": { "max": "90d" },
        "basicConstraints": { "isCA": "allowed", "maxPathLength": -1 },
    });
    form::read(&body, model::certificate_policy::body::Create::read).unwrap().rules
}

#[tokio::test]
async fn what_is_stored_is_what_is_read() {
    let house = House::new().await;
    let authority = house.made_authority("public").await;
    let private = CertificateAuthority {
        configuration: Configuration::AwsPca(PrivateCa {
            app_connection_id: house.connections[0].id,
            certificate_authority_arn: "arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/a-b"
                .parse()
                .unwrap(),
            region: "us-east-1".parse().unwrap(),
            monthly_budget: None,
        }),
        seen: Seen::PrivateCa { short_lived: true },
        ..house.authority("private")
    };
    let create = change().create_certificate_authority(&private, &house.connections[..1], &house.project);
    house.commit(create).await.unwrap();
    let policy = house.made_policy("web").await;
    let bare = CertificatePolicy { rules: Rules::default(), ..house.policy("bare") };
    house.commit(change().create_certificate_policy(&bare, &house.project)).await.unwrap();
    let profile = house.made_profile("web", &authority, &policy).await;
    let application = house.application("Web");
    house.commit(change().create_application(&application, &house.project)).await.unwrap();

    let read = house.store.certificate_authority(private.id).await.unwrap().unwrap();
    assert_eq!(read.value, private);
    let read = house.store.certificate_authority(authority.id).await.unwrap().unwrap();
    assert_eq!(read.value, CertificateAuthority { profiles: 1, ..authority });
    let read = house.store.certificate_policy(policy.id).await.unwrap().unwrap();
    assert_eq!(read.value, CertificatePolicy { profiles: 1, ..policy });
    assert_eq!(house.store.certificate_policy(bare.id).await.unwrap().unwrap().value, bare);
    assert_eq!(house.read_profile(profile.id).await.value, profile);
    assert_eq!(house.store.application(application.id).await.unwrap().unwrap().value, application);
    assert_eq!(house.counted().await, (vec![2, 1], 6));
}

#[tokio::test]
async fn everything_is_found_by_name_and_listed_by_name_in_its_project() {
    let house = House::new().await;
    let (b, a) = (house.made_authority("b").await, house.made_authority("a").await);
    let (q, p) = (house.made_policy("q").await, house.made_policy("p").await);
    let (y, x) = (house.made_profile("y", &a, &p).await, house.made_profile("x", &b, &q).await);
    let (z, w) = (house.application("Zoo"), house.application("art"));
    for application in [&z, &w] {
        house.commit(change().create_application(application, &house.project)).await.unwrap();
    }
    let (project, other, store) = (house.project.id, ProjectId::random(), &house.store);
    assert_eq!(store.certificate_authority_named(project, "a").await.unwrap(), Some(a.id));
    assert_eq!(store.certificate_authority_named(other, "a").await.unwrap(), None);
    assert_eq!(store.certificate_profile_named(project, "x").await.unwrap().unwrap().id, x.id);
    assert!(store.certificate_profile_named(other, "x").await.unwrap().is_none());
    assert_eq!(store.application_named(project, "zoo").await.unwrap().unwrap().id, z.id);
    assert!(store.application_named(other, "zoo").await.unwrap().is_none());
    let ids: Vec<_> =
        store.certificate_authorities_of(project).await.unwrap().iter().map(|found| found.id).collect();
    assert_eq!(ids, [a.id, b.id]);
    let ids: Vec<_> =
        store.certificate_policies_of(project).await.unwrap().iter().map(|found| found.id).collect();
    assert_eq!(ids, [p.id, q.id]);
    let ids: Vec<_> =
        store.certificate_profiles_of(project).await.unwrap().iter().map(|found| found.id).collect();
    assert_eq!(ids, [x.id, y.id]);
    let ids: Vec<_> = store.applications_of(project).await.unwrap().iter().map(|found| found.id).collect();
    assert_eq!(ids, [w.id, z.id]);
    assert!(store.certificate_authorities_of(other).await.unwrap().is_empty());
    assert!(store.certificate_policies_of(other).await.unwrap().is_empty());
    assert!(store.certificate_profiles_of(other).await.unwrap().is_empty());
    assert!(store.applications_of(other).await.unwrap().is_empty());
    let some = store.certificate_profiles(&[y.id, CertificateProfileId::random()]).await.unwrap();
    assert_eq!(some.iter().map(|found| found.id).collect::<Vec<_>>(), [y.id]);
    assert!(store.certificate_profiles(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_name_is_taken_once_in_a_project_for_each_noun() {
    let house = House::new().await;
    let authority = house.made_authority("web").await;
    let policy = house.made_policy("web").await;
    let profile = house.made_profile("web", &authority, &policy).await;
    house.commit(change().create_application(&house.application("web"), &house.project)).await.unwrap();
    let again = CertificateProfile { id: CertificateProfileId::random(), ..profile };
    for (change, kind) in [
        (
            change().create_certificate_authority(&house.authority("web"), &[], &house.project),
            "certificate authority",
        ),
        (change().create_certificate_policy(&house.policy("web"), &house.project), "certificate policy"),
        (
            change().create_certificate_profile(&again, &authority, &policy, &house.project),
            "certificate profile",
        ),
        (change().create_application(&house.application("WEB"), &house.project), "application"),
    ] {
        let refused = house.commit(change).await.unwrap_err();
        assert_eq!(refused.conflict(), Some(&Conflict::NameTaken { kind }));
    }
    assert_eq!(house.counted().await, (vec![1, 1], 4));
}

#[tokio::test]
async fn an_authority_that_goes_and_a_profile_that_comes_cannot_both_happen() {
    let house = House::new().await;
    let (authority, policy) = (house.made_authority("ca").await, house.made_policy("web").await);
    let read = house.store.certificate_authority(authority.id).await.unwrap().unwrap();
    let read_policy = house.store.certificate_policy(policy.id).await.unwrap().unwrap();
    let profile = house.made_profile("web", &authority, &policy).await;
    // What was read before the profile came is not deleted any more.
    let delete = change().delete_certificate_authority(&read, &house.connections, Some(&house.project));
    let refused = house.commit(delete).await.unwrap_err();
    assert_eq!(refused.conflict(), Some(&Conflict::Stale { kind: "certificate authority" }));
    let delete = change().delete_certificate_policy(&read_policy, Some(&house.project));
    let refused = house.commit(delete).await.unwrap_err();
    assert_eq!(refused.conflict(), Some(&Conflict::Stale { kind: "certificate policy" }));

    let profile = house.read_profile(profile.id).await;
    let delete =
        change().delete_certificate_profile(&profile, Some(&authority), Some(&policy), Some(&house.project));
    house.commit(delete).await.unwrap();
    let read = house.store.certificate_authority(authority.id).await.unwrap().unwrap();
    let read_policy = house.store.certificate_policy(policy.id).await.unwrap().unwrap();
    assert_eq!((read.profiles, read_policy.profiles), (0, 0));
    let delete = change()
        .delete_certificate_authority(&read, &house.connections, Some(&house.project))
        .delete(&read_policy);
    house.commit(delete).await.unwrap();
    // What has gone does not come back as a profile's.
    let profile = CertificateProfile { id: CertificateProfileId::random(), ..profile.value };
    let create = change().create_certificate_profile(&profile, &authority, &policy, &house.project);
    let refused = house.commit(create).await.unwrap_err();
    assert_eq!(refused.conflict(), Some(&Conflict::Stale { kind: "certificate authority" }));
    assert_eq!(house.counted().await.0, [0, 0]);
}

#[tokio::test]
async fn an_application_counts_its_profiles_and_they_count_their_applications() {
    let house = House::new().await;
    let (authority, policy) = (house.made_authority("ca").await, house.made_policy("web").await);
    let one = house.made_profile("one", &authority, &policy).await;
    let two = house.made_profile("two", &authority, &policy).await;
    let application = Application { profiles: 1, ..house.application("web") };
    let first = [house.read_profile(one.id).await];
    let create =
        change().create_application(&application, &house.project).attach_profiles(&application, &first);
    house.commit(create).await.unwrap();
    let second = [house.read_profile(two.id).await];
    let attach = || change().gain_profiles(&application, 1).attach_profiles(&application, &second);
    house.commit(attach()).await.unwrap();
    let refused = house.commit(attach()).await.unwrap_err();
    assert_eq!(refused.conflict(), Some(&Conflict::Exists { kind: "profile of an application" }));

    let store = &house.store;
    let attached = store.application_profiles(application.id).await.unwrap();
    assert_eq!(attached.len(), 2);
    assert_eq!(store.application(application.id).await.unwrap().unwrap().profiles, 2);
    assert_eq!(house.read_profile(one.id).await.applications, 1);
    assert!(store.application_profile(ApplicationId::random(), one.id).await.unwrap().is_none());

    // How it is enrolled for.
    let read = store.application_profile(application.id, one.id).await.unwrap().unwrap();
    let api = ApiEnrollment::with(None, ApiSettings { auto_renew: true, renew_before_days: Some(7) });
    let next = ApplicationProfile { api: Some(api), ..read.value.clone() };
    house.commit(change().replace(&read, &next)).await.unwrap();
    let read = store.application_profile(application.id, one.id).await.unwrap().unwrap();
    assert_eq!(read.value, next);

    // One less, and then the application with the other one.
    let detach = change().gain_profiles(&application, -1).detach_profiles(&[(read, one.clone())]);
    house.commit(detach).await.unwrap();
    assert_eq!(house.read_profile(one.id).await.applications, 0);
    let read = store.application(application.id).await.unwrap().unwrap();
    assert_eq!(read.profiles, 1);
    let left: Vec<_> = store
        .application_profiles(application.id)
        .await
        .unwrap()
        .into_iter()
        .map(|attached| (attached, two.clone()))
        .collect();
    let delete = change().delete_application(&read, Some(&house.project)).detach_profiles(&left);
    house.commit(delete).await.unwrap();
    assert_eq!(house.read_profile(two.id).await.applications, 0);
    assert!(store.application_profiles(application.id).await.unwrap().is_empty());
    assert_eq!(house.counted().await.1, 4);
}

#[tokio::test]
async fn an_application_that_goes_and_a_profile_that_is_attached_cannot_both_happen() {
    let house = House::new().await;
    let (authority, policy) = (house.made_authority("ca").await, house.made_policy("web").await);
    let profile = house.made_profile("web", &authority, &policy).await;
    let application = house.application("web");
    house.commit(change().create_application(&application, &house.project)).await.unwrap();
    let read = house.store.application(application.id).await.unwrap().unwrap();
    let profiles = [house.read_profile(profile.id).await];
    let attach = || change().gain_profiles(&application, 1).attach_profiles(&application, &profiles);
    house.commit(attach()).await.unwrap();
    let refused = house.commit(change().delete_application(&read, None)).await.unwrap_err();
    assert_eq!(refused.conflict(), Some(&Conflict::Stale { kind: "application" }));
    let read = house.store.application(application.id).await.unwrap().unwrap();
    let attached = house.store.application_profile(application.id, profile.id).await.unwrap().unwrap();
    let delete = change().delete_application(&read, None).detach_profiles(&[(attached, profile)]);
    house.commit(delete).await.unwrap();
    let refused = house.commit(attach()).await.unwrap_err();
    assert_eq!(refused.conflict(), Some(&Conflict::Stale { kind: "application" }));
}
