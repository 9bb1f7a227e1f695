//! A real DynamoDB engine, one for each test process, and fresh tables in it for each test.

use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use local::standins;
use store::Store;

use crate::Trail;

/// How to reach the engine of this process as the root of the platform's account.
///
/// # Errors
/// When the stand-in cannot be started; the text says what to do.
pub fn config() -> anyhow::Result<SdkConfig> {
    Ok(config_of(standins::ministack()?.endpoint()))
}

/// How to reach another engine, one by AWS perhaps, that takes any credentials.
#[must_use]
pub fn config_of(endpoint: impl Into<String>) -> SdkConfig {
    #[expect(clippy::disallowed_methods, reason = "the root of a stand-in's account, in tests alone")]
    let root = Credentials::new(standins::PLATFORM_ACCOUNT, standins::ROOT_SECRET, None, None, "testkit");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(standins::REGION))
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(root))
        .endpoint_url(endpoint)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}

/// A store over two new, empty tables with the indexes of `template.yaml`.
///
/// # Errors
/// When the stand-in cannot be started, or refuses the tables.
pub async fn tables() -> anyhow::Result<Store> {
    tables_with_trail().await.map(|(store, _)| store)
}

/// The same as [`tables`], with a way to read the audit trail, which no function has.
///
/// # Errors
/// When the stand-in cannot be started, or refuses the tables.
pub async fn tables_with_trail() -> anyhow::Result<(Store, Trail)> {
    tables_reached_by(|config| config.clone()).await
}

/// The same as [`tables_with_trail`], with a store that reaches the engine by another configuration.
///
/// # Errors
/// When the stand-in cannot be started, or refuses the tables.
pub async fn tables_reached_by(by: impl FnOnce(&SdkConfig) -> SdkConfig) -> anyhow::Result<(Store, Trail)> {
    tables_reached_twice(by).await.map(|(_, store, trail)| (store, trail))
}

/// Two stores over the same new, empty tables: one that reaches the engine directly, and one by another configuration.
///
/// # Errors
/// When the stand-in cannot be started, or refuses the tables.
pub async fn tables_reached_twice(
    by: impl FnOnce(&SdkConfig) -> SdkConfig,
) -> anyhow::Result<(Store, Store, Trail)> {
    let config = config()?;
    let (name, audit) = make_tables(&config).await?;
    let trail = Trail { client: Client::new(&config), table: audit.clone(), beside: name.clone() };
    let direct = Store::new(&config, name.clone(), audit.clone(), 30);
    Ok((direct, Store::new(&by(&config), name, audit, 30), trail))
}

/// Two new, empty tables with the indexes of `template.yaml`: the names of the table and of the audit trail's.
///
/// # Errors
/// When the engine refuses the tables.
pub async fn make_tables(config: &SdkConfig) -> anyhow::Result<(String, String)> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let client = Client::new(config);
    let name = format!("test-{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let audit = format!("{name}-audit");
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    let text = |name: &str| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build()
    };
    let index = |name: &str, pk: &str, sk: &str| -> anyhow::Result<GlobalSecondaryIndex> {
        Ok(GlobalSecondaryIndex::builder()
            .index_name(name)
            .key_schema(key(pk, KeyType::Hash)?)
            .key_schema(key(sk, KeyType::Range)?)
            .projection(Projection::builder().projection_type(ProjectionType::All).build())
            .build()?)
    };
    let mut request = client.create_table().table_name(&name).billing_mode(BillingMode::PayPerRequest);
    for attribute in ["pk", "sk", "gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk"] {
        request = request.attribute_definitions(text(attribute)?);
    }
    request
        .key_schema(key("pk", KeyType::Hash)?)
        .key_schema(key("sk", KeyType::Range)?)
        .global_secondary_indexes(index("GSI1", "gsi1pk", "gsi1sk")?)
        .global_secondary_indexes(index("GSI2", "gsi2pk", "gsi2sk")?)
        .send()
        .await?;
    client
        .create_table()
        .table_name(&audit)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(text("pk")?)
        .attribute_definitions(text("sk")?)
        .key_schema(key("pk", KeyType::Hash)?)
        .key_schema(key("sk", KeyType::Range)?)
        .send()
        .await?;
    Ok((name, audit))
}
