//! AWS Secrets Manager, one to one and many to one.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/Welcome.html>

mod import;
mod one;
mod read;
mod write;

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;

use crate::call::Caller;
use crate::kms::Kms;
use crate::remote::Site;

/// Secrets that one BatchGetSecretValue reads.
const VALUES_AT_ONCE: usize = 20;
/// Secrets on a page of ListSecrets.
const LISTED_AT_ONCE: i32 = 100;

#[derive(Debug, Clone)]
pub(crate) struct SecretsManager {
    client: Client,
    site: Site,
    pub(crate) caller: Caller,
    kms: Kms,
}

impl SecretsManager {
    pub(crate) fn new(config: &SdkConfig, site: Site, caller: Caller, kms: Kms) -> Self {
        Self { client: Client::new(config), site, caller, kms }
    }
}
