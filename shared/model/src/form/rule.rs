//! The rules that fields share: text, slugs, numbers, words of a list, identifiers.

use std::fmt::Display;
use std::str::FromStr;

use serde_json::Value;

use super::Fault;

/// How one field is read: from a JSON value to what it means, or to the rules it breaks.
pub trait Rule {
    /// What the field means.
    type Output;

    /// The JSON type, for the message about an absent field.
    fn expects(&self) -> &'static str;

    /// Reads the value.
    ///
    /// # Errors
    /// Every rule that the value breaks; at least one.
    fn read(&self, value: &Value) -> Result<Self::Output, Vec<Fault>>;
}

/// A rule made of a function over the field's text.
#[derive(Debug, Clone, Copy)]
pub struct Text<F>(F);

impl<T, F: Fn(&str) -> Result<T, Vec<Fault>>> Rule for Text<F> {
    type Output = T;

    fn expects(&self) -> &'static str {
        "string"
    }

    fn read(&self, value: &Value) -> Result<T, Vec<Fault>> {
        match value {
            Value::String(text) => (self.0)(text),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                Err(vec![Fault::wrong_type("string", value)])
            }
        }
    }
}

/// Text, read by a function of the caller's: for rules that only one noun has.
pub fn text<T, F: Fn(&str) -> Result<T, Vec<Fault>>>(read: F) -> Text<F> {
    Text(read)
}

fn length(text: &str, minimum: usize, maximum: usize) -> Vec<Fault> {
    let characters = text.chars().count();
    if characters < minimum {
        vec![Fault::too_small(
            "string",
            minimum,
            format!("String must contain at least {minimum} character(s)"),
        )]
    } else if characters > maximum {
        vec![Fault::too_big("string", maximum, format!("String must contain at most {maximum} character(s)"))]
    } else {
        Vec::new()
    }
}

/// Text of `minimum` to `maximum` characters, as it stands.
pub fn string(minimum: usize, maximum: usize) -> impl Rule<Output = String> {
    text(move |text| match length(text, minimum, maximum) {
        faults if faults.is_empty() => Ok(text.to_owned()),
        faults => Err(faults),
    })
}

/// Text of `minimum` to `maximum` characters after white space around it is removed.
pub fn trimmed(minimum: usize, maximum: usize) -> impl Rule<Output = String> {
    text(move |text| match length(text.trim(), minimum, maximum) {
        faults if faults.is_empty() => Ok(text.trim().to_owned()),
        faults => Err(faults),
    })
}

/// Text of 1 to `maximum` characters after trimming that is never shown again: no message repeats it.
pub fn secret(maximum: usize) -> impl Rule<Output = secrecy::SecretString> {
    text(move |text| match length(text.trim(), 1, maximum) {
        faults if faults.is_empty() => Ok(text.trim().to_owned().into()),
        faults => Err(faults),
    })
}

/// A slug: trimmed, lower-case letters, digits and single hyphens between them.
pub fn slug(minimum: usize, maximum: usize) -> impl Rule<Output = String> {
    text(move |text| {
        let text = text.trim();
        let mut faults = length(text, minimum, maximum);
        if slugify(text) != text {
            faults.push(Fault::custom(
                "Must be a valid slug: lower-case letters, digits, and single hyphens between them",
            ));
        }
        if faults.is_empty() { Ok(text.to_owned()) } else { Err(faults) }
    })
}

/// `text` as a slug: lower case, everything else than letters and digits one hyphen, none at the ends.
#[must_use]
pub fn slugify(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// Trimmed text that is read by its type's own grammar, and whose refusal is the type's own message.
pub fn parsed<T: FromStr<Err: Display>>() -> impl Rule<Output = T> {
    text(|text| text.trim().parse().map_err(|error: T::Err| vec![Fault::custom(error.to_string())]))
}

/// An identifier: a hyphenated UUID.
pub fn id<T: FromStr>() -> impl Rule<Output = T> {
    text(|text| text.trim().parse().map_err(|_| vec![Fault::invalid("uuid", "Invalid uuid")]))
}

/// One of a list of words, each with its meaning.
pub fn one_of<T: Copy + 'static>(options: &'static [(&'static str, T)]) -> impl Rule<Output = T> {
    text(move |text| {
        options.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning).ok_or_else(|| {
            vec![Fault::not_an_option(&options.iter().map(|(word, _)| *word).collect::<Vec<_>>())]
        })
    })
}

/// A rule made of a function over the JSON value.
#[derive(Debug)]
pub struct Json<F>(&'static str, F);

impl<T, F: Fn(&Value) -> Result<T, Vec<Fault>>> Rule for Json<F> {
    type Output = T;

    fn expects(&self) -> &'static str {
        self.0
    }

    fn read(&self, value: &Value) -> Result<T, Vec<Fault>> {
        (self.1)(value)
    }
}

/// Any JSON value, read by a function of the caller's; `expected` is the type named when it is absent.
pub fn json<T, F: Fn(&Value) -> Result<T, Vec<Fault>>>(expected: &'static str, read: F) -> Json<F> {
    Json(expected, read)
}

/// A whole number from `minimum` to `maximum`.
pub fn integer(minimum: u64, maximum: u64) -> impl Rule<Output = u64> {
    json("number", move |value| {
        let Value::Number(number) = value else {
            return Err(vec![Fault::wrong_type("number", value)]);
        };
        // Clients of loosely typed languages send 30.0 for 30.
        let whole = number.as_u64().or_else(|| match number.as_f64() {
            Some(float) if float.fract() == 0.0 && (0.0..9e15).contains(&float) => {
                format!("{float:.0}").parse().ok()
            }
            Some(_) | None => None,
        });
        match whole {
            Some(whole) if (minimum..=maximum).contains(&whole) => Ok(whole),
            Some(whole) if whole > maximum => Err(vec![Fault::too_big(
                "number",
                maximum,
                format!("Number must be less than or equal to {maximum}"),
            )]),
            None if number.as_f64().is_some_and(|float| float.fract() != 0.0) => {
                Err(vec![Fault::custom("Expected a whole number")])
            }
            Some(_) | None => Err(vec![Fault::too_small(
                "number",
                minimum,
                format!("Number must be greater than or equal to {minimum}"),
            )]),
        }
    })
}

/// `true` or `false`.
pub fn boolean() -> impl Rule<Output = bool> {
    json("boolean", |value| value.as_bool().ok_or_else(|| vec![Fault::wrong_type("boolean", value)]))
}

/// A list whose items all keep one rule; at least `minimum` of them.
pub fn list<R: Rule>(minimum: usize, maximum: usize, rule: R) -> impl Rule<Output = Vec<R::Output>> {
    json("array", move |value| {
        let items = value.as_array().ok_or_else(|| vec![Fault::wrong_type("array", value)])?;
        if items.len() < minimum {
            let message = format!("Array must contain at least {minimum} element(s)");
            return Err(vec![Fault::too_small("array", minimum, message)]);
        }
        if items.len() > maximum {
            let message = format!("Array must contain at most {maximum} element(s)");
            return Err(vec![Fault::too_big("array", maximum, message)]);
        }
        let (mut read, mut faults) = (Vec::with_capacity(items.len()), Vec::new());
        for item in items {
            match rule.read(item) {
                Ok(item) => read.push(item),
                Err(mut broken) => faults.append(&mut broken),
            }
        }
        if faults.is_empty() { Ok(read) } else { Err(faults) }
    })
}

/// `true` or `false` in a query string, in any case: Python's clients send `True`.
pub fn flag() -> impl Rule<Output = bool> {
    text(|text| match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(vec![Fault::not_an_option(&["true", "false"])]),
    })
}

/// A whole number from `minimum` to `maximum` in a query string.
pub fn numeral(minimum: u64, maximum: u64) -> impl Rule<Output = u64> {
    text(move |text| match text.parse::<u64>() {
        Ok(number) => integer(minimum, maximum).read(&Value::from(number)),
        Err(_) => Err(vec![Fault::custom(format!("Expected a whole number from {minimum} to {maximum}"))]),
    })
}
