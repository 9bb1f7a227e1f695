//! An STS that answers as told and remembers the bytes that it was sent.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

#[derive(Clone)]
pub(crate) struct TestSts {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

struct State {
    requests: Vec<String>,
    status: u16,
    body: String,
}

/// What STS answers for this caller, in the JSON that it has for `Accept: application/json`.
pub(crate) fn caller(arn: &str) -> String {
    let account = arn.split(':').nth(4).unwrap();
    serde_json::json!({ "GetCallerIdentityResponse": {
        "GetCallerIdentityResult": { "Account": account, "Arn": arn, "UserId": "AROAEXAMPLE:session" },
        "ResponseMetadata": { "RequestId": "1" },
    } })
    .to_string()
}

impl TestSts {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = State { requests: Vec::new(), status: 500, body: String::new() };
        let sts = Self { url, state: Arc::new(Mutex::new(state)) };
        let answering = sts.clone();
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let mut request = Vec::new();
                let mut bytes = [0; 4_096];
                while !String::from_utf8_lossy(&request).contains("Version=2011-06-15") {
                    match connection.read(&mut bytes).await {
                        Ok(0) | Err(_) => break,
                        Ok(length) => request.extend_from_slice(&bytes[..length]),
                    }
                }
                let answer = {
                    let mut state = answering.state.lock().unwrap();
                    state.requests.push(String::from_utf8_lossy(&request).into_owned());
                    let length = state.body.len();
                    format!(
                        "HTTP/1.1 {} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{}",
                        state.status, state.body
                    )
                };
                let _ = connection.write_all(answer.as_bytes()).await;
            }
        });
        sts
    }

    pub(crate) fn answers(&self, status: u16, body: &str) {
        let mut state = self.state.lock().unwrap();
        (state.status, state.body) = (status, body.to_owned());
    }

    pub(crate) fn knows(&self, arn: &str) {
        self.answers(200, &caller(arn));
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.state.lock().unwrap().requests.clone()
    }
}
