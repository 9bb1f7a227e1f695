//! The account beside the rest of AWS: customers' services go to the account, everything else to another configuration.

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use super::Account;

/// What a request of a customer's service is aimed at. Our own KMS is never asked for a description.
const CUSTOMERS: [&str; 3] = ["secretsmanager.", "AmazonSSM.", "TrentService.DescribeKey"];

impl Account {
    /// `config`, from which Secrets Manager, Parameter Store and the descriptions of keys are this account's.
    ///
    /// # Panics
    /// When `config` has no HTTP client of its own.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a mistake of the test's")]
    pub fn beside(&self, config: &SdkConfig) -> SdkConfig {
        let ours = config.http_client().expect("a scripted configuration");
        config.to_builder().http_client(Switch { ours, customers: self.clone() }).build()
    }
}

#[derive(Debug, Clone)]
struct Switch<O, C> {
    ours: O,
    customers: C,
}

impl HttpClient for Switch<SharedHttpClient, Account> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let ours = self.ours.http_connector(settings, components);
        let customers = self.customers.http_connector(settings, components);
        SharedHttpConnector::new(Switch { ours, customers })
    }
}

impl HttpConnector for Switch<SharedHttpConnector, SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        if CUSTOMERS.iter().any(|prefix| target.starts_with(prefix)) {
            self.customers.call(request)
        } else {
            self.ours.call(request)
        }
    }
}
