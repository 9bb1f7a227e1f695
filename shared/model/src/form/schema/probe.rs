//! What a rule takes, by what it says about values that it refuses.

use serde_json::{Map, Value, json};

use super::super::{Fault, Rule};
use super::{Leaf, Source};

/// Longer than any text that a rule takes, and shorter than a request.
const LONG: usize = 300_000;

/// More items than any list may have.
const MANY: usize = 20_000;

/// Texts of the grammars that this API knows. A rule with a grammar of its own takes some of them, which become its
/// examples; one that takes none has none.
const TEXTS: &[&str] = &[
    "a",
    "A",
    "a-1",
    "A b",
    "7",
    "true",
    "ä",
    "1.5",
    "/",
    "/a",
    "/a/b",
    "1h",
    "1m",
    "30d",
    "90d",
    "3600",
    "dev",
    "admin",
    "member",
    "viewer",
    "eu-central-1",
    "us-east-1",
    "123456789012",
    "1ed3cd5d-7ba1-4e0c-a10c-5d4c9d0f7c9e",
    "2030-01-01T00:00:00.000Z",
    "2030-01-01",
    "00:00",
    "10.0.0.0/8",
    "10.0.0.1",
    "0.0.0.0/0",
    "someone@example.com",
    "example.com",
    "https://example.com",
    "https://example.com/.well-known/openid-configuration",
    "https://sts.eu-central-1.amazonaws.com",
    "https://sts.amazonaws.com",
    "AKIAIOSFODNN7EXAMPLE",
    "arn:aws:iam::123456789012:role/example",
    "arn:aws:iam::123456789012:user/example",
    "arn:aws:kms:eu-central-1:123456789012:key/1ed3cd5d-7ba1-4e0c-a10c-5d4c9d0f7c9e",
    "alias/aws/ssm",
    "alias/aws/secretsmanager",
    "arn:aws:acm:eu-central-1:123456789012:certificate/1ed3cd5d-7ba1-4e0c-a10c-5d4c9d0f7c9e",
    "arn:aws:acm-pca:eu-central-1:123456789012:certificate-authority/1ed3cd5d-7ba1-4e0c-a10c-5d4c9d0f7c9e",
    "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/example/50dc6c495c0c9188",
    "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/example/50dc6c495c0c9188/f2f7dc8efc522ab2",
    "Z0123456789ABCDEFGHIJ",
    "{{secretKey}}",
    "{{environment}}-{{secretKey}}",
    "drawbridge-{{certificateId}}",
    "/{{environment}}/{{secretKey}}",
    "#12ab34",
    "secrets,pam",
    "YWJj",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
];

/// A text that no list of words and no grammar has.
pub(in super::super) const ODD: &str = "\u{1}?";

type Reads<'r> = &'r dyn Fn(&Value) -> Result<(), Vec<Fault>>;

/// What a rule takes.
pub(in super::super) fn probe<R: Rule>(rule: &R, source: Source) -> Leaf {
    leaf(rule.expects(), &|value| rule.read(value).map(drop), source)
}

fn leaf(expects: &str, reads: Reads<'_>, source: Source) -> Leaf {
    let mut leaf = match expects {
        "string" => text(reads, source),
        "number" => number(reads),
        "boolean" => Leaf {
            keywords: keywords([("type", json!("boolean"))]),
            samples: taken(reads, [json!(true), json!(false)]),
        },
        "array" => array(reads, source),
        kind => Leaf { keywords: keywords([("type", json!(kind))]), samples: taken(reads, [json!({})]) },
    };
    leaf.widen(reads);
    leaf
}

impl Leaf {
    /// Some rules take other types beside the one that they ask for.
    fn widen(&mut self, reads: Reads<'_>) {
        let others = [
            ("null", Value::Null),
            ("boolean", json!(true)),
            ("number", json!(7)),
            ("string", json!("a")),
            ("array", json!([])),
            ("object", json!({})),
        ];
        let Some(Value::String(kind)) = self.keywords.get("type").cloned() else { return };
        let mut kinds = vec![kind.clone()];
        for (other, value) in others {
            let same = other == kind || (other == "number" && kind == "integer");
            if !same && reads(&value).is_ok() {
                kinds.push(other.to_owned());
                self.samples.push(value);
            }
        }
        if kinds.len() > 1 {
            if let Some(Value::Array(words)) = self.keywords.get_mut("enum")
                && kinds.iter().any(|kind| kind == "null")
            {
                words.push(Value::Null);
            }
            self.keywords.insert("type".to_owned(), json!(kinds));
        }
    }
}

fn keywords<const N: usize>(pairs: [(&str, Value); N]) -> Map<String, Value> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn taken(reads: Reads<'_>, values: impl IntoIterator<Item = Value>) -> Vec<Value> {
    values.into_iter().filter(|value| reads(value).is_ok()).collect()
}

/// What a rule says about a value: a fact of the first fault of this code and, where it names one, of this kind.
fn said(reads: Reads<'_>, value: &Value, code: &str, kind: Option<&str>, fact: &str) -> Option<Value> {
    let faults = reads(value).err()?;
    let fits = |fault: &&Fault| {
        fault.code() == code && kind.is_none_or(|kind| fault.fact("type") == Some(&json!(kind)))
    };
    faults.iter().find(fits).and_then(|fault| fault.fact(fact)).cloned()
}

fn text(reads: Reads<'_>, source: Source) -> Leaf {
    let odd = json!(ODD);
    if let Some(Value::Array(words)) = said(reads, &odd, "invalid_enum_value", None, "options") {
        let samples = taken(reads, words);
        if source == Source::Query && samples == [json!("true"), json!("false")] {
            return Leaf { keywords: keywords([("type", json!("boolean"))]), samples };
        }
        let keywords = keywords([("type", json!("string")), ("enum", json!(samples))]);
        return Leaf { keywords, samples };
    }
    let samples = taken(reads, TEXTS.iter().map(|text| json!(text)));
    if source == Source::Query && samples.contains(&json!("7")) && !samples.contains(&json!("a")) {
        return numeral(reads);
    }
    let mut keywords = keywords([("type", json!("string"))]);
    if let Some(Value::String(format)) = said(reads, &odd, "invalid_string", None, "validation") {
        // What this API calls a `regex` is a text of a grammar; in a schema it would be a regular expression itself.
        if format != "regex" {
            let format = if format == "url" { "uri".to_owned() } else { format };
            keywords.insert("format".to_owned(), json!(format));
        }
    }
    let minimum = said(reads, &json!(""), "too_small", Some("string"), "minimum");
    let maximum = said(reads, &json!("a".repeat(LONG)), "too_big", Some("string"), "maximum");
    // Whoever takes this takes any text.
    let any = json!(anything(minimum.as_ref()));
    if let Some(minimum) = minimum {
        keywords.insert("minLength".to_owned(), minimum);
    }
    if let Some(maximum) = maximum {
        keywords.insert("maxLength".to_owned(), maximum);
    }
    if reads(&any).is_ok() {
        return Leaf { keywords, samples: vec![any] };
    }
    let samples: Vec<Value> = samples.into_iter().take(6).collect();
    if !samples.is_empty() && keywords.get("format") != Some(&json!("uuid")) {
        keywords.insert("examples".to_owned(), json!(samples.iter().take(3).collect::<Vec<_>>()));
    }
    Leaf { keywords, samples }
}

/// A text of no grammar, as short as may be.
fn anything(minimum: Option<&Value>) -> String {
    let minimum = minimum.and_then(Value::as_u64).and_then(|least| usize::try_from(least).ok()).unwrap_or(0);
    let mut text: String = "\u{e4} A?".chars().cycle().take(minimum.max(3)).collect();
    // White space at the end may not count.
    if text.ends_with(' ') {
        text.pop();
        text.push('a');
    }
    text
}

/// A text that must be a whole number.
fn numeral(reads: Reads<'_>) -> Leaf {
    let mut keywords = keywords([("type", json!("integer"))]);
    let minimum =
        said(reads, &json!("0"), "too_small", Some("number"), "minimum").unwrap_or_else(|| json!(0));
    keywords.insert("minimum".to_owned(), minimum);
    if let Some(maximum) = said(reads, &json!("9007199254740991"), "too_big", Some("number"), "maximum") {
        keywords.insert("maximum".to_owned(), maximum);
    }
    Leaf { keywords, samples: taken(reads, [json!("7")]) }
}

fn number(reads: Reads<'_>) -> Leaf {
    let whole = reads(&json!(1.5)).is_err();
    let mut keywords = keywords([("type", json!(if whole { "integer" } else { "number" }))]);
    let minimum = said(reads, &json!(-1_000_000_000), "too_small", Some("number"), "minimum");
    let maximum = said(reads, &json!(9_007_199_254_740_991_u64), "too_big", Some("number"), "maximum");
    let mut samples = Vec::new();
    for (name, bound) in [("minimum", minimum), ("maximum", maximum)] {
        if let Some(bound) = bound {
            samples.push(bound.clone());
            keywords.insert(name.to_owned(), bound);
        }
    }
    samples.extend([json!(1), json!(2), json!(7), json!(443)]);
    Leaf { keywords, samples: taken(reads, samples) }
}

fn array(reads: Reads<'_>, source: Source) -> Leaf {
    let mut keywords = keywords([("type", json!("array"))]);
    let minimum = said(reads, &json!([]), "too_small", Some("array"), "minimum");
    let maximum = said(reads, &json!(vec![Value::Null; MANY]), "too_big", Some("array"), "maximum");
    for (name, bound) in [("minItems", &minimum), ("maxItems", &maximum)] {
        if let Some(bound) = bound {
            keywords.insert(name.to_owned(), bound.clone());
        }
    }
    let length = minimum.as_ref().and_then(Value::as_u64).and_then(|least| usize::try_from(least).ok());
    let filled = |item: &Value| json!(vec![item.clone(); length.unwrap_or(1).max(1)]);
    let item = |item: &Value| reads(&filled(item));
    // What an item must be is said about one that can be nothing.
    let expected = said(&item, &Value::Null, "invalid_type", None, "expected");
    let mut samples = Vec::new();
    if let Some(Value::String(expected)) = expected {
        let leaf = leaf(&expected, &item, source);
        samples.extend(leaf.samples.iter().map(filled));
        keywords.insert("items".to_owned(), Value::Object(leaf.keywords));
    }
    samples.extend(taken(reads, [json!([])]));
    Leaf { keywords, samples }
}
