//! Hosted zones: <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html>
#![expect(clippy::expect_used, reason = "a mistake of the test's")]

use std::collections::BTreeMap;

use super::{Pki, Refusal, State};

/// A record set: its time to live in seconds, and its values.
pub type Record = (u64, Vec<String>);
/// The record sets of a zone by name (with its dot) and type.
pub type Records = BTreeMap<(String, String), Record>;

const NAME_SERVERS: [&str; 4] =
    ["ns-2048.awsdns-64.com", "ns-2049.awsdns-65.net", "ns-2050.awsdns-66.org", "ns-2051.awsdns-67.co.uk"];

#[derive(Debug)]
pub(super) struct Zone {
    name: String,
    is_private: bool,
    is_delegated: bool,
    records: Records,
}

impl Pki {
    /// Somebody makes a hosted zone; its id.
    #[must_use]
    pub fn put_zone(&self, name: &str, is_private: bool) -> String {
        let mut state = self.state();
        let id = format!("Z{:0>20}", state.number());
        let name = format!("{}.", name.trim_end_matches('.'));
        let zone = Zone { name, is_private, is_delegated: true, records: Records::new() };
        state.zones.insert(id.clone(), zone);
        id
    }

    /// Whether the world asks the name servers of a zone.
    pub fn set_delegated(&self, zone: &str, is_delegated: bool) {
        self.state().zones.get_mut(zone).expect("a zone").is_delegated = is_delegated;
    }

    /// The record sets of a zone.
    #[must_use]
    pub fn records(&self, zone: &str) -> Records {
        self.state().zones.get(zone).expect("a zone").records.clone()
    }

    /// Somebody takes all record sets of a zone away.
    pub fn clear_records(&self, zone: &str) {
        self.state().zones.get_mut(zone).expect("a zone").records.clear();
    }
}

impl State {
    /// Whether the world finds this CNAME.
    pub(super) fn resolves(&self, name: &str, value: &str) -> bool {
        let key = (name.to_owned(), "CNAME".to_owned());
        let mut public = self.zones.values().filter(|zone| zone.is_delegated && !zone.is_private);
        public.any(|zone| {
            zone.records.get(&key).is_some_and(|(_, values)| values.iter().any(|found| found == value))
        })
    }

    pub(super) fn route53(&mut self, operation: &str, id: &str, body: &str) -> Result<String, Refusal> {
        let now = self.now;
        let Some(zone) = self.zones.get_mut(id) else {
            let message = format!("No hosted zone found with ID: {id}");
            return Err(Refusal(404, "NoSuchHostedZone".into(), message));
        };
        if operation == "GetHostedZone" {
            return Ok(zone.describe(id));
        }
        zone.change(body)?;
        Ok(format!(
            "<ChangeResourceRecordSetsResponse><ChangeInfo><Id>/change/C0</Id><Status>PENDING</Status>\
             <SubmittedAt>{now}</SubmittedAt></ChangeInfo></ChangeResourceRecordSetsResponse>"
        ))
    }
}

impl Zone {
    fn describe(&self, id: &str) -> String {
        let servers: String =
            NAME_SERVERS.iter().map(|server| format!("<NameServer>{server}</NameServer>")).collect();
        let around = if self.is_private {
            "<VPCs><VPC><VPCRegion>us-east-1</VPCRegion><VPCId>vpc-1</VPCId></VPC></VPCs>".to_owned()
        } else {
            format!("<DelegationSet><NameServers>{servers}</NameServers></DelegationSet>")
        };
        let Self { name, is_private, records, .. } = self;
        format!(
            "<GetHostedZoneResponse><HostedZone><Id>/hostedzone/{id}</Id><Name>{name}</Name><CallerReference>c</CallerReference>\
             <Config><PrivateZone>{is_private}</PrivateZone></Config><ResourceRecordSetCount>{}</ResourceRecordSetCount></HostedZone>\
             {around}</GetHostedZoneResponse>",
            records.len()
        )
    }

    /// All changes of a batch, or none.
    fn change(&mut self, body: &str) -> Result<(), Refusal> {
        let mut records = self.records.clone();
        for change in body.split("<Change>").skip(1) {
            let text = |name: &str| element(change, name).unwrap_or_default().to_owned();
            let name = format!("{}.", text("Name").trim_end_matches('.').to_lowercase());
            if name != self.name && !name.ends_with(&format!(".{}", self.name)) {
                let message = format!("[RRSet with DNS name {name} is not permitted in zone {}]", self.name);
                return Err(Refusal::new("InvalidChangeBatch", message));
            }
            let values = change.split("<Value>").skip(1).filter_map(|rest| rest.split("</Value>").next());
            let record = (text("TTL").parse().unwrap_or_default(), values.map(str::to_owned).collect());
            let key = (name, text("Type"));
            match text("Action").as_str() {
                "UPSERT" => drop(records.insert(key, record)),
                "CREATE" if records.contains_key(&key) => {
                    let message = format!(
                        "[Tried to create resource record set [name='{}', type='{}'] but it already exists]",
                        key.0, key.1
                    );
                    return Err(Refusal::new("InvalidChangeBatch", message));
                }
                "CREATE" => drop(records.insert(key, record)),
                "DELETE" if records.remove(&key) == Some(record) => {}
                other => {
                    let message = format!(
                        "[Tried to {other} resource record set [name='{}', type='{}'] but it was not found]",
                        key.0, key.1
                    );
                    return Err(Refusal::new("InvalidChangeBatch", message));
                }
            }
        }
        self.records = records;
        Ok(())
    }
}

fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
}
