//! The routes of certificate syncs: both destinations, below their base and below the one that older clients know.

use anyhow::{Result, ensure};
use http::Method;
use serde_json::json;
use testkit::fleet::documented::{CERTIFICATE_MANAGER, LOAD_BALANCER};
use tests::certificate_sync::{CertificateSync, TO_ACM, TO_LOAD_BALANCER, body, renewed};
use tests::certificates::{PRIVATE_CA, Profile};
use tests::load_balancers::LoadBalancer;
use tests::stage::{Stage, eventually};
use tests::system::{text, unique};

use super::{Outsider, Step, Tour, delete, get, patch, post};

/// The routes below one of the two bases.
struct Routes {
    all: &'static str,
    options: &'static str,
    of: &'static str,
    certificates: &'static str,
    balancers: &'static str,
    listeners: &'static str,
    one: &'static str,
    sync: &'static str,
    import: &'static str,
    remove: &'static str,
    plan: &'static str,
    rollback: &'static str,
    default: &'static str,
    no_default: &'static str,
}

macro_rules! routes {
    ($base:literal) => {
        Routes {
            all: $base,
            options: concat!($base, "/options"),
            of: concat!($base, "/{destination}"),
            certificates: concat!($base, "/{syncId}/certificates"),
            balancers: concat!($base, "/{destination}/load-balancers"),
            listeners: concat!($base, "/{destination}/listeners"),
            one: concat!($base, "/{destination}/{syncId}"),
            sync: concat!($base, "/{destination}/{syncId}/sync"),
            import: concat!($base, "/{destination}/{syncId}/import"),
            remove: concat!($base, "/{destination}/{syncId}/remove-certificates"),
            plan: concat!($base, "/{destination}/{syncId}/plan"),
            rollback: concat!($base, "/{destination}/{syncId}/certificates/{certificateId}/rollback"),
            default: concat!($base, "/{destination}/{syncId}/certificates/{certificateId}/default"),
            no_default: concat!($base, "/{destination}/{syncId}/certificates/default"),
        }
    };
}

/// What is attached to what.
struct Scene {
    stage: Stage,
    profile: Profile,
    balancer: LoadBalancer,
}

pub(super) async fn walk(tour: &mut Tour) -> Result<()> {
    let stage = Stage::new(tour.system).await?;
    stage.allow(&[&PRIVATE_CA[..], &CERTIFICATE_MANAGER, &LOAD_BALANCER].concat()).await?;
    let ca = stage.account.private_ca().await?;
    let profile = Profile::private(&stage, &ca).await?;
    let foreign = stage.account.foreign_certificate("www.example.com").await?;
    let balancer = stage.account.load_balancer(&foreign, &[(443, "HTTPS"), (8443, "HTTPS")]).await?;
    let scene = Scene { stage, profile, balancer };
    let certificate = text(&scene.profile.issued(&["shop.example.com"]).await?["certificateId"])?;
    let bases = [routes!("/api/v1/cert-manager/syncs"), routes!("/api/v1/pki/syncs")];
    let mut made = Vec::new();
    for (at, routes) in bases.iter().enumerate() {
        look(tour, &scene, routes).await?;
        for destination in [TO_ACM, TO_LOAD_BALANCER] {
            made.push((routes, begin(tour, &scene, routes, (destination, at), &certificate).await?));
        }
    }
    for (_, sync) in &made {
        sync.carried(&certificate).await?;
    }
    let next = renewed(tour.system, &scene.stage.api, &certificate).await?;
    for (routes, sync) in &made {
        sync.carried(&next).await?;
        end(tour, routes, sync, (&certificate, &next)).await?;
    }
    tour.system.invoke("CertificateSyncWorkerFunction", &json!({ "tick": true })).await?;
    Ok(())
}

/// What there is to choose from. The secret half of a user's key has to be opened for it.
async fn look(tour: &mut Tour, scene: &Scene, routes: &Routes) -> Result<()> {
    let account = &scene.stage.account;
    let user = unique("looking");
    let key = account.user(&user).await?;
    let look = json!({ "Effect": "Allow", "Action": LOAD_BALANCER, "Resource": "*" });
    account.allow_user(&user, &json!({ "Version": "2012-10-17", "Statement": [look] })).await?;
    tour.system.keep_secret(&key.secret);
    let connection = json!({ "name": unique("looking"), "method": "access-key", "projectId": scene.stage.project,
        "credentials": { "accessKeyId": key.id, "secretAccessKey": key.secret } });
    let connection = scene.stage.api.post("/api/v1/app-connections/aws", &connection).await?.ok()?;
    let connection = text(&connection["appConnection"]["id"])?;
    let query = format!("connectionId={connection}&region=us-east-1");
    let balancers = get(routes.balancers, &[TO_LOAD_BALANCER]).fixed(0).query(&query);
    let told = tour.step(balancers).await?;
    let names_it = told.to_string().contains(&scene.balancer.arn);
    ensure!(names_it, "the load balancer is not told: {told}");
    let query = format!("{query}&loadBalancerArn={}", scene.balancer.arn);
    let told = tour.step(get(routes.listeners, &[TO_LOAD_BALANCER]).fixed(0).query(&query)).await?;
    ensure!(told.to_string().contains(&scene.balancer.listeners[0].0), "{told}");
    let path = format!(
        "{}/{TO_LOAD_BALANCER}/load-balancers?connectionId={connection}&region=us-east-1",
        routes.all
    );
    tour.by_processes_that_know_nothing("CertificateSyncsRole", &[&path]).await?;
    tour.step(get(routes.options, &[]).outsider(Outsider::Anything)).await.map(drop)
}

/// Makes a sync and attaches the certificate.
async fn begin(
    tour: &mut Tour,
    scene: &Scene,
    routes: &Routes,
    (destination, listener): (&'static str, usize),
    certificate: &str,
) -> Result<CertificateSync> {
    let of_project = format!("projectId={}", scene.stage.project);
    let config = match destination {
        TO_ACM => json!({ "region": "us-east-1" }),
        _ => scene.balancer.config(&[listener]),
    };
    let body = body(&scene.stage.connection, &scene.profile.application, &config);
    let create = post(routes.of, &[destination], body).fixed(0);
    let made = tour.step(create.audited("certificate-sync.create")).await?;
    let id = text(&made["id"])?;
    tour.step(get(routes.all, &[]).query(&of_project).outsider(Outsider::Denied)).await?;
    let list = get(routes.of, &[destination]).fixed(0).query(&of_project);
    tour.step(list.outsider(Outsider::Denied)).await?;
    let read = tour.step(get(routes.of, &[&id]).fixed(0)).await?;
    ensure!(read == made, "it reads back differently: {read} and {made}");
    tour.step(get(routes.one, &[destination, &id]).fixed(0)).await?;
    let attach = post(routes.certificates, &[&id], json!({ "certificateIds": [certificate] }));
    tour.step(attach.audited("certificate-sync.attach")).await?;
    tour.step(get(routes.certificates, &[&id])).await?;
    Ok(CertificateSync::made(&scene.stage.api, destination, &id))
}

/// What can be wanted of a sync, whose certificate was renewed, and its end.
async fn end(
    tour: &mut Tour,
    routes: &Routes,
    sync: &CertificateSync,
    (before, now): (&str, &str),
) -> Result<()> {
    let at = [sync.destination, sync.id.as_str()];
    let with = [sync.destination, sync.id.as_str(), now];
    let wish = |route, what: &'static str| -> Step { post(route, &at, json!({})).fixed(0).audited(what) };
    let change = patch(routes.one, &at, json!({ "description": "changed" })).fixed(0);
    tour.step(change.audited("certificate-sync.update")).await?;
    tour.step(post(routes.plan, &at, json!({})).fixed(0)).await?;
    sync.settled().await?;
    tour.step(wish(routes.sync, "certificate-sync.sync")).await?;
    sync.settled().await?;
    tour.step(post(routes.import, &at, json!({})).fixed(0).refused(400, "BadRequest")).await?;
    if sync.destination == TO_LOAD_BALANCER {
        let default = post(routes.default, &with, json!({})).fixed(0);
        tour.step(default.audited("certificate-sync.default")).await?;
        tour.step(delete(routes.no_default, &at).fixed(0).audited("certificate-sync.default")).await?;
        sync.settled().await?;
    }
    let back = post(routes.rollback, &with, json!({})).fixed(0);
    tour.step(back.audited("certificate-sync.rollback")).await?;
    sync.carried(before).await?;
    sync.settled().await?;
    if sync.destination == TO_LOAD_BALANCER {
        tour.step(post(routes.remove, &at, json!({})).fixed(0).refused(400, "BadRequest")).await?;
    } else {
        tour.step(wish(routes.remove, "certificate-sync.remove")).await?;
        sync.settled().await?;
    }
    let detach = delete(routes.certificates, &[&sync.id]).body(json!({ "certificateIds": [before] }));
    tour.step(detach.audited("certificate-sync.detach")).await?;
    sync.settled().await?;
    tour.step(delete(routes.one, &at).fixed(0).audited("certificate-sync.delete")).await?;
    let gone = || async {
        let answer = tour.system.admin.send(Method::GET, &sync.path(""), None).await?;
        Ok(answer.status == 404)
    };
    eventually("the sync is gone", gone).await
}
