//! AWS Certificate Manager in one region: certificates that are imported.
//!
//! <https://docs.aws.amazon.com/acm/latest/userguide/import-certificate.html>

mod seen;

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_acm::Client;
use aws_sdk_acm::primitives::Blob;
use aws_sdk_acm::types::{Filters, KeyAlgorithm as Key, Tag};
use call::{Api as _, Class, Error};
use secrecy::{ExposeSecret as _, SecretString};

use crate::api::{Api, Caller};

pub use seen::{Described, Kind, Listed, Status};

/// The most that one page has.
const PAGE: i32 = 1_000;

/// Every kind of key: without them ACM tells of the shorter RSA keys alone, and all others would be imported twice.
const KEYS: [&str; 7] =
    ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"];

/// ACM, as one session.
#[derive(Debug)]
pub struct Acm {
    client: Client,
    caller: Caller,
}

/// What ACM imports (`x509::Deployable` makes it so that ACM takes it).
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    /// The certificate alone, PEM.
    pub certificate: &'a str,
    /// Its authorities, the issuer first, PEM; `None` for none.
    pub chain: Option<&'a str>,
    /// Its key without encryption, PEM.
    pub key: &'a SecretString,
}

/// A certificate as it was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Got {
    /// PEM.
    pub certificate: String,
    /// What was imported with it, PEM.
    pub chain: Option<String>,
}

/// What came of a deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deleted {
    /// It is deleted.
    Now,
    /// There is none of that ARN.
    Already,
    /// Something uses it still, in AWS's words; for a while after it was taken off a listener, too.
    InUse(String),
}

impl Acm {
    pub(crate) fn new(config: &SdkConfig, caller: Caller) -> Self {
        Self { client: Client::new(config), caller }
    }

    /// Every certificate of the account and region, with keys of every kind. One call for a thousand of them.
    ///
    /// # Errors
    /// [`Error`] of ListCertificates.
    pub async fn list(&self) -> Result<Vec<Listed>, Error> {
        let filters = Filters::builder().set_key_types(Some(KEYS.map(Key::from).into())).build();
        let mut listed = Vec::new();
        let mut next = None;
        loop {
            let request = self
                .client
                .list_certificates()
                .includes(filters.clone())
                .max_items(PAGE)
                .set_next_token(next);
            let page = self.caller.call(Api::ListCertificates, "*", || request.clone().send()).await?;
            listed.extend(page.certificate_summary_list().iter().filter_map(Listed::of));
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(listed);
            }
        }
    }

    /// What ACM says of a certificate; `None` when there is none of that ARN. One call.
    ///
    /// # Errors
    /// [`Error`] of DescribeCertificate.
    pub async fn describe(&self, arn: &str) -> Result<Option<Described>, Error> {
        const API: Api = Api::DescribeCertificate;
        let request = self.client.describe_certificate().certificate_arn(arn);
        let answer = self.caller.call(API, arn, || request.clone().send()).await;
        let Some(answer) = unless_absent(answer)? else { return Ok(None) };
        let described = answer.certificate.as_ref().and_then(Described::of);
        described.map(Some).ok_or_else(|| Error::incomplete(API.action(), arn, "the certificate's status"))
    }

    /// A certificate with its chain; `None` when there is none of that ARN. One call.
    ///
    /// # Errors
    /// [`Error`] of GetCertificate.
    pub async fn get(&self, arn: &str) -> Result<Option<Got>, Error> {
        const API: Api = Api::GetCertificate;
        let request = self.client.get_certificate().certificate_arn(arn);
        let answer = self.caller.call(API, arn, || request.clone().send()).await;
        let Some(answer) = unless_absent(answer)? else { return Ok(None) };
        let missing = || Error::incomplete(API.action(), arn, "the certificate");
        let certificate = answer.certificate.ok_or_else(missing)?;
        let chain = answer.certificate_chain.filter(|pem| !pem.trim().is_empty());
        Ok(Some(Got { certificate, chain }))
    }

    /// The tags of a certificate; `None` when there is none of that ARN. One call.
    ///
    /// # Errors
    /// [`Error`] of ListTagsForCertificate.
    pub async fn tags(&self, arn: &str) -> Result<Option<BTreeMap<String, String>>, Error> {
        let request = self.client.list_tags_for_certificate().certificate_arn(arn);
        let answer = self.caller.call(Api::ListTags, arn, || request.clone().send()).await;
        let Some(answer) = unless_absent(answer)? else { return Ok(None) };
        let pair = |tag: &Tag| (tag.key.clone(), tag.value.clone().unwrap_or_default());
        Ok(Some(answer.tags().iter().map(pair).collect()))
    }

    /// Imports a new certificate and answers its ARN. Tags need acm:AddTagsToCertificate besides acm:ImportCertificate. One
    /// call, which is made again only when AWS surely did nothing: a repeat would import a second one.
    ///
    /// # Errors
    /// [`Error`] of ImportCertificate; [`Error::may_be_done`] tells whether it may be imported all the same.
    pub async fn import(&self, material: &Material<'_>, tags: &[(&str, &str)]) -> Result<String, Error> {
        const API: Api = Api::Import;
        let tags = tags_of(API, "*", tags)?;
        let request = self
            .client
            .import_certificate()
            .certificate(Blob::new(material.certificate))
            .set_certificate_chain(material.chain.map(Blob::new))
            .private_key(Blob::new(material.key.expose_secret()))
            .set_tags(Some(tags).filter(|tags| !tags.is_empty()));
        let answer = self.caller.call(API, "*", || request.clone().send()).await?;
        answer.certificate_arn.ok_or_else(|| Error::incomplete(API.action(), "*", "the ARN"))
    }

    /// Imports over a certificate, which keeps its ARN, its tags, and its place wherever it is used. There is no way back but
    /// to import the earlier one over it. AWS refuses another kind or size of key. One call; a repeat does no harm.
    ///
    /// # Errors
    /// [`Error`] of ImportCertificate; [`Class::NotFound`] when there is none of that ARN.
    pub async fn replace(&self, arn: &str, material: &Material<'_>) -> Result<(), Error> {
        let request = self
            .client
            .import_certificate()
            .certificate_arn(arn)
            .certificate(Blob::new(material.certificate))
            .set_certificate_chain(material.chain.map(Blob::new))
            .private_key(Blob::new(material.key.expose_secret()));
        self.caller.call(Api::Replace, arn, || request.clone().send()).await.map(drop)
    }

    /// Adds tags to a certificate, over those of the same keys; others stay. One call; none for no tag.
    ///
    /// # Errors
    /// [`Error`] of AddTagsToCertificate.
    pub async fn add_tags(&self, arn: &str, tags: &[(&str, &str)]) -> Result<(), Error> {
        if tags.is_empty() {
            return Ok(());
        }
        let tags = tags_of(Api::AddTags, arn, tags)?;
        let request = self.client.add_tags_to_certificate().certificate_arn(arn).set_tags(Some(tags));
        self.caller.call(Api::AddTags, arn, || request.clone().send()).await.map(drop)
    }

    /// Deletes a certificate that nothing uses. One call.
    ///
    /// # Errors
    /// [`Error`] of DeleteCertificate, but for what is an answer.
    pub async fn delete(&self, arn: &str) -> Result<Deleted, Error> {
        let request = self.client.delete_certificate().certificate_arn(arn);
        match self.caller.call(Api::DeleteCertificate, arn, || request.clone().send()).await {
            Ok(_) => Ok(Deleted::Now),
            Err(error) if error.class() == Class::NotFound => Ok(Deleted::Already),
            Err(error) if error.code() == Some("ResourceInUseException") => {
                Ok(Deleted::InUse(error.to_string()))
            }
            Err(error) => Err(error),
        }
    }
}

const UNSAYABLE: &str = "a tag cannot be said";

fn tags_of(api: Api, resource: &str, tags: &[(&str, &str)]) -> Result<Vec<Tag>, Error> {
    let tag = |(key, value): &(&str, &str)| Tag::builder().key(*key).value(*value).build();
    let tags = tags.iter().map(tag).collect::<Result<_, _>>();
    tags.map_err(|_| Error::impossible(api.action(), resource, UNSAYABLE))
}

/// What was answered; `None` when there is none of that ARN.
fn unless_absent<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.class() == Class::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
