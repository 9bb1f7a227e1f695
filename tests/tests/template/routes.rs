//! Routes of the template and routes of the code.

use std::collections::{BTreeMap, BTreeSet};

use tests::gateway::chosen;
use tests::source;
use tests::template::{property, written};
use web::{Access, Route};

use crate::{function, template};

/// What each function answers, by its crate.
pub(crate) fn code_routes() -> BTreeMap<&'static str, Vec<Route>> {
    BTreeMap::from([
        ("certificate-syncs", certificate_syncs::routes().list().to_vec()),
        ("certificates", certificates::routes().list().to_vec()),
        ("connections", connections::routes().list().to_vec()),
        ("identities", identities::routes().list().to_vec()),
        ("key-rotations", key_rotations::routes().list().to_vec()),
        ("pam", pam::routes().list().to_vec()),
        ("recordings", recordings::routes().list().to_vec()),
        ("projects", projects::routes().list().to_vec()),
        ("secrets", secrets::routes().list().to_vec()),
        ("secret-syncs", secret_syncs::routes().list().to_vec()),
    ])
}

/// The path with each parameter replaced by a text that no route spells out.
fn example(path: &str) -> String {
    let segments =
        path.split('/').map(|segment| if segment.starts_with('{') { "0-example" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

#[test]
fn every_function_but_the_authorizer_and_the_workers_answers_routes() {
    let answering: BTreeSet<_> = code_routes().into_keys().map(str::to_owned).collect();
    let (answerless, others): (BTreeSet<_>, BTreeSet<_>) = source::crates_in("functions")
        .unwrap()
        .into_iter()
        .partition(|name| name == "authorizer" || name.ends_with("-worker"));
    assert_eq!(answering, others);
    for name in answerless {
        assert_eq!(function(&name).routes, [], "{name}");
    }
}

#[test]
fn every_route_of_the_code_reaches_its_own_function() {
    let routes = template().routes().unwrap();
    for (crate_name, code) in code_routes() {
        assert!(!code.is_empty(), "{crate_name} answers nothing");
        for route in code {
            let reached = chosen(&routes, route.method.as_str(), &example(route.path));
            let reached =
                reached.unwrap_or_else(|| panic!("{} {} reaches nothing", route.method, route.path));
            assert_eq!(reached.crate_name, crate_name, "{} {}", route.method, route.path);
        }
    }
}

#[test]
fn a_trailing_slash_reaches_the_same_function_below_each_prefix() {
    let routes = template().routes().unwrap();
    for (crate_name, code) in code_routes() {
        for route in code {
            // An HTTP API has no route for a prefix with nothing but a slash after it, and no client asks for one.
            if routes.iter().any(|prefix| prefix.method == "ANY" && prefix.path == route.path) {
                continue;
            }
            let reached = chosen(&routes, route.method.as_str(), &format!("{}/", example(route.path)));
            assert_eq!(
                reached.map(|reached| reached.crate_name.as_str()),
                Some(crate_name),
                "{}/",
                route.path
            );
        }
    }
}

#[test]
fn routes_without_an_authorizer_are_exactly_the_open_ones() {
    let open = template().routes().unwrap().into_iter().filter(|route| route.open);
    let open: BTreeSet<_> = open.map(|route| format!("{} {}", route.method, route.path)).collect();
    let code = code_routes().into_values().flatten().filter(|route| route.access == Access::Open);
    assert_eq!(open, code.map(|route| format!("{} {}", route.method, route.path)).collect());
}

#[test]
fn every_route_of_the_template_serves_a_route_of_the_code() {
    let routes = template().routes().unwrap();
    let code: Vec<_> = code_routes().into_values().flatten().collect();
    for route in &routes {
        // With its trailing slash a path may be another route's.
        let serves = |code: &Route| {
            let (method, path) = (code.method.as_str(), example(code.path));
            [path.clone(), format!("{path}/")].iter().any(|path| chosen(&routes, method, path) == Some(route))
        };
        assert!(code.iter().any(serves), "nothing answers {} {}", route.method, route.path);
    }
}

#[test]
fn the_authorizer_is_asked_each_time_and_never_answers_in_our_place() {
    let template = template();
    let auth = property(template.resource("Api").unwrap(), "Auth").unwrap();
    let name = auth.get("DefaultAuthorizer").unwrap().as_str().unwrap();
    let authorizer = auth.get("Authorizers").unwrap().get(name).unwrap();
    assert_eq!(written(authorizer.get("FunctionArn").unwrap()), "!GetAtt AuthorizerFunction.Arn");
    assert_eq!(written(authorizer.get("Identity").unwrap()), "{ReauthorizeEvery: 0}");
    assert_eq!(written(authorizer.get("EnableSimpleResponses").unwrap()), "true");
    assert_eq!(written(authorizer.get("AuthorizerPayloadFormatVersion").unwrap()), "2.0");
}
