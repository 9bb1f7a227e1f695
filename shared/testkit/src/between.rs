//! A place between the clients of AWS's services and whatever answers them, where a test may look at each call, hold it back,
//! or answer it otherwise.

use std::fmt;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// What answers the calls behind a test.
#[derive(Debug, Clone)]
pub struct Onward(SharedHttpConnector);

impl Onward {
    /// Hands a call on.
    #[must_use]
    pub fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.0.call(request)
    }
}

type Pass = Arc<dyn Fn(&Onward, HttpRequest) -> HttpConnectorFuture + Send + Sync>;

/// A configuration like `config`, whose clients' calls are made by `pass`: it gets each request with what would have
/// answered it. A configuration without a client of its own stays as it is.
#[must_use]
pub fn between(
    config: &SdkConfig,
    pass: impl Fn(&Onward, HttpRequest) -> HttpConnectorFuture + Send + Sync + 'static,
) -> SdkConfig {
    let mut builder = config.to_builder();
    if let Some(inner) = config.http_client() {
        builder = builder.http_client(Between { inner, pass: Arc::new(pass) });
    }
    builder.build()
}

struct Between<T> {
    inner: T,
    pass: Pass,
}

impl<T> fmt::Debug for Between<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Between")
    }
}

impl HttpClient for Between<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = Onward(self.inner.http_connector(settings, components));
        SharedHttpConnector::new(Between { inner, pass: Arc::clone(&self.pass) })
    }
}

impl HttpConnector for Between<Onward> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        (self.pass)(&self.inner, request)
    }
}
