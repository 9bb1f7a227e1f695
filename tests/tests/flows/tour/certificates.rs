//! The routes of certificates, in a project of their own.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tests::certificates::{PRIVATE_CA, Profile, attributes, rules};
use tests::stage::Stage;
use tests::system::{text, unique};

use super::{Outsider, Tour, delete, get, patch, post, put};

const AUTHORITIES: &str = "/api/v1/cert-manager/ca/{type}";
const AUTHORITY: &str = "/api/v1/cert-manager/ca/{type}/{caId}";
const POLICIES: &str = "/api/v1/cert-manager/certificate-policies";
const POLICY: &str = "/api/v1/cert-manager/certificate-policies/{policyId}";
const PROFILES: &str = "/api/v1/cert-manager/certificate-profiles";
const PROFILE: &str = "/api/v1/cert-manager/certificate-profiles/{profileId}";
const APPLICATIONS: &str = "/api/v1/cert-manager/applications";
const APPLICATION: &str = "/api/v1/cert-manager/applications/{applicationId}";
const ATTACHED: &str = "/api/v1/cert-manager/applications/{applicationId}/profiles";
const ONE_ATTACHED: &str = "/api/v1/cert-manager/applications/{applicationId}/profiles/{profileId}";
const ENROLLMENT: &str = "/api/v1/cert-manager/applications/{applicationId}/profiles/{profileId}/enrollment";
const METHOD: &str =
    "/api/v1/cert-manager/applications/{applicationId}/profiles/{profileId}/enrollment/{method}";
const CERTIFICATES: &str = "/api/v1/cert-manager/certificates";
const CERTIFICATE: &str = "/api/v1/cert-manager/certificates/{certificateId}";
const REQUESTS: &str = "/api/v1/cert-manager/certificates/certificate-requests";
const REQUEST: &str = "/api/v1/cert-manager/certificates/certificate-requests/{requestId}";

/// What stands, and what is issued on it.
struct Definitions {
    ca: String,
    policy: String,
    profile: String,
    application: String,
}

pub(super) async fn walk(tour: &mut Tour) -> Result<()> {
    let stage = Stage::new(tour.system).await?;
    stage.allow(&PRIVATE_CA).await?;
    let made = definitions(tour, &stage).await?;
    certificates(tour, &stage, &made).await?;
    farewell(tour, &made).await
}

async fn definitions(tour: &mut Tour, stage: &Stage) -> Result<Definitions> {
    let of_project = format!("projectId={}", stage.project);
    let arn = stage.account.private_ca().await?;
    let configuration =
        json!({ "appConnectionId": stage.connection, "certificateAuthorityArn": arn, "region": "us-east-1" });
    let body = json!({ "name": unique("ca"), "projectId": stage.project, "status": "active", "configuration": configuration });
    let create = post(AUTHORITIES, &["aws-pca"], body).fixed(0).outsider(Outsider::Denied);
    let ca = text(&tour.step(create.audited("certificate-authority.create")).await?["id"])?;
    tour.step(get(AUTHORITIES, &["aws-pca"]).fixed(0).query(&of_project).outsider(Outsider::Denied)).await?;
    tour.step(get(AUTHORITY, &["aws-pca", &ca]).fixed(0)).await?;
    let change = patch(AUTHORITY, &["aws-pca", &ca], json!({ "name": unique("renamed") })).fixed(0);
    tour.step(change.audited("certificate-authority.update")).await?;

    let mut rules = rules();
    rules["name"] = json!(unique("policy"));
    rules["projectId"] = json!(stage.project);
    let create = post(POLICIES, &[], rules).outsider(Outsider::Denied).audited("certificate-policy.create");
    let policy = text(&tour.step(create).await?["certificatePolicy"]["id"])?;
    tour.step(get(POLICIES, &[]).query(&of_project).outsider(Outsider::Denied)).await?;
    tour.step(get(POLICY, &[&policy])).await?;
    let change = patch(POLICY, &[&policy], json!({ "description": "changed" }));
    tour.step(change.audited("certificate-policy.update")).await?;

    let slug = unique("profile");
    let body = json!({ "projectId": stage.project, "caId": ca, "certificatePolicyId": policy, "slug": slug,
        "issuerType": "ca", "defaults": { "ttlDays": 30 } });
    let create = post(PROFILES, &[], body).outsider(Outsider::Denied).audited("certificate-profile.create");
    let profile = text(&tour.step(create).await?["certificateProfile"]["id"])?;
    tour.step(get(PROFILES, &[]).query(&of_project).outsider(Outsider::Denied)).await?;
    tour.step(get(PROFILE, &[&profile])).await?;
    let by_slug = get("/api/v1/cert-manager/certificate-profiles/slug/{slug}", &[&slug]);
    tour.step(by_slug.query(&of_project)).await?;
    let change = patch(PROFILE, &[&profile], json!({ "description": "changed" }));
    tour.step(change.audited("certificate-profile.update")).await?;

    let name = unique("application");
    let body = json!({ "name": name, "projectId": stage.project });
    let create = post(APPLICATIONS, &[], body).outsider(Outsider::Denied);
    let made = tour.step(create.audited("certificate-application.create")).await?;
    let application = text(&made["application"]["id"])?;
    tour.step(get(APPLICATIONS, &[]).query(&of_project).outsider(Outsider::Denied)).await?;
    tour.step(get(APPLICATION, &[&application])).await?;
    let by_name = get("/api/v1/cert-manager/applications/by-name/{name}", &[&name]);
    tour.step(by_name.query(&of_project)).await?;
    let change = patch(APPLICATION, &[&application], json!({ "description": "changed" }));
    tour.step(change.audited("certificate-application.update")).await?;
    let attach = post(ATTACHED, &[&application], json!({ "profileIds": [profile] }));
    tour.step(attach.audited("certificate-application.attach")).await?;
    tour.step(get(ATTACHED, &[&application])).await?;
    tour.step(get(ENROLLMENT, &[&application, &profile])).await?;
    let renew = json!({ "autoRenew": true, "renewBeforeDays": 5 });
    let set = put(METHOD, &[&application, &profile, "api"], renew).fixed(2);
    tour.step(set.audited("certificate-application.enrollment")).await?;
    Ok(Definitions { ca, policy, profile, application })
}

async fn certificates(tour: &mut Tour, stage: &Stage, made: &Definitions) -> Result<()> {
    let of_project = format!("projectId={}", stage.project);
    let issuing = Profile::made(stage, &made.profile, &made.application);
    let body = json!({ "profileId": made.profile, "applicationId": made.application,
        "attributes": attributes(&["tour.example.com"]) });
    let ask = post(CERTIFICATES, &[], body).audited("certificate-request.create");
    let request = text(&tour.step(ask).await?["certificateRequestId"])?;
    let issued = issuing.ended(&request).await?;
    ensure!(issued["status"] == "issued", "{issued}");
    let id = text(&issued["certificateId"])?;
    tour.step(get(REQUESTS, &[]).query(&of_project).outsider(Outsider::Denied)).await?;
    tour.step(get(REQUEST, &[&request]).audited("certificate.read-private-key")).await?;

    tour.step(get(CERTIFICATES, &[]).query(&of_project).outsider(Outsider::Denied)).await?;
    tour.step(get(CERTIFICATE, &[&id])).await?;
    let bundle = get("/api/v1/cert-manager/certificates/{certificateId}/bundle", &[&id]);
    let bundle = tour.step(bundle.audited("certificate.read-private-key")).await?;
    tour.step(get("/api/v1/cert-manager/certificates/{certificateId}/certificate", &[&id])).await?;
    let key = get("/api/v1/cert-manager/certificates/{certificateId}/private-key", &[&id]);
    tour.step(key.audited("certificate.read-private-key")).await?;
    let password = "canary-of-a-pkcs12-file-91d3";
    tour.system.keep_secret(password);
    let file = json!({ "password": password, "alias": "tour" });
    let file = post("/api/v1/cert-manager/certificates/{certificateId}/pkcs12", &[&id], file);
    tour.step(file.audited("certificate.read-private-key")).await?;
    let settings = json!({ "renewBeforeDays": 7, "enableAutoRenewal": true });
    let settings = patch("/api/v1/cert-manager/certificates/{certificateId}/config", &[&id], settings);
    tour.step(settings.audited("certificate.configure")).await?;
    tour.by_processes_that_know_nothing("CertificatesRole", &[&format!("{CERTIFICATES}/{id}/private-key")])
        .await?;

    let renew = post("/api/v1/cert-manager/certificates/{certificateId}/renew", &[&id], json!({}));
    let renewal = tour.step(renew.audited("certificate.renew")).await?;
    let renewed = issuing.ended(&text(&renewal["certificateRequestId"])?).await?;
    ensure!(renewed["status"] == "issued", "{renewed}");
    let reason = json!({ "revocationReason": "SUPERSEDED" });
    let revoke = post("/api/v1/cert-manager/certificates/{certificateId}/revoke", &[&id], reason);
    tour.step(revoke.audited("certificate.revoke")).await?;

    let mut import = body_of_import(&bundle);
    import["projectId"] = json!(stage.project);
    let import = post("/api/v1/cert-manager/certificates/import-certificate", &[], import);
    let import = import.outsider(Outsider::Denied).audited("certificate.import");
    let imported = text(&tour.step(import).await?["certificateId"])?;
    tour.step(delete(CERTIFICATE, &[&imported]).audited("certificate.delete")).await?;
    // The first key of a project is sealed with a key of its own; and the schedule wakes who has something due.
    let (elsewhere, _) = tour.system.project(&unique("imported")).await?;
    let mut body = body_of_import(&bundle);
    body["projectId"] = json!(elsewhere);
    stage.api.post("/api/v1/cert-manager/certificates/import-certificate", &body).await?.ok()?;
    let key = format!("CERTIFICATE#{}", text(&renewed["certificateId"])?);
    tour.system.state.let_pass(&key, &key, std::time::Duration::from_secs(86_400 * 20)).await?;
    tour.system.invoke("CertificateWorkerFunction", &json!({ "tick": true })).await?;
    Ok(())
}

/// A certificate that somebody else's authority might have issued.
fn body_of_import(bundle: &Value) -> Value {
    json!({ "certificatePem": bundle["certificate"], "chainPem": bundle["certificateChain"],
        "privateKeyPem": bundle["privateKey"] })
}

async fn farewell(tour: &mut Tour, made: &Definitions) -> Result<()> {
    let Definitions { ca, policy, profile, application } = made;
    let unset = delete(METHOD, &[application, profile, "api"]).fixed(2);
    tour.step(unset.audited("certificate-application.enrollment")).await?;
    let detach = delete(ONE_ATTACHED, &[application, profile]);
    tour.step(detach.audited("certificate-application.detach")).await?;
    tour.step(delete(APPLICATION, &[application]).audited("certificate-application.delete")).await?;
    tour.step(delete(PROFILE, &[profile]).audited("certificate-profile.delete")).await?;
    tour.step(delete(POLICY, &[policy]).audited("certificate-policy.delete")).await?;
    let gone = delete(AUTHORITY, &["aws-pca", ca]).fixed(0);
    tour.step(gone.audited("certificate-authority.delete")).await?;
    Ok(())
}
