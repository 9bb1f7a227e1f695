//! Parameter Store of AWS Systems Manager.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-parameter-store.html>

mod read;
mod tags;
mod write;

use aws_config::SdkConfig;
use aws_sdk_ssm::Client;

use crate::call::Caller;
use crate::kms::Kms;
use crate::remote::Site;

/// Names that GetParameters and DeleteParameters take.
const NAMES_AT_ONCE: usize = 10;
/// Parameters on a page of GetParametersByPath.
const READ_AT_ONCE: i32 = 10;
/// Parameters on a page of DescribeParameters, and names in one of its filters.
const DESCRIBED_AT_ONCE: i32 = 50;

#[derive(Debug, Clone)]
pub(crate) struct ParameterStore {
    client: Client,
    site: Site,
    pub(crate) caller: Caller,
    kms: Kms,
}

impl ParameterStore {
    pub(crate) fn new(config: &SdkConfig, site: Site, caller: Caller, kms: Kms) -> Self {
        Self { client: Client::new(config), site, caller, kms }
    }

    /// The path that the sync's names lie in, without a slash at its end: its own, and the front of its key schema.
    fn search_path(&self) -> String {
        let name = self.site.config.name_of(&self.site.affixes, "");
        let (path, _) = name.rsplit_once('/').unwrap_or_default();
        if path.is_empty() { "/".to_owned() } else { path.to_owned() }
    }
}
