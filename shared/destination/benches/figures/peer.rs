//! The peer's sequence of calls: one after another, everything listed, tags and keys asked for one by one.

use std::collections::BTreeMap;

use aws_sdk_secretsmanager::types::Filter;
use aws_sdk_ssm::types::{ParameterStringFilter, ParameterType, ResourceTypeForTagging};
use testkit::account::Account;

/// One run of the peer's for this place.
pub(crate) async fn sync(account: &Account, place: &str, keys: &[(String, String)]) {
    if place.starts_with('/') { parameters(account, place, keys).await } else { secrets(account, keys).await }
}

/// ListSecrets without a filter, BatchGetSecretValue by twenties, DescribeSecret for each; then UpdateSecret or CreateSecret for
/// each key that differs.
async fn secrets(account: &Account, keys: &[(String, String)]) {
    let client = aws_sdk_secretsmanager::Client::new(&account.config());
    let (mut names, mut token) = (Vec::new(), None);
    loop {
        let page = client
            .list_secrets()
            .set_filters(None::<Vec<Filter>>)
            .set_next_token(token)
            .send()
            .await
            .unwrap();
        names.extend(page.secret_list.unwrap_or_default().into_iter().filter_map(|entry| entry.name));
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    let mut there = BTreeMap::new();
    for batch in names.chunks(20) {
        let answer =
            client.batch_get_secret_value().set_secret_id_list(Some(batch.to_vec())).send().await.unwrap();
        for value in answer.secret_values.unwrap_or_default() {
            there.insert(value.name.unwrap_or_default(), value.secret_string.unwrap_or_default());
        }
    }
    for name in &names {
        client.describe_secret().secret_id(name).send().await.unwrap();
    }
    for (name, value) in keys {
        match there.get(name) {
            None => drop(client.create_secret().name(name).secret_string(value).send().await.unwrap()),
            Some(old) if old != value => {
                drop(client.update_secret().secret_id(name).secret_string(value).send().await.unwrap());
            }
            Some(_) => {}
        }
    }
}

/// GetParametersByPath by tens, DescribeParameters, ListTagsForResource for each; then PutParameter for each that differs.
async fn parameters(account: &Account, path: &str, keys: &[(String, String)]) {
    let client = aws_sdk_ssm::Client::new(&account.config());
    let (mut there, mut token) = (BTreeMap::new(), None);
    loop {
        let page = client.get_parameters_by_path().path(path).with_decryption(true).max_results(10);
        let page = page.set_next_token(token).send().await.unwrap();
        for parameter in page.parameters.unwrap_or_default() {
            there.insert(parameter.name.unwrap_or_default(), parameter.value.unwrap_or_default());
        }
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    let one_level =
        ParameterStringFilter::builder().key("Path").option("OneLevel").values(path).build().unwrap();
    let mut token = None;
    loop {
        let page = client.describe_parameters().parameter_filters(one_level.clone()).max_results(50);
        let page = page.set_next_token(token).send().await.unwrap();
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    for name in there.keys() {
        let tags = client.list_tags_for_resource().resource_type(ResourceTypeForTagging::Parameter);
        tags.resource_id(name).send().await.unwrap();
    }
    for (key, value) in keys {
        let name = format!("{path}{key}");
        if there.get(&name) != Some(value) {
            let put = client.put_parameter().name(name).value(value).overwrite(true);
            put.r#type(ParameterType::SecureString).send().await.unwrap();
        }
    }
}
