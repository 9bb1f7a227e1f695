//! Load balancers and listeners: <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/Welcome.html>

use model::Timestamp;

use super::session::Call;
use super::{Answered, Fleet, State, xml};
use crate::account::NUMBER;
use crate::aws::Request;
use crate::door::Refusal;

/// A load balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balancer {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// `application`, `network` or `gateway`.
    pub kind: String,
    /// `internet-facing` or `internal`.
    pub scheme: String,
    /// The name by which it is reached.
    pub dns_name: String,
    /// The Region that it is in.
    pub region: String,
}

/// A listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetListener {
    /// Its ARN.
    pub arn: String,
    /// The load balancer's.
    pub balancer: String,
    /// Where it listens.
    pub port: u16,
    /// `HTTPS`, `TLS`, `HTTP`, `TCP`, …
    pub protocol: String,
    /// The ARN of its default certificate.
    pub default: Option<String>,
    /// The ARNs in its list for SNI, in the order in which they came.
    pub sni: Vec<String>,
}

impl FleetListener {
    fn has(&self, arn: &str) -> bool {
        self.default.as_deref() == Some(arn) || self.sni.iter().any(|one| one == arn)
    }

    fn serves_tls(&self) -> bool {
        ["HTTPS", "TLS"].contains(&self.protocol.as_str())
    }
}

impl Fleet {
    /// A load balancer of this kind (`application`, `network`, `gateway`) in a Region; its ARN.
    #[must_use]
    pub fn put_balancer(&self, region: &str, kind: &str, name: &str) -> String {
        let mut state = self.state();
        let number = state.number();
        let short = match kind {
            "network" => "net",
            "gateway" => "gwy",
            _ => "app",
        };
        let arn = format!(
            "arn:aws:elasticloadbalancing:{region}:{NUMBER}:loadbalancer/{short}/{name}/{number:016x}"
        );
        let dns_name = match kind {
            "network" => format!("{name}-{number}.elb.{region}.amazonaws.com"),
            _ => format!("{name}-{number}.{region}.elb.amazonaws.com"),
        };
        let balancer = Balancer {
            arn: arn.clone(),
            name: name.to_owned(),
            kind: kind.to_owned(),
            scheme: "internet-facing".to_owned(),
            dns_name,
            region: region.to_owned(),
        };
        state.balancers.insert(arn.clone(), balancer);
        arn
    }

    /// A listener of a load balancer, with a default certificate for HTTPS and TLS; its ARN.
    #[must_use]
    pub fn put_listener(&self, balancer: &str, protocol: &str, port: u16, default: Option<&str>) -> String {
        let mut state = self.state();
        let number = state.number();
        let arn = format!("{}/{number:016x}", balancer.replace(":loadbalancer/", ":listener/"));
        let listener = FleetListener {
            arn: arn.clone(),
            balancer: balancer.to_owned(),
            port,
            protocol: protocol.to_owned(),
            default: default.map(str::to_owned),
            sni: Vec::new(),
        };
        state.listeners.insert(arn.clone(), listener);
        state.remember("somebody else");
        arn
    }

    /// A listener as it is.
    #[must_use]
    pub fn listener(&self, arn: &str) -> Option<FleetListener> {
        self.state().listeners.get(arn).cloned()
    }

    /// Somebody else changes a listener.
    pub fn change_listener(&self, arn: &str, change: impl FnOnce(&mut FleetListener)) {
        let mut state = self.state();
        if let Some(listener) = state.listeners.get_mut(arn) {
            change(listener);
        }
        state.remember("somebody else");
    }

    /// Somebody else deletes a listener.
    pub fn delete_listener(&self, arn: &str) {
        self.state().listeners.remove(arn);
    }

    /// Somebody else deletes a load balancer with its listeners.
    pub fn delete_balancer(&self, arn: &str) {
        let mut state = self.state();
        state.balancers.remove(arn);
        state.listeners.retain(|_, listener| listener.balancer != arn);
    }

    /// A load balancer, to be changed by somebody else: its DNS name, its scheme.
    pub fn change_balancer(&self, arn: &str, change: impl FnOnce(&mut Balancer)) {
        if let Some(balancer) = self.state().balancers.get_mut(arn) {
            change(balancer);
        }
    }
}

impl State {
    pub(super) fn balancing(&mut self, asked: &Call, request: &Request) -> Answered<String> {
        let operation = asked.action.trim_start_matches("elasticloadbalancing:");
        let result = match operation {
            "DescribeLoadBalancers" => self.describe_balancers(asked, request)?,
            "DescribeListeners" => self.describe_listeners(asked, request)?,
            "DescribeListenerCertificates" => {
                let listener = self.listener_named(&asked.resource, &asked.region)?;
                let told = |arn: &String, is_default: bool| {
                    xml::field("CertificateArn", arn) + &xml::field("IsDefault", &is_default.to_string())
                };
                // One that is both is told twice.
                let all = listener.default.iter().map(|arn| told(arn, true));
                page(request, "Certificates", all.chain(listener.sni.iter().map(|arn| told(arn, false))))
            }
            "AddListenerCertificates" => {
                let arn = self.one_certificate(asked, request)?;
                self.add(&asked.resource, &arn)?;
                xml::list("Certificates", [xml::field("CertificateArn", &arn)])
            }
            "RemoveListenerCertificates" => {
                let arn = one(request)?;
                self.remove(asked, &arn)?;
                String::new()
            }
            "ModifyListener" => {
                let arn = self.one_certificate(asked, request)?;
                let before = match self.listeners.get_mut(&asked.resource) {
                    Some(listener) => listener.default.replace(arn),
                    None => None,
                };
                if let Some(before) = before {
                    self.let_go(&asked.resource, &before);
                }
                let listener = self.listener_named(&asked.resource, &asked.region)?;
                xml::list("Listeners", [told_listener(listener)])
            }
            other => return Err(Refusal::new("InvalidAction", format!("nobody expects {other}"))),
        };
        Ok(xml::answer(operation, &result))
    }

    fn describe_balancers(&self, asked: &Call, request: &Request) -> Answered<String> {
        let wanted = request.parameter("LoadBalancerArns.member.1");
        let found: Vec<_> = self
            .balancers
            .values()
            .filter(|one| one.region == asked.region)
            .filter(|one| wanted.as_ref().is_none_or(|wanted| *wanted == one.arn))
            .collect();
        if wanted.is_some() && found.is_empty() {
            return Err(Refusal::new("LoadBalancerNotFound", "One or more load balancers not found"));
        }
        let told = |one: &&Balancer| {
            xml::field("LoadBalancerArn", &one.arn)
                + &xml::field("LoadBalancerName", &one.name)
                + &xml::field("DNSName", &one.dns_name)
                + &xml::field("Scheme", &one.scheme)
                + &xml::field("Type", &one.kind)
                + "<State><Code>active</Code></State>"
        };
        Ok(page(request, "LoadBalancers", found.iter().map(told)))
    }

    fn describe_listeners(&self, asked: &Call, request: &Request) -> Answered<String> {
        let balancer = request.parameter("LoadBalancerArn").unwrap_or_default();
        if self.balancers.get(&balancer).is_none_or(|one| one.region != asked.region) {
            let message = format!("Load balancer '{balancer}' not found");
            return Err(Refusal::new("LoadBalancerNotFound", message));
        }
        let found = self.listeners.values().filter(|one| one.balancer == balancer);
        Ok(page(request, "Listeners", found.map(told_listener)))
    }

    fn listener_named(&self, arn: &str, region: &str) -> Result<&FleetListener, Refusal> {
        let is_here =
            |one: &&FleetListener| self.balancers.get(&one.balancer).is_some_and(|one| one.region == region);
        let missing = || Refusal::new("ListenerNotFound", format!("Listener '{arn}' not found"));
        self.listeners.get(arn).filter(is_here).ok_or_else(missing)
    }

    /// The one certificate that a call gives to a listener: issued, and known to load balancers.
    fn one_certificate(&self, asked: &Call, request: &Request) -> Result<String, Refusal> {
        let listener = self.listener_named(&asked.resource, &asked.region)?;
        if !listener.serves_tls() {
            let message = format!("A certificate cannot be specified for {} listeners", listener.protocol);
            return Err(Refusal::new("ValidationError", message));
        }
        let arn = one(request)?;
        let (stored, manners) = (self.certificates.get(&arn), &self.manners);
        let stored = stored.filter(|stored| stored.told.region == asked.region);
        let is_known = stored.is_some_and(|stored| {
            self.status(stored) != "PENDING_VALIDATION"
                && self.now.since(stored.told.created_at) >= manners.settling_time
        });
        if !is_known {
            return Err(Refusal::new("CertificateNotFound", format!("Certificate '{arn}' not found")));
        }
        if stored.is_some_and(|stored| !stored.told.names.iter().any(|name| name.contains('.'))) {
            return Err(Refusal::new(
                "UnsupportedCertificate",
                format!(
                    "The certificate '{arn}' must have a fully-qualified domain name, a supported signature, and a supported \
                     key size."
                ),
            ));
        }
        Ok(arn)
    }

    fn add(&mut self, listener: &str, arn: &str) -> Result<(), Refusal> {
        let Some(target) = self.listeners.get(listener) else { return Ok(()) };
        if target.sni.iter().any(|one| one == arn) {
            return Ok(());
        }
        let beside = self.listeners.values().filter(|one| one.balancer == target.balancer);
        if beside.map(|one| one.sni.len()).sum::<usize>() >= self.manners.room {
            let message = "You've reached the limit on the number of certificates per load balancer";
            return Err(Refusal::new("TooManyCertificates", message));
        }
        if let Some(target) = self.listeners.get_mut(listener) {
            target.sni.push(arn.to_owned());
        }
        Ok(())
    }

    fn remove(&mut self, asked: &Call, arn: &str) -> Result<(), Refusal> {
        let listener = self.listener_named(&asked.resource, &asked.region)?;
        let is_listed = listener.sni.iter().any(|one| one == arn);
        if listener.default.as_deref() == Some(arn) && !is_listed {
            return Err(Refusal::new("OperationNotPermitted", "Default certificate cannot be removed"));
        }
        if let Some(listener) = self.listeners.get_mut(&asked.resource) {
            listener.sni.retain(|one| one != arn);
        }
        self.let_go(&asked.resource, arn);
        Ok(())
    }

    /// A load balancer lets go of a certificate a little after its listener did.
    fn let_go(&mut self, listener: &str, arn: &str) {
        let until = self.now.plus(self.manners.release_time);
        if let Some(listener) = self.listeners.get(listener) {
            self.lingering.insert((listener.balancer.clone(), arn.to_owned()), until);
        }
    }

    /// The ARNs of what uses a certificate.
    pub(super) fn users_of(&self, arn: &str) -> Vec<String> {
        let now: Timestamp = self.now;
        let serving = self.listeners.values().filter(|one| one.has(arn)).map(|one| one.balancer.clone());
        let lingering = self.lingering.iter().filter(|((_, one), until)| one == arn && **until > now);
        let mut users: Vec<String> = serving.chain(lingering.map(|((user, _), _)| user.clone())).collect();
        users.extend(self.elsewhere.get(arn).into_iter().flatten().cloned());
        users.sort();
        users.dedup();
        users
    }
}

fn told_listener(one: &FleetListener) -> String {
    let default = one.default.iter().map(|arn| xml::field("CertificateArn", arn));
    xml::field("ListenerArn", &one.arn)
        + &xml::field("LoadBalancerArn", &one.balancer)
        + &xml::field("Port", &one.port.to_string())
        + &xml::field("Protocol", &one.protocol)
        + &xml::list("Certificates", default)
}

/// AWS takes one certificate a call.
fn one(request: &Request) -> Result<String, Refusal> {
    let member = |number: usize| request.parameter(&format!("Certificates.member.{number}.CertificateArn"));
    match (member(1), member(2)) {
        (Some(arn), None) => Ok(arn),
        (None | Some(_), _) => {
            Err(Refusal::new("ValidationError", "You must specify exactly one certificate"))
        }
    }
}

/// A page of a list, with the marker of the next.
fn page(request: &Request, name: &str, all: impl Iterator<Item = String>) -> String {
    let number = |name: &str| request.parameter(name).and_then(|text| text.parse::<usize>().ok());
    let (from, size) = (number("Marker").unwrap_or(0), number("PageSize").unwrap_or(400));
    let all: Vec<String> = all.collect();
    let marker = (all.len() > from + size).then(|| xml::field("NextMarker", &(from + size).to_string()));
    xml::list(name, all.into_iter().skip(from).take(size)) + &marker.unwrap_or_default()
}
