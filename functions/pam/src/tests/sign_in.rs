//! The sign-in page on a loopback port.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use testkit::fuse::{Fate, Fuse};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// How the page behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// It gives a token.
    Well,
    /// It answers this status.
    Status(u16),
    /// It answers something without a token.
    Nonsense,
    /// It takes the request and never answers.
    Silent,
    /// It gives a token after a while.
    Slow(Duration),
}

/// The page. Clones are the same.
#[derive(Debug, Clone)]
pub(super) struct SignIn {
    pub(super) url: String,
    mood: Arc<Mutex<Mood>>,
    requests: Arc<Mutex<Vec<String>>>,
    fuse: Fuse,
}

impl SignIn {
    pub(super) async fn start(fuse: Fuse) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let page = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            mood: Arc::new(Mutex::new(Mood::Well)),
            requests: Arc::default(),
            fuse,
        };
        let serving = page.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        page
    }

    pub(super) fn be(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// The requests so far, head and body.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    async fn serve(self, mut stream: TcpStream) {
        while let Some(request) = read(&mut stream).await {
            let fate = self.fuse.next();
            if fate == Fate::Blocked {
                return;
            }
            self.requests.lock().unwrap().push(request.clone());
            if fate == Fate::Unheard {
                return;
            }
            let mood = *self.mood.lock().unwrap();
            let (status, body) = match mood {
                Mood::Well | Mood::Slow(_) => {
                    (200, json!({ "SigninToken": format!("token-{}", access_key_id(&request)) }).to_string())
                }
                Mood::Status(status) => (status, "<html>no</html>".to_owned()),
                Mood::Nonsense => (200, json!({ "Hello": "world" }).to_string()),
                Mood::Silent => return std::future::pending().await,
            };
            if let Mood::Slow(pause) = mood {
                tokio::time::sleep(pause).await;
            }
            let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", body.len());
            if stream.write_all(format!("{head}{body}").as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

fn access_key_id(request: &str) -> String {
    let (_, rest) = request.split_once("%22sessionId%22%3A%22").unwrap();
    rest.split('%').next().unwrap().to_owned()
}

async fn read(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0_u8; 4_096];
        let read = stream.read(&mut chunk).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return Some(text);
        }
    }
}
