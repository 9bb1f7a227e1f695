//! A plain HTTP/1.1 server and client over loopback. Bodies are read whole: nothing here streams.

use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use anyhow::{Context as _, Result};
use http::header::{CONNECTION, EXPECT, HOST, HeaderMap, TRANSFER_ENCODING};
use http::{Request, Response, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::client::legacy::{Client as Pool, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpListener;

/// The connection is closed without an answer.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the connection is closed without an answer")]
pub struct Dropped;

/// Answers every request on the listener until the future is dropped.
///
/// # Errors
///
/// When the listener fails; a broken connection is no error.
pub async fn serve<Answer, Answering>(listener: TcpListener, answer: Answer) -> Result<Infallible>
where
    Answer: Fn(Request<Bytes>) -> Answering + Clone + Send + 'static,
    Answering: Future<Output = Result<Response<Bytes>, Dropped>> + Send + 'static,
{
    loop {
        let (stream, _) = listener.accept().await.context("accept a connection")?;
        let answer = answer.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let answer = answer.clone();
                async move {
                    let (parts, body) = request.into_parts();
                    let body = body.collect().await.map_err(|_| Dropped)?.to_bytes();
                    answer(Request::from_parts(parts, body)).await.map(|response| response.map(Full::new))
                }
            });
            let connection = hyper::server::conn::http1::Builder::new();
            if let Err(failure) = connection.serve_connection(TokioIo::new(stream), service).await {
                tracing::debug!("a connection ended: {failure}");
            }
        });
    }
}

/// So long a connection waits for its next request. The stand-ins close theirs after five seconds, and a request that is sent
/// just then is lost.
const IDLE: Duration = Duration::from_secs(2);

/// A pooling client that sends what it is given.
#[derive(Clone, Debug)]
pub struct Client(Pool<HttpConnector, Full<Bytes>>);

impl Default for Client {
    fn default() -> Self {
        Self(
            Pool::builder(TokioExecutor::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(IDLE)
                .build_http(),
        )
    }
}

impl Client {
    /// Sends the request to another server. Path, query, `Host` and all other headers that a
    /// signature can cover stay as they are.
    ///
    /// # Errors
    ///
    /// When the server cannot be reached or breaks off.
    pub async fn forward(&self, to: &str, request: Request<Bytes>) -> Result<Response<Bytes>> {
        let (mut parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        parts.uri = format!("{to}{path}").parse::<Uri>().with_context(|| format!("address {to}{path}"))?;
        drop_hop_headers(&mut parts.headers);
        let answer = self
            .0
            .request(Request::from_parts(parts, Full::new(body)))
            .await
            .with_context(|| format!("call {to}"))?;
        let (mut parts, body) = answer.into_parts();
        drop_hop_headers(&mut parts.headers);
        let body = body.collect().await.with_context(|| format!("read the answer of {to}"))?.to_bytes();
        Ok(Response::from_parts(parts, body))
    }

    /// As [`Client::forward`], to a server that needs its own name in `Host`.
    ///
    /// # Errors
    ///
    /// As [`Client::forward`].
    pub async fn send(&self, to: &str, mut request: Request<Bytes>) -> Result<Response<Bytes>> {
        request.headers_mut().remove(HOST);
        self.forward(to, request).await
    }
}

/// Headers that are about one connection. `Expect` as well: the body is already here.
fn drop_hop_headers(headers: &mut HeaderMap) {
    for name in [CONNECTION, EXPECT, TRANSFER_ENCODING] {
        headers.remove(name);
    }
    headers.remove("keep-alive");
}
