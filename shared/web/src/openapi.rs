//! The document of the API (OpenAPI 3.1), made of the route tables of all functions. Debug builds only: release binaries
//! carry none of it.
//!
//! Nothing here is about one route: paths, methods and who may call come from the route table, bodies and queries from
//! their readers, identifiers in paths from what the router takes. Statuses follow from those: whoever must know its caller
//! refuses strangers, whoever takes something refuses what it cannot take. 500 is never declared.

mod path;

use http::Method;
use model::form::schema::{Object, Parameter};
use serde_json::{Map, Value, json};

use crate::Access;
use crate::routes::Route;
use crate::signature::Signature;

/// What an answer is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// JSON: an object.
    Object,
    /// JSON: a list of objects, by itself.
    List,
    /// Text as it is.
    Text,
    /// There is none: everybody is refused.
    Never,
    /// What the handler makes of it.
    Any,
}

/// One route, as its types describe it.
#[derive(Debug)]
pub struct Operation {
    route: Route,
    /// `<crate>::<module>::<function>`.
    handler: &'static str,
    path: Vec<Parameter>,
    query: Vec<Parameter>,
    headers: Vec<Parameter>,
    body: Option<Value>,
    is_conditional: bool,
    content: Content,
}

impl Operation {
    /// The route that a handler answers.
    pub(crate) fn of<H: Signature<T>, T>(route: &Route) -> Self {
        let mut operation = Self {
            route: route.clone(),
            handler: std::any::type_name::<H>(),
            path: Vec::new(),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            is_conditional: false,
            content: Content::Any,
        };
        H::describe(&mut operation);
        operation
    }

    pub(crate) fn takes_path<T: serde::de::DeserializeOwned + Send + 'static>(&mut self) {
        self.path = path::parameters::<T>(self.route.path);
    }

    pub(crate) fn takes_body(&mut self, body: &Object) {
        self.body = Some(body.schema());
    }

    pub(crate) fn takes_query(&mut self, query: &Object) {
        self.query.extend(query.parameters());
    }

    /// A header without which the operation is refused.
    pub fn takes_header(&mut self, name: &str, schema: Value) {
        self.headers.push(Parameter { name: name.to_owned(), required: true, schema });
    }

    pub(crate) fn knows_what_is_kept(&mut self) {
        let schema = json!({ "type": "string", "examples": ["\"a\""], "pattern": "^\"[0-9a-z]+\"$" });
        self.headers.push(Parameter { name: "If-None-Match".to_owned(), required: false, schema });
        self.is_conditional = true;
    }

    pub(crate) fn answers(&mut self, content: Content) {
        self.content = content;
    }

    /// `get-api-v1-identities-identityId`: the method and the path, which no other route has.
    fn id(&self) -> String {
        let words = self.route.path.split(['/', '{', '}']).filter(|word| !word.is_empty());
        let words = words.collect::<Vec<_>>().join("-");
        format!("{}-{words}", self.route.method.as_str().to_lowercase())
    }

    /// `create: attach AwsAuth`: the handler's module and name in words.
    fn summary(&self) -> String {
        let (name, of) = self.handler.split_once('<').unwrap_or((self.handler, ""));
        let mut modules = name.split("::").skip(1).map(|word| word.replace('_', " ")).collect::<Vec<_>>();
        modules.dedup();
        let noun = of.trim_end_matches('>').rsplit("::").next().unwrap_or_default();
        [modules.join(": "), noun.to_owned()].join(" ").trim().to_owned()
    }

    /// The statuses beside 200, each by the name of its shared answer.
    fn refusals(&self) -> Vec<(&'static str, &'static str)> {
        let takes = self.body.is_some() || !self.query.is_empty() || !self.path.is_empty();
        let mut refusals = Vec::new();
        if takes {
            refusals.push(("400", "BadRequest"));
        }
        if self.route.access != Access::Open || self.body.is_some() {
            refusals.extend([("401", "Unauthorized"), ("403", "Forbidden")]);
        }
        if takes {
            refusals.extend([("404", "NotFound"), ("422", "Invalid")]);
        }
        refusals.extend([("429", "TooMany"), ("503", "Unavailable")]);
        refusals
    }

    fn document(&self, function: &str) -> Value {
        let mut document = Map::new();
        let mut say = |name: &str, value: Value| document.insert(name.to_owned(), value);
        say("operationId", json!(self.id()));
        say("summary", json!(self.summary()));
        say("tags", json!([function]));
        if self.route.access == Access::Open {
            say("security", json!([]));
        }
        let parameters = [("path", &self.path), ("query", &self.query), ("header", &self.headers)];
        let parameters: Vec<Value> = parameters
            .iter()
            .flat_map(|(place, all)| {
                all.iter().map(move |one| {
                    json!({ "name": one.name, "in": place, "required": one.required, "schema": one.schema })
                })
            })
            .collect();
        if !parameters.is_empty() {
            say("parameters", json!(parameters));
        }
        if let Some(body) = &self.body {
            let required = body.get("required").is_some();
            say(
                "requestBody",
                json!({ "required": required, "content": { "application/json": { "schema": body } } }),
            );
        }
        let mut responses = Map::new();
        let written = |kind: &str, schema: Value| {
            Some(json!({ "description": "As asked.", "content": { kind: { "schema": schema } } }))
        };
        let object = json!({ "type": "object" });
        let content = match self.content {
            Content::Never => None,
            Content::Object => written("application/json", object),
            Content::List => written("application/json", json!({ "type": "array", "items": object })),
            Content::Text => written("text/plain", json!({ "type": "string" })),
            Content::Any => Some(json!({ "description": "As asked." })),
        };
        responses.extend(content.map(|content| ("200".to_owned(), content)));
        if self.is_conditional {
            responses.insert("304".to_owned(), json!({ "description": "As it was." }));
        }
        for (status, name) in self.refusals() {
            responses.insert(status.to_owned(), json!({ "$ref": format!("#/components/responses/{name}") }));
        }
        say("responses", Value::Object(responses));
        Value::Object(document)
    }
}

/// The document of the routes of these functions, each with its name.
#[must_use]
pub fn document<'f>(functions: impl IntoIterator<Item = (&'f str, Vec<Operation>)>) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    let mut tags = Vec::new();
    for (function, operations) in functions {
        tags.push(json!({ "name": function }));
        for operation in operations {
            let path = paths.entry(operation.route.path).or_insert_with(|| json!({}));
            path[method(&operation.route.method)] = operation.document(function);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Drawbridge",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Made of the code: the route tables, the types of their handlers, and their readers.",
        },
        "tags": tags,
        "security": [{ "bearer": [] }],
        "paths": paths,
        "components": components(),
    })
}

fn method(method: &Method) -> String {
    method.as_str().to_lowercase()
}

fn components() -> Value {
    let refusal = |words: &str| {
        json!({
            "description": words,
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Problem" } } }
        })
    };
    json!({
        "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } },
        "responses": {
            "BadRequest": refusal("The request cannot be done as it stands, or AWS refused it."),
            "Unauthorized": refusal("No token, or one that does not count any more."),
            "Forbidden": refusal("A token that has expired, or a caller who may not."),
            "NotFound": refusal("Not there, or another project's."),
            "Invalid": refusal("Every rule that the request breaks."),
            "TooMany": refusal("Too much at once; the same request is welcome later."),
            "Unavailable": refusal("Something that is needed is away for the moment."),
        },
        "schemas": {
            "Problem": {
                "type": "object",
                "required": ["message"],
                "properties": {
                    "reqId": { "type": "string" },
                    "statusCode": { "type": "integer" },
                    "error": { "type": "string" },
                    "message": {
                        "anyOf": [
                            { "type": "string" },
                            { "type": "array", "items": { "$ref": "#/components/schemas/Issue" } }
                        ]
                    },
                    "details": {}
                }
            },
            "Issue": {
                "type": "object",
                "required": ["code", "path", "message"],
                "properties": {
                    "code": { "type": "string" },
                    "path": { "type": "array", "items": { "type": ["string", "integer"] } },
                    "message": { "type": "string" }
                }
            }
        }
    })
}
