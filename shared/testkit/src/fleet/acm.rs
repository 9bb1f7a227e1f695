//! ACM's imported certificates: <https://docs.aws.amazon.com/acm/latest/APIReference/API_ImportCertificate.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::certificate::{self, ImportedCertificate, Stored};
use super::session::Call;
use super::{Answered, Fleet, Made, State};
use crate::account::NUMBER;
use crate::door::Refusal;
use crate::pki::seconds;

/// What ListCertificates tells when it is not asked for other keys.
const USUAL_KEYS: [&str; 2] = ["RSA_1024", "RSA_2048"];

impl Fleet {
    /// The certificates of the account.
    #[must_use]
    pub fn certificates(&self) -> Vec<ImportedCertificate> {
        self.state().certificates.values().map(|certificate| certificate.told.clone()).collect()
    }

    /// One of them.
    #[must_use]
    pub fn certificate(&self, arn: &str) -> Option<ImportedCertificate> {
        self.state().certificates.get(arn).map(|certificate| certificate.told.clone())
    }

    /// Somebody else imports a certificate with these tags; its ARN.
    ///
    /// # Panics
    /// When ACM would not take it.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a mistake of the test's")]
    pub fn put_certificate(&self, region: &str, made: &Made, tags: &[(&str, &str)]) -> String {
        let mut state = self.state();
        let read = certificate::read(&made.certificate, &made.key, Some(&made.chain), state.now);
        let arn = state.keep(region, read.expect("importable"), (&made.certificate, Some(&made.chain)));
        let stored = state.certificates.get_mut(&arn).expect("it was just kept");
        stored.told.tags = tags.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        arn
    }

    /// Somebody else imports over a certificate.
    ///
    /// # Panics
    /// When ACM would not take it.
    #[expect(clippy::expect_used, reason = "a mistake of the test's")]
    pub fn overwrite_certificate(&self, arn: &str, made: &Made) {
        let mut state = self.state();
        let read = certificate::read(&made.certificate, &made.key, Some(&made.chain), state.now);
        state.replace(arn, read.expect("importable"), (&made.certificate, Some(&made.chain)));
        state.remember("somebody else");
    }

    /// Somebody else deletes a certificate, used or not.
    pub fn delete_certificate(&self, arn: &str) {
        self.state().certificates.remove(arn);
    }

    /// Somebody else sets a tag, or takes it away.
    pub fn tag(&self, arn: &str, key: &str, value: Option<&str>) {
        if let Some(stored) = self.state().certificates.get_mut(arn) {
            match value {
                Some(value) => drop(stored.told.tags.insert(key.to_owned(), value.to_owned())),
                None => drop(stored.told.tags.remove(key)),
            }
        }
    }

    /// Something else uses a certificate: a CloudFront distribution, say.
    pub fn use_elsewhere(&self, arn: &str, user: &str) {
        self.state().elsewhere.entry(arn.to_owned()).or_default().insert(user.to_owned());
    }

    /// It does not any more.
    pub fn stop_using(&self, arn: &str, user: &str) {
        if let Some(users) = self.state().elsewhere.get_mut(arn) {
            users.remove(user);
        }
    }
}

impl State {
    pub(super) fn acm(&mut self, asked: &Call) -> Answered {
        let body = &asked.body;
        let operation = asked.action.trim_start_matches("acm:");
        match operation {
            "ListCertificates" => return Ok(self.list(body, &asked.region)),
            "ImportCertificate" => return self.import(body, &asked.region),
            _ => {}
        }
        let arn = asked.resource.as_str();
        let Some(stored) = self.certificates.get(arn).filter(|stored| stored.told.region == asked.region)
        else {
            let message = format!("Could not find certificate {arn}.");
            return Err(Refusal::new("ResourceNotFoundException", message));
        };
        match operation {
            "DescribeCertificate" => Ok(self.describe(stored)),
            "GetCertificate" => {
                let mut answer = json!({ "Certificate": stored.told.certificate });
                if let Some(chain) = &stored.told.chain {
                    answer["CertificateChain"] = json!(chain);
                }
                Ok(answer)
            }
            "ListTagsForCertificate" => {
                let tag = |(key, value): (&String, &String)| json!({ "Key": key, "Value": value });
                Ok(json!({ "Tags": stored.told.tags.iter().map(tag).collect::<Vec<_>>() }))
            }
            "DeleteCertificate" => {
                if !self.users_of(arn).is_empty() {
                    let message = format!("Certificate {arn} in account {NUMBER} is in use.");
                    return Err(Refusal::new("ResourceInUseException", message));
                }
                self.certificates.remove(arn);
                Ok(json!({}))
            }
            "AddTagsToCertificate" => {
                if let Some(stored) = self.certificates.get_mut(arn) {
                    stored.told.tags.extend(tags(body));
                }
                Ok(json!({}))
            }
            other => Err(Refusal::new("ValidationException", format!("nobody expects {other}"))),
        }
    }

    fn import(&mut self, body: &Value, region: &str) -> Answered {
        let text = |field: &str| -> Result<Option<String>, Refusal> {
            let Some(given) = body[field].as_str() else { return Ok(None) };
            let bytes = STANDARD.decode(given).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let invalid = || Refusal::new("ValidationException", format!("{field} is not PEM-encoded."));
            bytes.map(Some).ok_or_else(invalid)
        };
        let missing =
            || Refusal::new("ValidationException", "The certificate and the private key are required.");
        let certificate = text("Certificate")?.ok_or_else(missing)?;
        let key = text("PrivateKey")?.ok_or_else(missing)?;
        let (chain, tags) = (text("CertificateChain")?, tags(body));
        let into = body["CertificateArn"].as_str();
        if into.is_some() && !tags.is_empty() {
            return Err(Refusal::new("ValidationException", "Tagging is not permitted on re-import."));
        }
        // Tags at an import need the permission for tags.
        if !tags.is_empty() {
            self.door.pass_silently("acm:AddTagsToCertificate", "*")?;
        }
        if let Some(arn) = into
            && self.certificates.get(arn).is_none_or(|stored| stored.told.region != region)
        {
            return Err(Refusal::new(
                "ResourceNotFoundException",
                format!("Could not find certificate {arn}."),
            ));
        }
        let read = certificate::read(&certificate, &key, chain.as_deref(), self.now)?;
        let arn = match into {
            Some(arn) => {
                if let Some(old) = self.certificates.get(arn) {
                    certificate::may_replace(old, &read)?;
                }
                self.replace(arn, read, (&certificate, chain.as_deref()));
                arn.to_owned()
            }
            None => {
                let arn = self.keep(region, read, (&certificate, chain.as_deref()));
                if let Some(stored) = self.certificates.get_mut(&arn) {
                    stored.told.tags = tags.into_iter().collect();
                }
                arn
            }
        };
        Ok(json!({ "CertificateArn": arn }))
    }

    fn keep(&mut self, region: &str, read: certificate::Read, (pem, chain): (&str, Option<&str>)) -> String {
        let (number, now) = (self.number(), self.now);
        let arn = format!("arn:aws:acm:{region}:{NUMBER}:certificate/00000000-0000-4000-8000-{number:012}");
        let told = ImportedCertificate {
            arn: arn.clone(),
            region: region.to_owned(),
            certificate: pem.to_owned(),
            chain: chain.map(str::to_owned),
            key_algorithm: read.key_algorithm,
            serial: read.serial,
            fingerprint: read.fingerprint,
            names: read.names,
            not_before: read.not_before,
            not_after: read.not_after,
            created_at: now,
            imported_at: now,
            imports: 1,
            tags: Default::default(),
        };
        let stored = Stored { told, usages: read.usages, servable: read.servable };
        self.certificates.insert(arn.clone(), stored);
        arn
    }

    /// The same ARN, and everything else but tags and use is new.
    fn replace(&mut self, arn: &str, read: certificate::Read, (pem, chain): (&str, Option<&str>)) {
        let now = self.now;
        let Some(stored) = self.certificates.get_mut(arn) else { return };
        let told = &mut stored.told;
        told.certificate = pem.to_owned();
        told.chain = chain.map(str::to_owned);
        told.serial = read.serial;
        told.fingerprint = read.fingerprint;
        told.names = read.names;
        (told.not_before, told.not_after) = (read.not_before, read.not_after);
        told.imported_at = now;
        told.imports += 1;
        (stored.usages, stored.servable) = (read.usages, read.servable);
    }

    fn list(&self, body: &Value, region: &str) -> Value {
        let texts = |value: &Value| -> Option<Vec<String>> {
            let texts = value.as_array()?.iter().filter_map(Value::as_str);
            Some(texts.map(str::to_owned).collect())
        };
        let keys = texts(&body["Includes"]["keyTypes"]).unwrap_or(USUAL_KEYS.map(str::to_owned).to_vec());
        let statuses = texts(&body["CertificateStatuses"]);
        let found: Vec<_> = self
            .certificates
            .values()
            .filter(|one| one.told.region == region && keys.contains(&one.told.key_algorithm))
            .filter(|one| {
                statuses
                    .as_ref()
                    .is_none_or(|statuses| statuses.iter().any(|status| status == self.status(one)))
            })
            .collect();
        let number = |value: &Value| value.as_u64().and_then(|number| usize::try_from(number).ok());
        let from = body["NextToken"].as_str().and_then(|token| token.parse().ok()).unwrap_or(0);
        let size = number(&body["MaxItems"]).unwrap_or(100);
        let page: Vec<_> = found.iter().skip(from).take(size).map(|one| self.summary(one)).collect();
        let mut answer = json!({ "CertificateSummaryList": page });
        if found.len() > from + size {
            answer["NextToken"] = json!((from + size).to_string());
        }
        answer
    }

    /// What list and description have in common; the first spells keys with a hyphen, as AWS does.
    fn summary(&self, stored: &Stored) -> Value {
        let told = &stored.told;
        json!({
            "CertificateArn": told.arn, "DomainName": told.names.first(), "SubjectAlternativeNameSummaries": told.names,
            "HasAdditionalSubjectAlternativeNames": false, "Status": self.status(stored), "Type": "IMPORTED",
            "KeyAlgorithm": told.key_algorithm.replacen('_', "-", 1), "InUse": !self.users_of(&told.arn).is_empty(),
            "NotBefore": seconds(told.not_before), "NotAfter": seconds(told.not_after),
            "CreatedAt": seconds(told.created_at), "ImportedAt": seconds(told.imported_at),
            "RenewalEligibility": "INELIGIBLE", "Exported": false,
        })
    }

    fn describe(&self, stored: &Stored) -> Value {
        let told = &stored.told;
        json!({ "Certificate": {
            "CertificateArn": told.arn, "DomainName": told.names.first(), "SubjectAlternativeNames": told.names,
            "Serial": told.serial, "Status": self.status(stored), "Type": "IMPORTED",
            "KeyAlgorithm": told.key_algorithm, "InUseBy": self.users_of(&told.arn),
            "NotBefore": seconds(told.not_before), "NotAfter": seconds(told.not_after),
            "CreatedAt": seconds(told.created_at), "ImportedAt": seconds(told.imported_at),
            "RenewalEligibility": "INELIGIBLE",
        } })
    }

    pub(super) fn status(&self, stored: &Stored) -> &'static str {
        if self.now >= stored.told.not_after {
            "EXPIRED"
        } else if self.now.since(stored.told.created_at) < self.manners.issuing_time {
            "PENDING_VALIDATION"
        } else {
            "ISSUED"
        }
    }
}

fn tags(body: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let tags = body["Tags"].as_array().into_iter().flatten();
    tags.map(|tag| (text(&tag["Key"]), text(&tag["Value"]))).collect()
}
