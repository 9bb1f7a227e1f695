//! Whether a bucket lets browsers in: the question that a browser asks before it fetches anything from elsewhere.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::header::{
    ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap,
    HeaderName, ORIGIN,
};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Url};

const CONNECT: Duration = Duration::from_secs(1);
const WHOLE: Duration = Duration::from_secs(3);

/// Asks buckets. Cheap to clone; clones share their client, which is made by the first who needs it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Preflights(Arc<OnceLock<Client>>);

/// Why a browser would not get in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CorsError {
    /// There is no way to ask.
    #[error("the preflight request could not be made")]
    NoClient(#[source] reqwest::Error),
    /// The bucket did not answer.
    #[error("the bucket did not answer a preflight request")]
    Unreachable(#[source] reqwest::Error),
    /// The bucket has no rule that lets our origin in.
    #[error("the bucket has no CORS rule that lets {origin} GET (status {status})")]
    NoRule {
        /// Ours.
        origin: String,
        /// What it answered.
        status: u16,
    },
}

impl Preflights {
    /// Whether a page of `origin` may GET `url`, whose query is not sent.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html>
    pub(crate) async fn ask(&self, mut url: Url, origin: &str) -> Result<(), CorsError> {
        url.set_query(None);
        let request = self
            .client()
            .map_err(CorsError::NoClient)?
            .request(Method::OPTIONS, url)
            .header(ORIGIN, origin)
            .header(ACCESS_CONTROL_REQUEST_METHOD, "GET");
        let answer = request.send().await.map_err(|error| CorsError::Unreachable(error.without_url()))?;
        if answer.status().is_success() && lets_in(answer.headers(), origin) {
            return Ok(());
        }
        Err(CorsError::NoRule { origin: origin.to_owned(), status: answer.status().as_u16() })
    }

    fn client(&self) -> Result<Client, reqwest::Error> {
        if let Some(client) = self.0.get() {
            return Ok(client.clone());
        }
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .timeout(WHOLE)
            .build()?;
        Ok(self.0.get_or_init(|| client).clone())
    }
}

fn lets_in(headers: &HeaderMap, origin: &str) -> bool {
    let texts = |name: HeaderName| {
        headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect::<Vec<_>>()
    };
    texts(ACCESS_CONTROL_ALLOW_ORIGIN).iter().any(|allowed| *allowed == "*" || *allowed == origin)
        && texts(ACCESS_CONTROL_ALLOW_METHODS)
            .iter()
            .flat_map(|methods| methods.split(','))
            .any(|method| method.trim().eq_ignore_ascii_case("GET"))
}
