//! The HTTP API's public side: `--port` on this machine instead of the API's own host name.

use std::net::SocketAddr;

use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Bytes;

use crate::http::{Client, Dropped};

/// Forwards to the data plane of one HTTP API.
#[derive(Debug)]
pub struct Front {
    data_plane: String,
    host: HeaderValue,
    port: HeaderValue,
    client: Client,
}

impl Front {
    /// A front that listens at `listening`, for the API with that id at the stand-in's endpoint.
    ///
    /// # Errors
    ///
    /// When the endpoint or the id cannot be part of a host name.
    pub fn new(listening: SocketAddr, endpoint: &str, api_id: &str) -> anyhow::Result<Self> {
        let port = endpoint.rsplit(':').next().unwrap_or_default().trim_end_matches('/');
        Ok(Self {
            data_plane: endpoint.trim_end_matches('/').to_owned(),
            // The stand-in knows an API by its host name, as API Gateway does.
            host: format!("{api_id}.execute-api.localhost:{port}").parse()?,
            port: listening.port().to_string().parse()?,
            client: Client::default(),
        })
    }

    /// Answers one request as API Gateway would.
    ///
    /// # Errors
    ///
    /// Never; the type is that of every server here.
    pub async fn answer(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, Dropped> {
        let headers = request.headers_mut();
        headers.insert("host", self.host.clone());
        // API Gateway puts its own there, whatever the client sent.
        headers.insert("x-forwarded-for", HeaderValue::from_static("127.0.0.1"));
        headers.insert("x-forwarded-proto", HeaderValue::from_static("http"));
        headers.insert("x-forwarded-port", self.port.clone());
        Ok(self.client.forward(&self.data_plane, request).await.unwrap_or_else(|failure| {
            tracing::warn!("the HTTP API does not answer: {failure:#}");
            let mut answer = Response::new(Bytes::from_static(b"{\"message\":\"Internal Server Error\"}"));
            *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            answer
        }))
    }
}
