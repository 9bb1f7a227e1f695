//! The guard's own paths, below `/_guard/`.

use http::{Method, Request, Response, StatusCode};
use hyper::body::Bytes;
use serde_json::{Value, json};

use super::Guard;
use super::scope::StandIn;

type Reply = Result<Value, (StatusCode, String)>;

impl Guard {
    pub(super) async fn control(&self, path: &str, request: &Request<Bytes>) -> Response<Bytes> {
        // A page in the developer's browser must not get tokens here.
        let reply = if request.headers().contains_key("origin") {
            Err((StatusCode::FORBIDDEN, "not for browsers".to_owned()))
        } else {
            self.reply(path, request).await
        };
        let (status, body) = match reply {
            Ok(body) => (StatusCode::OK, body),
            Err((status, message)) => (status, json!({ "message": message })),
        };
        let mut answer = Response::new(Bytes::from(body.to_string()));
        *answer.status_mut() = status;
        answer.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
        answer
    }

    async fn reply(&self, path: &str, request: &Request<Bytes>) -> Reply {
        let method = request.method();
        let done = Ok(json!({}));
        match (path, method) {
            ("health", &Method::GET) => done,
            ("stop", &Method::POST) => {
                self.stop.notify_one();
                done
            }
            ("calls", &Method::GET) => Ok(self.calls(request.uri().query().unwrap_or_default())),
            ("calls", &Method::DELETE) => {
                self.log.clear();
                done
            }
            ("faults", &Method::GET) => Ok(json!({ "faults": self.faults.list() })),
            ("faults", &Method::POST) => {
                self.faults.add(read(request)?);
                done
            }
            ("faults", &Method::DELETE) => {
                self.faults.clear();
                done
            }
            ("chaos", &Method::POST) => {
                self.dice.set(Some(read(request)?));
                done
            }
            ("chaos", &Method::DELETE) => {
                self.dice.set(None);
                done
            }
            ("chaos", &Method::GET) => {
                let (calls, injected) = self.dice.injected();
                Ok(json!({ "calls": calls, "injected": injected }))
            }
            ("issued", &Method::GET) => self.told("issued").await,
            ("listeners", &Method::GET) => self.told("listeners").await,
            ("oidc/rotate", &Method::POST) => self.people.rotate().map(|()| json!({})).map_err(broken),
            ("oidc/token", &Method::POST) => {
                let token = self.people.token(read(request)?).map_err(broken)?;
                Ok(json!({ "token": token }))
            }
            _ => Err((StatusCode::NOT_FOUND, format!("the guard has no {method} /_guard/{path}"))),
        }
    }

    /// What moto with its corrections tells besides AWS's own answers: all that each listener of a load balancer served, and
    /// since when; the certificates that each private CA has issued.
    async fn told(&self, what: &str) -> Reply {
        let request = Request::get(format!("/moto-api/{what}")).body(Bytes::new());
        let request = request.map_err(|failure| broken(failure.into()))?;
        let answer = self.forward(StandIn::Moto, request).await;
        serde_json::from_slice(answer.body()).map_err(|failure| broken(failure.into()))
    }

    fn calls(&self, query: &str) -> Value {
        let field = |wanted: &str| {
            url::form_urlencoded::parse(query.as_bytes())
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value)
        };
        let after = field("after").and_then(|number| number.parse().ok()).unwrap_or(0);
        json!({ "calls": self.log.list(after, field("service").as_deref(), field("action").as_deref()) })
    }
}

fn read<T: serde::de::DeserializeOwned>(request: &Request<Bytes>) -> Result<T, (StatusCode, String)> {
    serde_json::from_slice(request.body()).map_err(|failure| (StatusCode::BAD_REQUEST, failure.to_string()))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn broken(failure: anyhow::Error) -> (StatusCode, String) {
    (StatusCode::INTERNAL_SERVER_ERROR, format!("{failure:#}"))
}
