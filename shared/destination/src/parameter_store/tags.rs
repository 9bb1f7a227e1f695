//! Tags of parameters, and what only DescribeParameters tells.

use std::collections::BTreeMap;

use aws_sdk_ssm::types::{ParameterStringFilter, ResourceTypeForTagging, Tag};
use model::secret_sync::ownership::{self, DRAWBRIDGE, MANAGED_BY, Owner, SECRET_SYNC};

use super::{DESCRIBED_AT_ONCE, ParameterStore};
use crate::Error;
use crate::api::Api;

/// The codes for a parameter that is not there.
const GONE: [&str; 2] = ["InvalidResourceId", "ParameterNotFound"];

impl ParameterStore {
    pub(super) fn owner(&self, tags: &BTreeMap<String, String>) -> Owner {
        ownership::owner(self.site.sync, tags.iter().map(|(key, value)| (key.as_str(), value.as_str())))
    }

    /// A parameter's tags; `None` when it is gone.
    pub(super) async fn tags_of(&self, name: &str) -> Result<Option<BTreeMap<String, String>>, Error> {
        let send = || {
            let request = self.client.list_tags_for_resource();
            request.resource_type(ResourceTypeForTagging::Parameter).resource_id(name).send()
        };
        match self.caller.call(Api::ListTagsForParameter, name, send).await {
            Ok(answer) => {
                let tags = answer.tag_list.unwrap_or_default().into_iter();
                Ok(Some(tags.map(|tag| (tag.key, tag.value)).collect()))
            }
            Err(error) if error.code().is_some_and(|code| GONE.contains(&code)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn tag(&self, name: &str, tags: &[model::secret_sync::Tag]) -> Result<(), Error> {
        if tags.is_empty() {
            return Ok(());
        }
        let tags = sdk_tags(tags, Api::TagParameter, name)?;
        let send = || {
            let request = self.client.add_tags_to_resource().resource_type(ResourceTypeForTagging::Parameter);
            request.resource_id(name).set_tags(Some(tags.clone())).send()
        };
        self.caller.call(Api::TagParameter, name, send).await.map(drop)
    }

    pub(super) async fn untag(&self, name: &str, keys: &[String]) -> Result<(), Error> {
        if keys.is_empty() {
            return Ok(());
        }
        let send = || {
            let request =
                self.client.remove_tags_from_resource().resource_type(ResourceTypeForTagging::Parameter);
            request.resource_id(name).set_tag_keys(Some(keys.to_vec())).send()
        };
        self.caller.call(Api::UntagParameter, name, send).await.map(drop)
    }

    /// Every parameter with this sync's tag, wherever it is, with its KMS key. Nothing when the role may not ask: then each
    /// name is asked for its tags.
    pub(super) async fn tagged_as_ours(
        &self,
        not_allowed: &mut Vec<String>,
    ) -> Result<BTreeMap<String, Option<String>>, Error> {
        let key = format!("tag:{SECRET_SYNC}");
        self.described(&key, vec![self.site.sync.to_string()], not_allowed).await
    }

    /// The same of whatever a sync owns, be it this one or another.
    pub(super) async fn tagged_as_owned(
        &self,
        not_allowed: &mut Vec<String>,
    ) -> Result<BTreeMap<String, Option<String>>, Error> {
        let key = format!("tag:{MANAGED_BY}");
        self.described(&key, vec![DRAWBRIDGE.to_owned()], not_allowed).await
    }

    /// The KMS keys of parameters.
    pub(super) async fn keys_of(
        &self,
        names: &[String],
        not_allowed: &mut Vec<String>,
    ) -> Result<BTreeMap<String, Option<String>>, Error> {
        let mut keys = BTreeMap::new();
        for names in names.chunks(usize::try_from(DESCRIBED_AT_ONCE).unwrap_or(1)) {
            keys.extend(self.described("Name", names.to_vec(), not_allowed).await?);
        }
        Ok(keys)
    }

    async fn described(
        &self,
        key: &str,
        values: Vec<String>,
        not_allowed: &mut Vec<String>,
    ) -> Result<BTreeMap<String, Option<String>>, Error> {
        let filter =
            ParameterStringFilter::builder().key(key).option("Equals").set_values(Some(values)).build();
        let filter = filter.map_err(|_| Error::Unreachable {
            action: Api::DescribeParameters.action(),
            resource: "*".to_owned(),
            reason: "the request could not be made",
        })?;
        let (mut token, mut described) = (None, BTreeMap::new());
        loop {
            let send = || {
                let page = self.client.describe_parameters().parameter_filters(filter.clone());
                page.max_results(DESCRIBED_AT_ONCE).set_next_token(token.clone()).send()
            };
            let page = match self.caller.call(Api::DescribeParameters, "*", send).await {
                Ok(page) => page,
                Err(error) if error.is_access_denied() => {
                    let action = Api::DescribeParameters.action().to_owned();
                    if !not_allowed.contains(&action) {
                        not_allowed.push(action);
                    }
                    return Ok(BTreeMap::new());
                }
                Err(error) => return Err(error),
            };
            let parameters = page.parameters.unwrap_or_default().into_iter();
            described.extend(parameters.filter_map(|parameter| Some((parameter.name?, parameter.key_id))));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(described);
            }
        }
    }
}

pub(super) fn sdk_tags(tags: &[model::secret_sync::Tag], api: Api, name: &str) -> Result<Vec<Tag>, Error> {
    let tags = tags.iter().map(|tag| Tag::builder().key(&tag.key).value(&tag.value).build());
    tags.collect::<Result<_, _>>().map_err(|_| Error::Unreachable {
        action: api.action(),
        resource: name.to_owned(),
        reason: "the request could not be made",
    })
}
