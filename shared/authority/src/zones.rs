//! Zones of Route 53, and the records in them that prove to ACM whose a name is.
//!
//! Records are written and never deleted: every certificate for a name is proved by the same one, and its renewals are too.

use aws_config::SdkConfig;
use aws_sdk_route53::Client;
use aws_sdk_route53::operation::change_resource_record_sets::ChangeResourceRecordSetsError;
use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType};
use call::Api as _;

use crate::Error;
use crate::api::{Api, Caller};

/// How long resolvers may keep a record, in seconds.
const TTL: i64 = 300;

/// Zones of Route 53, as one session.
#[derive(Debug)]
pub struct Zones {
    client: Client,
    caller: Caller,
}

/// A zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Its id, without `/hostedzone/`.
    pub id: String,
    /// Its name in lower case, without the dot at its end.
    pub name: String,
    /// Whether only networks of AWS see it: ACM does not.
    pub is_private: bool,
    /// The name servers that answer for it, where AWS says them.
    pub name_servers: Vec<String>,
}

/// A CNAME that proves a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationRecord {
    /// Where it stands.
    pub name: String,
    /// What it points to.
    pub value: String,
}

impl ValidationRecord {
    /// Whether it is the same record, in whatever spelling.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        plain(&self.name) == plain(&other.name)
    }
}

impl Zones {
    pub(crate) fn new(config: &SdkConfig, caller: Caller) -> Self {
        Self { client: Client::new(config), caller }
    }

    /// A zone by its id. One call.
    ///
    /// # Errors
    /// [`Error`] of GetHostedZone.
    pub async fn zone(&self, id: &str) -> Result<Zone, Error> {
        const API: Api = Api::GetHostedZone;
        let id = bare(id);
        let request = self.client.get_hosted_zone().id(id);
        let answer = self.caller.call(API, id, || request.clone().send()).await?;
        let zone = answer.hosted_zone.ok_or_else(|| Error::incomplete(API.action(), id, "the zone"))?;
        let servers = answer.delegation_set.map(|set| set.name_servers).unwrap_or_default();
        Ok(Zone {
            id: bare(&zone.id).to_owned(),
            name: plain(&zone.name),
            is_private: zone.config.is_some_and(|config| config.private_zone),
            name_servers: servers,
        })
    }

    /// Writes records into a zone, all in one change, over what stands there under their names. A record that is given
    /// twice is written once: a wildcard is proved by the same one as the name below it. One call; none for no record.
    ///
    /// # Errors
    /// [`Error`] of ChangeResourceRecordSets: then none was written.
    pub async fn upsert(&self, zone_id: &str, records: &[ValidationRecord]) -> Result<(), Error> {
        const API: Api = Api::ChangeRecords;
        let id = bare(zone_id);
        let impossible = |_| Error::impossible(API.action(), id, "a record cannot be said");
        let mut once: Vec<&ValidationRecord> = Vec::new();
        for record in records {
            if !once.iter().any(|known| known.is_same(record)) {
                once.push(record);
            }
        }
        if once.is_empty() {
            return Ok(());
        }
        let mut batch = ChangeBatch::builder().comment("Drawbridge: proofs for AWS Certificate Manager");
        for record in once {
            let value = ResourceRecord::builder().value(&record.value).build().map_err(impossible)?;
            let set = ResourceRecordSet::builder()
                .name(&record.name)
                .r#type(RrType::Cname)
                .ttl(TTL)
                .resource_records(value)
                .build()
                .map_err(impossible)?;
            let change = Change::builder().action(ChangeAction::Upsert).resource_record_set(set);
            batch = batch.changes(change.build().map_err(impossible)?);
        }
        let batch = batch.build().map_err(impossible)?;
        let request = self.client.change_resource_record_sets().hosted_zone_id(id).change_batch(batch);
        self.caller.call_saying(API, id, words, || request.clone().send()).await.map(drop)
    }
}

/// What is wrong with a batch stands in a list.
fn words(error: &ChangeResourceRecordSetsError) -> Option<String> {
    let ChangeResourceRecordSetsError::InvalidChangeBatch(error) = error else { return None };
    Some(error.messages().join(" ")).filter(|words| !words.is_empty())
}

/// An id without what AWS writes before it.
pub(crate) fn bare(id: &str) -> &str {
    id.trim().trim_start_matches("/hostedzone/").trim_start_matches("hostedzone/")
}

fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_same_however_it_is_written() {
        for id in ["Z1", "/hostedzone/Z1", "hostedzone/Z1", " Z1 "] {
            assert_eq!(bare(id), "Z1");
        }
    }
}
