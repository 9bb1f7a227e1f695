//! The page: what it may speak with, and what it says when nobody can sign in.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use axum::response::Response;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG};
use http_body_util::BodyExt as _;
use recordings::routes;
use testkit::event::{Event, event};

use crate::world::World;

async fn asked(world: &World, event: Event) -> (Response, String) {
    let answer = web::answer(routes(), world.ctx.clone(), event.request(), testkit::now()).await;
    let (parts, body) = answer.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (Response::from_parts(parts, axum::body::Body::empty()), String::from_utf8(bytes.to_vec()).unwrap())
}

fn header(answer: &Response, name: impl http::header::AsHeaderName) -> &str {
    answer.headers().get(name).unwrap().to_str().unwrap()
}

/// A provider whose discovery document says this; how often it is asked does not matter.
fn provider(endpoints: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4_096]);
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                endpoints.len()
            );
            let _ = stream.write_all(format!("{head}{endpoints}").as_bytes());
        }
    });
    format!("http://{address}")
}

const ENDPOINTS: &str = r#"{"authorization_endpoint": "https://login.example.com/authorize?tenant=1&x=%22",
    "token_endpoint": "https://tokens.example.com/oauth/token"}"#;

#[tokio::test]
async fn the_page_runs_its_own_scripts_and_reaches_the_token_endpoint_and_one_bucket() {
    let world = World::signing_in_at(Some(provider(ENDPOINTS))).await;
    let recording = world.recorded(1, &[]).await;
    let (answer, document) =
        asked(&world, event("GET", &format!("/recordings/{}", recording.session_id))).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(
        header(&answer, CONTENT_SECURITY_POLICY),
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src data:; connect-src 'self' \
         https://tokens.example.com https://customers-recordings.s3.eu-west-1.amazonaws.com; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    assert_eq!(
        (header(&answer, "referrer-policy"), header(&answer, "cache-control")),
        ("no-referrer", "no-store")
    );
    assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
    assert!(
        document.contains(
            r#"data-authorization-endpoint="https://login.example.com/authorize?tenant=1&amp;x=%22""#
        ),
        "{document}"
    );
    assert!(document.contains(r#"data-client-id="the &quot;page&quot;""#), "{document}");
    assert!(
        document.contains(r#"data-audience="drawbridge""#) && document.contains(r#"data-trouble="""#),
        "{document}"
    );
    assert!(!document.contains("customers-recordings"), "the document itself names no bucket");
    assert_eq!(world.calls.count(), 0, "nothing of AWS is asked for a page");
}

#[tokio::test]
async fn the_page_of_nothing_and_the_way_back_from_the_provider_reach_no_bucket() {
    let world = World::signing_in_at(Some(provider(ENDPOINTS))).await;
    for path in ["/recordings/signed-in", "/recordings/6f1a1d7e-5c54-4a4e-9d8e-0d2b3c4a5f60"] {
        let (answer, _) = asked(&world, event("GET", path)).await;
        assert_eq!(answer.status(), 200);
        let policy = header(&answer, CONTENT_SECURITY_POLICY);
        assert!(policy.contains("connect-src 'self' https://tokens.example.com;"), "{policy}");
    }
}

#[tokio::test]
async fn a_page_where_nobody_can_sign_in_says_why() {
    for (issuer, words) in [
        (None, "OidcIssuer is empty"),
        (Some("http://provider.example.com".to_owned()), "is not an https address"),
        (Some(provider("{}")), "names no authorization_endpoint"),
        (Some(provider("no JSON")), "names no authorization_endpoint"),
        (
            Some(provider(
                r#"{"authorization_endpoint": "https://a.example.com", "token_endpoint": "http://b.example.com"}"#,
            )),
            "not https addresses",
        ),
        (Some("http://127.0.0.1:1".to_owned()), "did not answer"),
    ] {
        let world = World::signing_in_at(issuer).await;
        let (answer, document) = asked(&world, event("GET", "/recordings/signed-in")).await;
        assert_eq!(answer.status(), 200);
        assert!(document.contains(words), "{words}: {document}");
        assert!(header(&answer, CONTENT_SECURITY_POLICY).contains("connect-src 'self';"));
    }
}

#[tokio::test]
async fn a_file_of_the_page_is_sent_once_and_nothing_else_is_a_file_of_it() {
    let world = World::new().await;
    for (file, kind) in [
        ("page.js", "text/javascript"),
        ("asciinema-player.min.js", "text/javascript"),
        ("page.css", "text/css"),
    ] {
        let path = format!("/recordings/assets/{file}");
        let (answer, content) = asked(&world, event("GET", &path)).await;
        assert_eq!((answer.status().as_u16(), content.len() > 1_000), (200, true), "{file}");
        assert!(header(&answer, CONTENT_TYPE).starts_with(kind), "{file}");
        assert_eq!(header(&answer, "cache-control"), "no-cache");
        let tag = header(&answer, ETAG).to_owned();
        let (answer, content) = asked(&world, event("GET", &path).header("if-none-match", &tag)).await;
        assert_eq!((answer.status().as_u16(), content.as_str()), (304, ""), "{file}");
    }
    for path in ["index.html", "..%2Fsrc%2Fpage.rs", "LICENSE", "nothing.js"] {
        let (answer, _) = asked(&world, event("GET", &format!("/recordings/assets/{path}"))).await;
        assert_eq!(answer.status(), 404, "{path}");
    }
}
