use serde_json::{Value, json};

use super::{Object, Source, explore};
use crate::form::{Form, Read, ReadWith, rule};

fn body<T: ReadWith>() -> Value {
    explore::<T>(Source::Body).schema()
}

struct Plain;

impl Read for Plain {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let name = form.required("name", rule::slug(1, 64));
        let note = form.nullish("note", rule::string(0, 256));
        let count = form.or("count", rule::integer(5, 500), 5);
        let id = form.optional("id", rule::id::<uuid::Uuid>());
        let tags = form.optional("tags", rule::list(1, 20, rule::one_of(&[("red", 1), ("blue", 2)])));
        form.absent("gatewayId", "Gateways are not supported here");
        name?;
        note?;
        count?;
        id?;
        tags?;
        Some(Self)
    }
}

#[test]
fn a_rule_tells_its_schema_by_what_it_refuses() {
    assert_eq!(
        body::<Plain>(),
        json!({
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": { "type": "string", "minLength": 1, "maxLength": 64, "examples": ["a", "a-1", "7"] },
                "note": { "type": ["string", "null"], "maxLength": 256 },
                "count": { "type": "integer", "minimum": 5, "maximum": 500 },
                "id": { "type": "string", "format": "uuid" },
                "tags": {
                    "type": "array", "minItems": 1, "maxItems": 20,
                    "items": { "type": "string", "enum": ["red", "blue"] }
                },
                "gatewayId": { "enum": [false, null] }
            }
        })
    );
}

struct Branching;

impl Read for Branching {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let method = form.required("method", rule::one_of(&[("role", true), ("key", false)]));
        let credentials = form.object("credentials", |form| {
            if method? {
                form.required("roleArn", rule::trimmed(1, 2048))
            } else if form.has("old") {
                form.required("old", rule::string(1, 5))
            } else {
                form.required("secret", rule::string(1, 9))
            }
        });
        let rules = form.optional_objects("rules", 1, |form| {
            let hop = form.nullish_object("hop", |form| form.required("port", rule::integer(1, 65_535)));
            let words = form.or("words", rule::boolean(), false);
            if words? { form.required("word", rule::string(2, 3)).map(drop) } else { hop.map(drop) }
        });
        method?;
        credentials?;
        rules?;
        Some(Self)
    }
}

#[test]
fn fields_of_some_branches_are_found_and_optional() {
    let schema = body::<Branching>();
    assert_eq!(schema["required"], json!(["credentials", "method"]));
    let credentials = &schema["properties"]["credentials"];
    assert_eq!(credentials["required"], Value::Null);
    let names: Vec<_> =
        credentials["properties"].as_object().map(|all| all.keys().collect()).unwrap_or_default();
    assert_eq!(names, ["old", "roleArn", "secret"]);
    assert_eq!(credentials["properties"]["old"]["maxLength"], 5);
    let rule = &schema["properties"]["rules"];
    assert_eq!(rule["minItems"], 1);
    let item = &rule["items"]["properties"];
    assert_eq!(item["hop"]["type"], json!(["object", "null"]));
    assert_eq!(item["hop"]["required"], json!(["port"]));
    assert_eq!(item["word"], json!({ "type": "string", "minLength": 2, "maxLength": 3 }));
}

struct Paged;

impl ReadWith for Paged {
    type Known<'k> = bool;

    fn read_with(form: &mut Form<'_>, old: bool) -> Option<Self> {
        let limit = form.or("limit", rule::numeral(1, 100), 20);
        let deep = form.or("deep", rule::flag(), false);
        let name = if old { "workspaceId" } else { "projectId" };
        let project = form.required(name, rule::id::<uuid::Uuid>());
        limit?;
        deep?;
        project?;
        Some(Self)
    }

    fn each_known(mut with: impl FnMut(bool)) {
        with(false);
        with(true);
    }
}

#[test]
fn a_query_has_numbers_and_flags_and_every_wording_is_told() {
    let found: Object = explore::<Paged>(Source::Query);
    let told: Vec<_> =
        found.parameters().into_iter().map(|field| (field.name, field.required, field.schema)).collect();
    let uuid = json!({ "type": "string", "format": "uuid" });
    assert_eq!(
        told,
        [
            ("deep".to_owned(), false, json!({ "type": "boolean" })),
            ("limit".to_owned(), false, json!({ "type": "integer", "minimum": 1, "maximum": 100 })),
            ("projectId".to_owned(), false, uuid.clone()),
            ("workspaceId".to_owned(), false, uuid),
        ]
    );
}
