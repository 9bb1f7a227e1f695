//! A process that dies in a request, at every call of every route that changes something, and the client that asks again.

mod requests;

use model::Timestamp;
use model::certificate::Certificate;
use serde_json::Value;
use store::Stored;
use testkit::Trail;
use testkit::event::Event;
use testkit::fuse::Fuse;
use testkit::matrix::{Again, Deployment, Row, fence, requests};

use crate::certificate::house::House;
use crate::world::World;

/// The thing is gone: the first request has deleted it.
const GONE: Again = Again::Refused(404, "Could not find");
/// The first request has made it.
const TAKEN: Again = Again::Refused(400, "already exists in this project");

const AUTHORITIES: &[Row] = &[
    Row::new("POST /api/v1/cert-manager/ca/{type}", Again::Done),
    Row::new("PATCH /api/v1/cert-manager/ca/{type}/{caId}", Again::Done),
    Row::new("DELETE /api/v1/cert-manager/ca/{type}/{caId}", GONE),
    Row::new("POST /api/v1/cert-manager/certificate-policies", TAKEN),
    Row::new("PATCH /api/v1/cert-manager/certificate-policies/{policyId}", Again::Done),
    Row::new("DELETE /api/v1/cert-manager/certificate-policies/{policyId}", GONE),
    Row::new("POST /api/v1/cert-manager/certificate-profiles", TAKEN),
    Row::new("PATCH /api/v1/cert-manager/certificate-profiles/{profileId}", Again::Done),
    Row::new("DELETE /api/v1/cert-manager/certificate-profiles/{profileId}", GONE),
];

const APPLICATIONS: &[Row] = &[
    Row::new("POST /api/v1/cert-manager/applications", TAKEN),
    Row::new("PATCH /api/v1/cert-manager/applications/{applicationId}", Again::Done),
    Row::new("DELETE /api/v1/cert-manager/applications/{applicationId}", GONE),
    Row::new("POST /api/v1/cert-manager/applications/{applicationId}/profiles", Again::Done),
    Row::new(
        "DELETE /api/v1/cert-manager/applications/{applicationId}/profiles/{profileId}",
        Again::Refused(404, "is not attached"),
    ),
    Row::new(
        "PUT /api/v1/cert-manager/applications/{applicationId}/profiles/{profileId}/enrollment/{method}",
        Again::Done,
    ),
    Row::new(
        "DELETE /api/v1/cert-manager/applications/{applicationId}/profiles/{profileId}/enrollment/{method}",
        Again::Done,
    ),
];

const CERTIFICATES: &[Row] = &[
    // A request has no name of its own: whoever asks twice has two certificates, and sees both in the list.
    Row::new("POST /api/v1/cert-manager/certificates", Again::Another),
    Row::new("POST /api/v1/cert-manager/certificates/import-certificate", Again::Another),
    Row::new("DELETE /api/v1/cert-manager/certificates/{certificateId}", GONE),
    // Reading a key changes nothing but the audit trail.
    Row::unaudited("POST /api/v1/cert-manager/certificates/{certificateId}/pkcs12", Again::Done),
    Row::new("PATCH /api/v1/cert-manager/certificates/{certificateId}/config", Again::Done),
    // One that is under way is the answer: nothing is paid for twice.
    Row::new("POST /api/v1/cert-manager/certificates/{certificateId}/renew", Again::Done),
    Row::new(
        "POST /api/v1/cert-manager/certificates/{certificateId}/revoke",
        Again::Either(400, "revoked already"),
    ),
];

/// The function over tables of its own, with what its requests name.
struct Deployed {
    house: House,
    fuse: Fuse,
    authority: String,
    policy: String,
    profile: String,
}

impl Deployed {
    async fn new(fuse: &Fuse) -> Self {
        let house = House::of(World::fused(fuse).await).await;
        let (authority, policy) = (house.authority("shared").await, house.policy("shared").await);
        let profile = house.profile_of("shared", &authority, &policy).await;
        Self { house, fuse: fuse.clone(), authority, policy, profile }
    }
}

impl Deployment for Deployed {
    fn fuse(&self) -> &Fuse {
        &self.fuse
    }

    fn trail(&self) -> &Trail {
        &self.house.trail
    }

    async fn send(&self, event: &Event, now: Timestamp) -> (u16, Value) {
        let answer = web::answer(certificates::routes(), self.house.another(), event.request(), now).await;
        let status = answer.status().as_u16();
        let body = http_body_util::BodyExt::collect(answer.into_body()).await.unwrap().to_bytes();
        // A PKCS#12 file is no JSON.
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// What AWS has revoked is revoked here, and nobody asks for it any more.
    async fn beyond(&self, _: Timestamp) -> Vec<String> {
        let here = self.house.store.certificates_of(self.house.project).await.unwrap();
        let revoked = |one: &Stored<Certificate>| one.revocation.is_some_and(|it| it.revoked_at.is_some());
        let there = self.house.pki.issued(&self.house.private_ca_arn);
        let differs = there.iter().filter(|there| {
            let serial = there.serial.replace(':', "");
            let mut kept = here.iter().filter(|here| here.facts.serial_number == serial);
            kept.any(|here| revoked(here) != there.revoked.is_some())
        });
        differs.map(|one| format!("the certificate {} is revoked in one place alone", one.serial)).collect()
    }
}

#[test]
fn every_mutating_route_has_a_row() {
    let routes = certificates::routes();
    let listed = routes.list().iter().map(|route| (route.method.as_str(), route.path));
    fence(listed, &[AUTHORITIES, APPLICATIONS, CERTIFICATES].concat(), &[]);
}

#[tokio::test]
async fn a_death_in_a_request_about_authorities_policies_and_profiles_is_made_good_by_its_repeat() {
    requests(AUTHORITIES, Deployed::new, Deployed::request).await;
}

#[tokio::test]
async fn a_death_in_a_request_about_applications_is_made_good_by_its_repeat() {
    requests(APPLICATIONS, Deployed::new, Deployed::request).await;
}

#[tokio::test]
async fn a_death_in_a_request_about_certificates_is_made_good_by_its_repeat() {
    requests(CERTIFICATES, Deployed::new, Deployed::request).await;
}
