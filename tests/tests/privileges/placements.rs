//! Certificate syncs: to ACM, and to listeners of load balancers, and what each action is for.
//!
//! What they carry comes from a Private CA in another account, by a connection of its own.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use tests::LONGEST_WAIT;
use tests::account::trust;
use tests::certificate_sync::{CertificateSync, TO_ACM, TO_LOAD_BALANCER, body, renewed, serial_of};
use tests::certificates::{PRIVATE_CA, Profile};
use tests::load_balancers::LoadBalancer;
use tests::stage::Stage;
use tests::system::{System, text, unique};

use super::life::{Attempt, Beside, Capability, Level, Life, Told, printed};
use super::trial::Without;

const PUT: &str = "import a certificate";
const RENEW: &str = "renew it in place";
const DEFAULT: &str = "make it the default";
const NO_DEFAULT: &str = "give the default back";
const ROLL_BACK: &str = "roll it back";
const REPLACE: &str = "renew under an ARN of its own";
const MOVE: &str = "move who uses it to the next ARN";
const END: &str = "take it away";

/// The names of the certificates: one is renewed in place, each renewal of the others has an ARN of its own.
const IN_PLACE: &str = "in-place.example.com";
const ANEW: &str = "anew.example.com";
const MOVED: &str = "moved.example.com";

/// What waits for AWS waits minutes and then hours, which pass so often.
const PATIENCE: Duration = Duration::from_secs(6);
const AN_HOUR: Duration = Duration::from_secs(3_600);
const LOOK_AGAIN: Duration = Duration::from_millis(300);

/// A certificate that is carried by a sync of its own.
struct Carried {
    sync: CertificateSync,
    /// What is wanted there, and what was before.
    certificate: String,
    before: String,
    /// The ARN that it had when it was last as it should be.
    arn: String,
}

/// What both destinations do.
pub(super) struct Placing {
    stage: Stage,
    printed: Value,
    profile: Profile,
    destination: &'static str,
    foreign: String,
    balancer: LoadBalancer,
    carried: BTreeMap<&'static str, Carried>,
}

impl Placing {
    async fn begin(
        system: &'static System,
        level: Level,
        destination: &'static str,
        capability: &str,
    ) -> Result<Self> {
        let mut stage = Stage::new(system).await?;
        let foreign = stage.account.foreign_certificate("www.example.com").await?;
        let balancer = stage.account.load_balancer(&foreign, &[(443, "HTTPS")]).await?;
        let query = format!(
            "capability={capability},parameter-store&region=us-east-1&loadBalancerArn={}&{}",
            balancer.arn,
            Beside::query(capability)
        );
        let printed = printed(&stage, level, &query).await?;
        stage.allow_exactly(&printed).await?;
        let (issuer, ca) = issuer(&stage).await?;
        let own = std::mem::replace(&mut stage.connection, issuer);
        let profile = Profile::private(&stage, &ca).await?;
        stage.connection = own;
        let mut made =
            Self { stage, printed, profile, destination, foreign, balancer, carried: BTreeMap::new() };
        for name in [IN_PLACE, ANEW, MOVED] {
            made.prepare(name).await?;
        }
        Ok(made)
    }

    /// A sync, and what it will carry.
    async fn prepare(&mut self, name: &'static str) -> Result<()> {
        let config = match self.destination {
            TO_ACM => json!({ "region": "us-east-1" }),
            _ => self.balancer.config(&[0]),
        };
        let mut body = body(&self.stage.connection, &self.profile.application, &config);
        body["syncOptions"]["preserveArn"] = json!(name == IN_PLACE);
        let sync = CertificateSync::create(&self.stage.api, self.destination, &body).await?;
        let certificate = text(&self.profile.issued(&[name]).await?["certificateId"])?;
        let carried = Carried { sync, certificate, before: String::new(), arn: String::new() };
        self.carried.insert(name, carried);
        Ok(())
    }

    fn of(&self, name: &'static str) -> Result<&Carried> {
        self.carried.get(name).with_context(|| format!("nothing is carried for {name}"))
    }

    /// What a sync and its certificate say, and whether something failed.
    async fn words(&self, name: &'static str) -> Result<(bool, String)> {
        let carried = self.of(name)?;
        let mut all = carried.sync.certificates().await?;
        all.push(carried.sync.settled().await?);
        let said = all.iter().filter_map(|one| one["lastSyncMessage"].as_str());
        let said = said.collect::<Vec<_>>().join("; ");
        Ok((all.iter().any(|one| one["syncStatus"] == "failed"), said))
    }

    /// Once `is_so`, or once the sync has failed.
    async fn until(
        &self,
        name: &'static str,
        attempt: Attempt,
        is_so: impl AsyncFn(&Self) -> Result<bool>,
    ) -> Result<Told> {
        if attempt == Attempt::Again {
            self.of(name)?.sync.post("sync").await?;
        }
        let until = Instant::now() + LONGEST_WAIT;
        let mut hurries_at = Instant::now() + PATIENCE;
        loop {
            let (is_failed, words) = self.words(name).await?;
            if is_so(self).await? {
                let (_, words) = self.words(name).await?;
                return Ok(Told::Done(words));
            }
            if is_failed {
                return Ok(Told::Failed(words));
            }
            if Instant::now() >= until {
                let carried = self.of(name)?;
                let (sync, all) = (carried.sync.read().await?, carried.sync.certificates().await?);
                bail!(
                    "{name}: after {LONGEST_WAIT:?} neither done nor failed: {words}; {sync}, {all:?}, in AWS {}",
                    self.there().await?
                );
            }
            if Instant::now() >= hurries_at {
                self.hurry(name).await?;
                hurries_at = Instant::now() + PATIENCE;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// An hour passes for a sync, and the schedule comes by.
    async fn hurry(&self, name: &'static str) -> Result<()> {
        let (system, key) = (self.stage.system(), format!("CERTIFICATE_SYNC#{}", self.of(name)?.sync.id));
        system.state.let_pass(&key, "RUN", AN_HOUR).await?;
        system.invoke("CertificateSyncWorkerFunction", &json!({ "tick": true })).await.map(drop)
    }

    /// The certificate is in AWS with its serial number: its ARN.
    async fn placed(&self, name: &'static str) -> Result<Option<String>> {
        let carried = self.of(name)?;
        let all = carried.sync.certificates().await?;
        let one = all.iter().find(|one| one["certificateId"] == carried.certificate.as_str());
        let Some(arn) =
            one.filter(|one| one["syncStatus"] == "succeeded").map(|one| text(&one["externalIdentifier"]))
        else {
            return Ok(None);
        };
        let arn = arn?;
        if !self.stage.account.acm_arns().await?.contains(&arn) {
            return Ok(None);
        }
        let serial = serial_of(&self.stage.api, &carried.certificate).await?;
        let is_there = self.stage.account.acm_serial(&arn).await? == serial;
        let is_served = self.destination == TO_ACM || self.served().await?.has(&arn);
        Ok((is_there && is_served).then_some(arn))
    }

    async fn served(&self) -> Result<tests::load_balancers::Served> {
        let listener = &self.balancer.listeners[0].0;
        self.stage.system().guard.served_by(listener).await?.pop().context("it never served anything")
    }

    /// Once the certificate is where it should be.
    async fn carry(&mut self, name: &'static str, attempt: Attempt) -> Result<Told> {
        let told = self.until(name, attempt, async |one| Ok(one.placed(name).await?.is_some())).await?;
        if matches!(told, Told::Done(_))
            && let Some(arn) = self.placed(name).await?
            && let Some(carried) = self.carried.get_mut(name)
        {
            carried.arn = arn;
        }
        Ok(told)
    }

    async fn renew(&mut self, name: &'static str, attempt: Attempt) -> Result<Told> {
        if attempt == Attempt::First {
            let before = self.of(name)?.certificate.clone();
            let next = renewed(self.stage.system(), &self.stage.api, &before).await?;
            if let Some(carried) = self.carried.get_mut(name) {
                carried.before = before;
                carried.certificate = next;
            }
        }
        let former = self.of(name)?.arn.clone();
        let told = self.carry(name, attempt).await?;
        if name == IN_PLACE || !matches!(told, Told::Done(_)) {
            return Ok(told);
        }
        // The former ARN goes when nothing serves it any more.
        let is_gone = async |one: &Self| Ok(!one.stage.account.acm_arns().await?.contains(&former));
        self.until(name, attempt, is_gone).await
    }

    /// Somebody's listener serves what ACM has; the next ARN takes its place there.
    async fn moves(&mut self, attempt: Attempt) -> Result<Told> {
        if attempt == Attempt::First {
            let carried = self.of(MOVED)?;
            carried.sync.attach(&carried.certificate).await?;
            let told = self.carry(MOVED, attempt).await?;
            if matches!(told, Told::Failed(_)) {
                return Ok(told);
            }
            let (listener, arn) = (&self.balancer.listeners[0].0, &self.of(MOVED)?.arn);
            let default = [
                ("Action", "ModifyListener"),
                ("ListenerArn", listener),
                ("Certificates.member.1.CertificateArn", arn),
            ];
            self.stage.account.query("elasticloadbalancing", "2015-12-01", &default).await?;
            self.stage.account.serve(listener, arn).await?;
        }
        let told = self.renew(MOVED, attempt).await?;
        if matches!(told, Told::Done(_)) {
            let arn = &self.of(MOVED)?.arn;
            ensure!(self.served().await?.default.as_ref() == Some(arn), "it was not moved");
        }
        Ok(told)
    }
}

impl Life for Placing {
    fn stage(&self) -> &Stage {
        &self.stage
    }

    fn printed(&self) -> &Value {
        &self.printed
    }

    async fn deed(&mut self, deed: &'static str, attempt: Attempt) -> Result<Told> {
        let is_first = attempt == Attempt::First;
        match deed {
            PUT => {
                if is_first {
                    for name in [IN_PLACE, ANEW] {
                        let carried = self.of(name)?;
                        carried.sync.attach(&carried.certificate).await?;
                    }
                }
                let told = self.carry(ANEW, attempt).await?;
                let other = self.carry(IN_PLACE, attempt).await?;
                Ok(if matches!(told, Told::Failed(_)) { told } else { other })
            }
            RENEW => self.renew(IN_PLACE, attempt).await,
            REPLACE => self.renew(ANEW, attempt).await,
            ROLL_BACK => {
                if is_first {
                    let carried = self.of(IN_PLACE)?;
                    carried.sync.post(&format!("certificates/{}/rollback", carried.certificate)).await?;
                    if let Some(carried) = self.carried.get_mut(IN_PLACE) {
                        std::mem::swap(&mut carried.certificate, &mut carried.before);
                    }
                }
                self.carry(IN_PLACE, attempt).await
            }
            DEFAULT | NO_DEFAULT => {
                let carried = self.of(IN_PLACE)?;
                if is_first && deed == DEFAULT {
                    carried.sync.post(&format!("certificates/{}/default", carried.certificate)).await?;
                } else if is_first {
                    carried.sync.delete("/certificates/default").await?;
                }
                let wanted = if deed == DEFAULT { carried.arn.clone() } else { self.foreign.clone() };
                let is_so = async |one: &Self| Ok(one.served().await?.default.as_ref() == Some(&wanted));
                self.until(IN_PLACE, attempt, is_so).await
            }
            MOVE => self.moves(attempt).await,
            END => {
                let names = [IN_PLACE, ANEW];
                if is_first {
                    for name in names {
                        let carried = self.of(name)?;
                        carried.sync.detach(&carried.certificate).await?;
                    }
                }
                let mut last = Told::Done(String::new());
                for name in names {
                    let arn = self.of(name)?.arn.clone();
                    let is_gone = async |one: &Self| {
                        let is_served = one.destination != TO_ACM && one.served().await?.has(&arn);
                        Ok(!is_served && !one.stage.account.acm_arns().await?.contains(&arn))
                    };
                    let told = self.until(name, attempt, is_gone).await?;
                    if matches!(last, Told::Done(_)) {
                        last = told;
                    }
                }
                Ok(last)
            }
            other => bail!("nobody does {other}"),
        }
    }

    async fn there(&self) -> Result<Value> {
        let served = self.served().await?;
        Ok(json!({ "certificates": self.stage.account.acm_arns().await?, "default": served.default,
            "served": served.for_sni }))
    }
}

/// A Private CA in an account of its own, and a connection to it in the stage's project.
async fn issuer(stage: &Stage) -> Result<(String, String)> {
    let account = stage.system().account();
    let condition = json!({ "StringEquals": { "sts:ExternalId": stage.project } });
    let role = account.role("issuer", &trust("arn:aws:iam::111111111111:root", &condition)).await?;
    let statement = json!({ "Effect": "Allow", "Action": PRIVATE_CA, "Resource": "*" });
    account.allow("issuer", &json!({ "Version": "2012-10-17", "Statement": [statement] })).await?;
    let body = json!({ "name": unique("issuer"), "method": "assume-role", "projectId": stage.project,
        "credentials": { "roleArn": role } });
    let made = stage.api.post("/api/v1/app-connections/aws", &body).await?.ok()?;
    Ok((text(&made["appConnection"]["id"])?, account.private_ca().await?))
}

/// Certificates in ACM.
pub(super) struct CertificateManager;

impl Capability for CertificateManager {
    const NAME: &'static str = "certificate-manager";
    const DEEDS: &'static [&'static str] = &[PUT, RENEW, ROLL_BACK, REPLACE, END];
    const FULL_DEEDS: &'static [&'static str] = &[PUT, RENEW, ROLL_BACK, REPLACE, MOVE, END];
    const STEPWISE: &'static [&'static str] = &[PUT, REPLACE, MOVE, END];
    type Life = Placing;

    async fn begin(system: &'static System, level: Level) -> Result<Placing> {
        Placing::begin(system, level, TO_ACM, Self::NAME).await
    }
}

impl CertificateManager {
    /// The first two are documented, and printed so that one role serves the peer as well; nothing of ours calls them: an
    /// imported certificate cannot be exported, and no tag is ever taken away. The others tell what is there when a death or
    /// somebody else came between: `certificate-sync-worker`'s `permissions` takes each of them away then.
    pub(super) const ELSEWHERE: &'static [&'static str] = &[
        "acm:ExportCertificate",
        "acm:RemoveTagsFromCertificate",
        "acm:DescribeCertificate",
        "acm:GetCertificate",
    ];

    /// What each action is for.
    pub(super) const WITHOUT: &'static [Without] = &[
        Without::action("acm:ListCertificates", &[PUT, RENEW, ROLL_BACK, REPLACE, END]),
        Without::action("acm:ListTagsForCertificate", &[REPLACE, END]),
        Without::action("acm:ImportCertificate", &[PUT, RENEW, ROLL_BACK, REPLACE]).short(),
        Without::action("acm:AddTagsToCertificate", &[PUT, RENEW, ROLL_BACK, REPLACE]),
        Without::action("acm:DeleteCertificate", &[REPLACE, END]),
        Without::action("elasticloadbalancing:DescribeListeners", &[MOVE]).full(),
        Without::action("elasticloadbalancing:DescribeListenerCertificates", &[MOVE]).full(),
        Without::action("elasticloadbalancing:AddListenerCertificates", &[MOVE]).full(),
        Without::action("elasticloadbalancing:RemoveListenerCertificates", &[MOVE]).full(),
        Without::action("elasticloadbalancing:ModifyListener", &[MOVE]).full(),
    ];
}

/// Certificates on listeners.
pub(super) struct Listeners;

impl Capability for Listeners {
    const NAME: &'static str = "load-balancer";
    const DEEDS: &'static [&'static str] = &[PUT, RENEW, DEFAULT, ROLL_BACK, NO_DEFAULT, REPLACE, END];
    const STEPWISE: &'static [&'static str] = &[PUT, DEFAULT, NO_DEFAULT, REPLACE, END];
    type Life = Placing;

    async fn begin(system: &'static System, level: Level) -> Result<Placing> {
        Placing::begin(system, level, TO_LOAD_BALANCER, Self::NAME).await
    }
}

impl Listeners {
    /// What each action is for.
    pub(super) const WITHOUT: &'static [Without] = &[
        Without::action("acm:ListCertificates", &[PUT, RENEW, DEFAULT, ROLL_BACK, NO_DEFAULT, REPLACE, END]),
        Without::action("acm:ListTagsForCertificate", &[]).telling(&[REPLACE, END]),
        Without::action("acm:DescribeCertificate", &[PUT, REPLACE]),
        Without::action("acm:ImportCertificate", &[PUT, RENEW, ROLL_BACK, REPLACE]).short(),
        Without::action("acm:DeleteCertificate", &[REPLACE, END]),
        Without::action("elasticloadbalancing:DescribeLoadBalancers", &[]),
        Without::action(
            "elasticloadbalancing:DescribeListeners",
            &[PUT, RENEW, DEFAULT, ROLL_BACK, NO_DEFAULT, REPLACE, END],
        ),
        Without::action(
            "elasticloadbalancing:DescribeListenerCertificates",
            &[PUT, RENEW, DEFAULT, ROLL_BACK, NO_DEFAULT, REPLACE, END],
        ),
        Without::action("elasticloadbalancing:AddListenerCertificates", &[PUT, DEFAULT, REPLACE]),
        Without::action("elasticloadbalancing:RemoveListenerCertificates", &[REPLACE, END])
            .telling(&[NO_DEFAULT]),
        Without::action("elasticloadbalancing:ModifyListener", &[DEFAULT, NO_DEFAULT]),
        Without::action("acm:AddTagsToCertificate", &[]).telling(&[PUT]).full(),
    ];
}
