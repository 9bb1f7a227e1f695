#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use serde_json::json;

use super::*;

#[derive(Debug, PartialEq)]
struct Thing {
    name: String,
    note: Option<String>,
    count: u64,
    inner: String,
}

fn thing(body: &Value) -> Result<Thing, Issues> {
    read(body, |form| {
        let name = form.required("name", rule::slug(1, 8));
        let note = form.nullish("note", rule::string(0, 4));
        let count = form.or("count", rule::integer(1, 10), 3);
        form.absent("gatewayId", "Gateways are not supported here");
        let inner = form.object("credentials", |form| form.required("roleArn", rule::trimmed(1, 2048)));
        Some(Thing { name: name?, note: note?, count: count?, inner: inner? })
    })
}

#[test]
fn every_broken_rule_is_reported_at_once_in_the_peers_shape() {
    let issues = thing(&json!({
        "name": "Not A Slug", "note": "too long", "count": 11, "gatewayId": "x", "credentials": { "roleArn": 5 }
    }))
    .unwrap_err();
    let issues = serde_json::to_value(&issues).unwrap();
    let seen: Vec<_> =
        issues.as_array().unwrap().iter().map(|i| (i["path"].clone(), i["code"].clone())).collect();
    assert_eq!(
        seen,
        [
            (json!(["name"]), json!("too_big")),
            (json!(["name"]), json!("custom")),
            (json!(["note"]), json!("too_big")),
            (json!(["count"]), json!("too_big")),
            (json!(["gatewayId"]), json!("custom")),
            (json!(["credentials", "roleArn"]), json!("invalid_type")),
        ]
    );
    assert_eq!(issues[5]["expected"], "string");
    assert_eq!(issues[5]["received"], "number");
}

#[test]
fn an_absent_field_is_required_and_an_unknown_one_ignored() {
    let issues = thing(&json!({ "App": "aws", "credentials": {} })).unwrap_err();
    assert_eq!(issues.to_string(), "name: Required; credentials.roleArn: Required");
}

#[test]
fn defaults_null_and_trimming_read_as_the_contract_says() {
    let read = thing(
        &json!({ "name": " a-1 ", "note": null, "gatewayId": null, "credentials": { "roleArn": " r " } }),
    );
    assert_eq!(read.unwrap(), Thing { name: "a-1".into(), note: None, count: 3, inner: "r".into() });
}

#[test]
fn a_body_that_is_no_object_is_one_issue_without_a_path() {
    for body in [json!(null), json!([]), json!("x"), json!(1)] {
        assert_eq!(thing(&body).unwrap_err().iter().count(), 1, "{body}");
    }
}

#[test]
fn a_nested_list_names_the_position_of_what_is_wrong() {
    let issues = read(&json!({ "ips": [{ "ipAddress": "a" }, {}] }), |form| {
        form.optional_objects("ips", 1, |form| form.required("ipAddress", rule::string(1, 10)))
    })
    .unwrap_err();
    assert_eq!(issues.to_string(), "ips.1.ipAddress: Required");
}

#[test]
fn a_body_that_breaks_very_many_rules_is_told_a_hundred() {
    let body = json!({ "ips": vec![json!(1); 10_000] });
    let read = |form: &mut crate::form::Form<'_>| {
        form.optional_objects("ips", 1, |form| form.required("ipAddress", rule::string(1, 10)))
    };
    assert_eq!(crate::form::read(&body, read).unwrap_err().iter().count(), 100);
}

proptest! {
    #[test]
    fn a_slugified_text_is_a_slug_or_empty(text in ".{0,40}") {
        let slug = slugify(&text);
        prop_assert_eq!(slugify(&slug), slug.clone());
        prop_assert!(slug.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
        prop_assert!(!slug.contains("--") && !slug.starts_with('-') && !slug.ends_with('-'));
    }

    #[test]
    fn an_integer_is_taken_exactly_within_its_bounds(number in any::<i64>()) {
        let read = rule::integer(5, 500).read(&json!(number));
        prop_assert_eq!(read.is_ok(), (5..=500).contains(&number));
    }
}
