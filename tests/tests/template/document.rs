//! The document of the API, and the code that it is made of.

use std::collections::BTreeSet;
use std::fs;
use std::sync::LazyLock;

use serde_json::Value;
use tests::{openapi, source};

use crate::routes::code_routes;

/// Made once: it takes seconds.
static DOCUMENT: LazyLock<Value> = LazyLock::new(openapi::generated);

#[test]
fn the_document_is_what_the_code_says() {
    let kept = fs::read_to_string(source::workspace().join(openapi::KEPT)).unwrap();
    let made = openapi::written(&DOCUMENT).unwrap();
    let differs = kept.lines().zip(made.lines()).position(|(kept, made)| kept != made);
    let mend = "make it anew: cargo run -p tests --bin openapi > functions/identities/openapi.json";
    assert!(kept == made, "{}, line {:?}: {mend}", openapi::KEPT, differs.map(|line| line + 1));
}

#[test]
fn every_route_of_the_code_is_in_the_document_and_no_other() {
    let told: BTreeSet<_> = operations().map(|(method, path, _)| format!("{method} {path}")).collect();
    let code = code_routes().into_values().flatten();
    let code: BTreeSet<_> =
        code.map(|route| format!("{} {}", route.method.as_str().to_lowercase(), route.path)).collect();
    assert_eq!(told, code);
}

#[test]
fn operations_have_names_of_their_own_and_declare_every_parameter_of_their_paths() {
    let mut names = BTreeSet::new();
    for (method, path, operation) in operations() {
        let name = operation["operationId"].as_str().unwrap();
        assert!(names.insert(name.to_owned()), "{name} is two");
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let declared: BTreeSet<_> =
            parameters.filter(|one| one["in"] == "path").map(|one| one["name"].as_str().unwrap()).collect();
        let of_the_path = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
        assert_eq!(declared, of_the_path.collect(), "{method} {path}");
    }
}

#[test]
fn what_a_gateway_must_send_is_declared() {
    let chunks = "/api/v1/pam/sessions/{sessionId}/chunks";
    let of_gateways = operations().filter(|(method, path, _)| *method == "post" && path.starts_with(chunks));
    let mut asked = 0;
    for (_, path, operation) in of_gateways {
        let headers = operation["parameters"].as_array().unwrap().iter().filter(|one| one["in"] == "header");
        let headers: Vec<_> = headers.map(|one| (one["name"].as_str().unwrap(), &one["required"])).collect();
        assert_eq!(headers, [("X-Gateway-Upload-Token", &Value::Bool(true))], "{path}");
        asked += 1;
    }
    assert_eq!(asked, 3);
}

#[test]
fn a_list_by_itself_is_declared_as_one() {
    let answer = |path: &str| {
        let (_, _, operation) = operations().find(|one| one.0 == "get" && one.1 == path).unwrap();
        &operation["responses"]["200"]["content"]["application/json"]["schema"]["type"]
    };
    assert_eq!(answer("/api/v1/cert-manager/ca/{type}"), "array");
    assert_eq!(answer("/api/v1/cert-manager/ca/{type}/{caId}"), "object");
}

fn operations() -> impl Iterator<Item = (&'static String, &'static String, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object().unwrap().iter();
    paths.flat_map(|(path, methods)| {
        methods.as_object().unwrap().iter().map(move |(method, operation)| (method, path, operation))
    })
}
