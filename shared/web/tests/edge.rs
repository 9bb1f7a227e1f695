//! The edge as API Gateway sees it: who is let through, what a refusal looks like, what a path may look like.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use axum::Json;
use axum::extract::State;
use model::form::{Form, Read, rule};
use model::id::ConnectionId;
use serde_json::{Value, json};
use testkit::event::{Event, event, read};
use web::{Access, Caller, JsonBody, Now, Path, Problem, Query, Routes};

async fn whoami(caller: Caller) -> Json<Value> {
    Json(
        json!({ "id": caller.id, "role": caller.organization_role.name(), "groups": caller.groups, "ip": caller.origin.source_ip }),
    )
}

async fn open() -> Json<Value> {
    Json(json!({ "open": true }))
}

struct Name(String);

impl Read for Name {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        form.required("name", rule::slug(1, 8)).map(Self)
    }
}

struct Limit(u64);

impl Read for Limit {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        form.or("limit", rule::numeral(1, 100), 20).map(Self)
    }
}

struct Project(Option<String>);

impl Read for Project {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        form.optional("project", rule::string(1, 64)).map(Self)
    }
}

async fn echo(
    State(word): State<&'static str>,
    Path(id): Path<ConnectionId>,
    query: Query<Limit>,
    Now(now): Now,
    body: JsonBody<Name>,
) -> Result<Json<Value>, Problem> {
    let Name(name) = body.read()?;
    let Limit(limit) = query.read()?;
    Ok(Json(json!({ "word": word, "id": id, "name": name, "limit": limit, "now": now })))
}

async fn fail() -> Result<Json<Value>, Problem> {
    Err(Problem::bug("do the thing", "the secret reason"))
}

async fn named(Path(name): Path<String>, query: Query<Project>) -> Result<Json<Value>, Problem> {
    let Project(project) = query.read()?;
    Ok(Json(json!({ "name": name, "project": project })))
}

fn routes() -> Routes<&'static str> {
    Routes::new()
        .get(Access::Caller, "/api/me", whoami)
        .get(Access::Open, "/api/open", open)
        .get(Access::Person, "/api/people", whoami)
        .get(Access::Machine, "/api/machines", whoami)
        .post(Access::Caller, "/api/things/{id}", echo)
        .get(Access::Caller, "/api/fail", fail)
        .get(Access::Caller, "/api/names/{name}", named)
}

async fn call(event: Event) -> (u16, Value) {
    read(web::answer(routes(), "state", event.request(), testkit::now()).await).await
}

#[tokio::test]
async fn a_request_without_the_authorizers_context_is_refused_by_every_route_but_the_open() {
    for (method, path) in
        [("GET", "/api/me"), ("GET", "/api/people"), ("GET", "/api/machines"), ("POST", "/api/things/x")]
    {
        let (status, body) = call(event(method, path)).await;
        assert_eq!(status, 401, "{path}");
        assert_eq!(
            body,
            json!({ "reqId": "req-test-request", "statusCode": 401, "message": "Token missing", "error": "UnauthorizedError" })
        );
    }
    assert_eq!(call(event("GET", "/api/open")).await.0, 200);
}

#[tokio::test]
async fn each_reason_of_the_authorizers_has_its_status_and_name() {
    for (reason, status, error) in [
        ("missing", 401, "UnauthorizedError"),
        ("expired", 403, "TokenError"),
        ("malformed", 403, "TokenError"),
        ("algorithm", 403, "TokenError"),
        ("revoked", 401, "UnauthorizedError"),
        ("exhausted", 401, "UnauthorizedError"),
        ("address", 403, "ForbiddenError"),
        ("unavailable", 503, "ServiceUnavailable"),
        ("something new", 401, "UnauthorizedError"),
    ] {
        let (seen, body) = call(event("GET", "/api/me").refused(reason)).await;
        assert_eq!((seen, body["error"].as_str()), (status, Some(error)), "{reason}");
    }
}

#[tokio::test]
async fn a_context_that_is_not_whole_is_no_caller() {
    for context in [
        json!({}),
        json!({ "kind": "identity", "id": "", "organizationRole": "admin" }),
        json!({ "kind": "identity", "id": "x", "organizationRole": "emperor" }),
        json!({ "kind": "identity", "id": "x" }),
        json!({ "kind": "root", "id": "x", "organizationRole": "admin" }),
        json!({ "kind": "identity", "id": 5, "organizationRole": "admin" }),
    ] {
        let (status, _) = call(event("GET", "/api/me").context(context.clone())).await;
        assert_eq!(status, 401, "{context}");
    }
}

#[tokio::test]
async fn the_caller_is_who_the_authorizer_says() {
    let (status, body) = call(event("GET", "/api/me").person("ann@example.com", "viewer")).await;
    assert_eq!(status, 200);
    assert_eq!(
        body,
        json!({ "id": "ann@example.com", "role": "viewer", "groups": ["engineers"], "ip": "203.0.113.7" })
    );
}

#[tokio::test]
async fn people_and_machines_are_kept_apart_where_the_route_says_so() {
    assert_eq!(call(event("GET", "/api/people").identity("a", "admin")).await.0, 403);
    assert_eq!(call(event("GET", "/api/people").person("a@b.c", "viewer")).await.0, 200);
    assert_eq!(call(event("GET", "/api/machines").person("a@b.c", "admin")).await.0, 403);
    assert_eq!(call(event("GET", "/api/machines").identity("a", "no-access")).await.0, 200);
}

#[tokio::test]
async fn a_trailing_slash_means_the_same() {
    assert_eq!(call(event("GET", "/api/open/")).await.0, 200);
    assert_eq!(call(event("GET", "/api/open//")).await.0, 200);
    assert_eq!(call(event("GET", "/api/me/").identity("a", "member")).await.0, 200);
}

/// As API Gateway hands them on: decoded, but for the percent sign; and as other hosts of a function do, encoded.
#[tokio::test]
async fn a_name_in_the_path_is_the_one_that_the_client_meant() {
    for (path, name) in [
        ("a b", "a b"),
        ("a%20b", "a b"),
        ("a#b", "a#b"),
        ("a%23b", "a#b"),
        ("a\tb", "a\tb"),
        ("a\\b", "a\\b"),
        ("..", ".."),
        ("%2E%2e", ".."),
        ("Schlüssel", "Schlüssel"),
        ("Schl%C3%BCssel", "Schlüssel"),
        ("a%2541", "a%41"),
        ("100%25", "100%"),
        ("100%", "100%"),
        ("a+b&c=d", "a+b&c=d"),
        ("{x}|^`\"<>;,@$!'()*~[]", "{x}|^`\"<>;,@$!'()*~[]"),
    ] {
        let target = format!("/api/names/{path}?project=x%23y%20z");
        let (status, body) = call(event("GET", &target).identity("a", "admin")).await;
        assert_eq!((status, body), (200, json!({ "name": name, "project": "x#y z" })), "{path}");
    }
}

#[tokio::test]
async fn a_question_mark_in_the_path_does_not_shorten_the_name() {
    let mut request = event("GET", "/api/names/x?project=p").identity("a", "admin").json();
    request["rawPath"] = json!("/api/names/what?");
    let request = lambda_http::request::from_str(&request.to_string()).unwrap();
    let (status, body) = read(web::answer(routes(), "state", request, testkit::now()).await).await;
    assert_eq!((status, body), (200, json!({ "name": "what?", "project": "p" })));
}

#[tokio::test]
async fn a_request_is_measured_by_its_route_and_nothing_of_what_was_sent_is_in_the_line() {
    const CANARY: &str = "canary-in-a-coal-mine";
    let heard = testkit::metrics();
    let target = format!("/api/names/{CANARY}?project={CANARY}");
    call(event("GET", &target).identity(CANARY, "admin").header("authorization", CANARY)).await;
    call(event("POST", &format!("/api/things/{CANARY}")).identity("a", "admin").raw_body(CANARY)).await;
    call(event("GET", &format!("/api/{CANARY}")).identity("a", "admin")).await;
    call(event("GET", "/api/me")).await;
    call(event("GET", "/api/fail").identity("a", "admin")).await;
    let lines = heard.lines();
    let told: Vec<_> = lines.iter().map(|line| (line["route"].as_str(), line["status"].as_str())).collect();
    let expected = [
        (Some("/api/names/{name}"), Some("2xx")),
        (Some("/api/things/{id}"), Some("4xx")),
        (Some("none"), Some("4xx")),
        (Some("/api/me"), Some("4xx")),
        (Some("/api/fail"), Some("5xx")),
        // What failed is a mistake of ours, which is a line of its own.
        (None, None),
    ];
    assert_eq!(told, expected);
    assert!(lines[..5].iter().all(|line| line["Latency"].is_u64()), "{lines:?}");
    assert_eq!(heard.sum_of("Failures", "api"), 1);
    for secret in [CANARY, "the secret reason", "req-", "203.0.113.7"] {
        assert!(!heard.text().contains(secret), "{secret}: {}", heard.text());
    }
}

#[tokio::test]
async fn an_unknown_route_and_an_unknown_method_are_404_in_the_wires_shape() {
    for (method, path) in [("GET", "/api/nothing"), ("DELETE", "/api/me"), ("GET", "/")] {
        let (status, body) = call(event(method, path).identity("a", "admin")).await;
        assert_eq!((status, body["error"].as_str()), (404, Some("NotFound")), "{method} {path}");
    }
}

#[tokio::test]
async fn path_query_body_and_time_reach_the_handler() {
    let id = ConnectionId::random();
    let request = event("POST", &format!("/api/things/{id}?limit=7&x=&limit=9"))
        .body(&json!({ "name": "a", "stray": 1 }));
    let (status, body) = call(request.identity("a", "admin")).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(
        body,
        json!({ "word": "state", "id": id, "name": "a", "limit": 9, "now": "2026-01-02T03:04:05.678Z" })
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_in_the_wires_words() {
    let id = ConnectionId::random();
    let post = |target: &str, body: &str| event("POST", target).raw_body(body).identity("a", "admin");
    for (target, body, status) in [
        ("/api/things/not-a-uuid".to_owned(), r#"{"name":"a"}"#.to_owned(), 422),
        (format!("/api/things/{id}"), r#"{"name":"#.to_owned(), 400),
        (format!("/api/things/{id}"), r#"{"name":7}"#.to_owned(), 422),
        (format!("/api/things/{id}"), "[]".to_owned(), 422),
        (format!("/api/things/{id}"), String::new(), 422),
        (format!("/api/things/{id}?limit=0"), r#"{"name":"a"}"#.to_owned(), 422),
        (format!("/api/things/{id}?limit=x"), r#"{"name":"a"}"#.to_owned(), 422),
        (format!("/api/things/{id}"), format!(r#"{{"name":"{}"}}"#, "x".repeat(300_000)), 422),
        (format!("/api/things/{id}"), format!(r#"{{"name":"a","x":"{}"}}"#, "x".repeat(1_100_000)), 400),
    ] {
        let (seen, answer) = call(post(&target, &body)).await;
        assert_eq!(seen, status, "{target} {answer}");
        assert_eq!(answer["statusCode"], status);
        assert_eq!(answer["message"].is_array(), status == 422);
    }
}

#[tokio::test]
async fn a_bug_is_a_500_that_tells_nothing() {
    let (status, body) = call(event("GET", "/api/fail").identity("a", "admin")).await;
    assert_eq!(status, 500);
    assert_eq!(body["error"], "InternalServerError");
    assert!(!body.to_string().contains("secret reason"), "{body}");
}

#[tokio::test]
async fn answers_are_not_to_be_stored() {
    let answer = web::answer(routes(), "state", event("GET", "/api/open").request(), testkit::now()).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
}
