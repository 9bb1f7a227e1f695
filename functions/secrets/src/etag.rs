//! Entity tags: what a client has already is not sent again.
//!
//! A tag is a digest over ids and versions of everything that an answer was made of, and over what the request asked to be
//! made of it. It says nothing about values, so nobody can try values against it.

use aws_lc_rs::digest::{Context, SHA256};
use axum::response::{IntoResponse, Response};
use http::header::{ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use web::Problem;

/// A strong entity tag, in its quotation marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ETag(String);

/// A tag in the making.
pub(crate) struct Stamp(Context);

impl Stamp {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    /// One more part. It goes in with its length, so that no two lists of parts are the same bytes.
    pub(crate) fn part(&mut self, part: impl AsRef<[u8]>) {
        let part = part.as_ref();
        self.0.update(&(part.len() as u64).to_be_bytes());
        self.0.update(part);
    }

    /// A thing and its version.
    pub(crate) fn thing(&mut self, id: impl AsRef<[u8]>, version: u64) {
        self.part(id);
        self.0.update(&version.to_be_bytes());
    }

    /// The tag over all parts.
    pub(crate) fn finish(self) -> ETag {
        ETag(format!("\"{}\"", hex::encode(self.0.finish())))
    }
}

impl ETag {
    /// Whether the client has the answer with this tag: its `If-None-Match` names it, weak or strong, or is `*`.
    /// <https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match>
    pub(crate) fn is_known_to(&self, headers: &HeaderMap) -> bool {
        let lists = headers.get_all(IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
        lists.flat_map(|list| list.split(',')).map(str::trim).any(|known| {
            // Go's clients keep what they were sent; proxies that compress make it weak.
            known == "*" || known.strip_prefix("W/").unwrap_or(known) == self.0
        })
    }

    /// 304 without a body.
    pub(crate) fn not_modified(&self) -> Result<Response, Problem> {
        self.on(StatusCode::NOT_MODIFIED.into_response())
    }

    /// This answer under this tag.
    pub(crate) fn on(&self, answer: impl IntoResponse) -> Result<Response, Problem> {
        let mut answer = answer.into_response();
        let value = HeaderValue::from_str(&self.0).map_err(|error| Problem::bug("write an ETag", error))?;
        answer.headers_mut().insert(ETAG, value);
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(parts: &[&str]) -> ETag {
        let mut stamp = Stamp::new();
        parts.iter().for_each(|part| stamp.part(part));
        stamp.finish()
    }

    #[test]
    fn parts_that_join_to_the_same_text_are_different_tags() {
        assert_eq!(tag(&["a", "b"]), tag(&["a", "b"]));
        assert_ne!(tag(&["a", "b"]), tag(&["ab"]));
        assert_ne!(tag(&["a", "b"]), tag(&["b", "a"]));
        assert_ne!(tag(&["a", ""]), tag(&["a"]));
        let versioned = |version| {
            let mut stamp = Stamp::new();
            stamp.thing("a", version);
            stamp.finish()
        };
        assert_ne!(versioned(1), versioned(2));
    }

    #[test]
    fn a_client_that_names_the_tag_has_the_answer() {
        let tag = tag(&["a"]);
        let known = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(IF_NONE_MATCH, value.parse().expect("a header"));
            }
            tag.is_known_to(&headers)
        };
        assert!(known(&[&tag.0]));
        assert!(known(&[&format!("W/{}", tag.0)]));
        assert!(known(&[&format!("\"x\", {}", tag.0)]));
        assert!(known(&["\"x\"", &tag.0]));
        assert!(known(&["*"]));
        assert!(!known(&[]));
        assert!(!known(&["\"x\""]));
        assert!(!known(&[tag.0.trim_matches('"')]));
    }
}
