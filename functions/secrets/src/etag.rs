//! Entity tags: what a client has already is not sent again.

use axum::response::{IntoResponse, Response};
use http::header::{ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use web::Problem;

/// A strong entity tag, in its quotation marks: over ids and versions of everything that an answer was made of, never over
/// values, so that nobody can try values against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ETag(pub(crate) String);

impl ETag {
    /// The answer under this tag: 304 without a body for a client that has it already, else what `make` makes.
    pub(crate) fn answer<T: IntoResponse>(
        self,
        headers: &HeaderMap,
        make: impl FnOnce() -> T,
    ) -> Result<Response, Problem> {
        let mut answer = match self.is_known_to(headers) {
            true => StatusCode::NOT_MODIFIED.into_response(),
            false => make().into_response(),
        };
        let value = HeaderValue::from_str(&self.0).map_err(|error| Problem::bug("write an ETag", error))?;
        answer.headers_mut().insert(ETAG, value);
        Ok(answer)
    }

    /// Whether the client's `If-None-Match` names this tag, weak or strong, or is `*`.
    /// <https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match>
    fn is_known_to(&self, headers: &HeaderMap) -> bool {
        let lists = headers.get_all(IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
        lists.flat_map(|list| list.split(',')).map(str::trim).any(|known| {
            // A proxy that compresses makes a tag weak.
            known == "*" || known.strip_prefix("W/").unwrap_or(known) == self.0
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_names_the_tag_has_the_answer() {
        let tag = ETag("\"abc\"".to_owned());
        let known = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(IF_NONE_MATCH, value.parse().expect("a header"));
            }
            tag.is_known_to(&headers)
        };
        assert!(known(&["\"abc\""]));
        assert!(known(&["W/\"abc\""]));
        assert!(known(&["\"x\", \"abc\""]));
        assert!(known(&["\"x\"", "\"abc\""]));
        assert!(known(&["*"]));
        assert!(!known(&[]));
        assert!(!known(&["\"x\""]));
        assert!(!known(&["abc"]));
    }

    #[test]
    fn an_answer_is_not_even_made_for_a_client_that_has_it() {
        let mut headers = HeaderMap::new();
        headers.insert(IF_NONE_MATCH, HeaderValue::from_static("\"abc\""));
        let tag = || ETag("\"abc\"".to_owned());
        let known = tag().answer(&headers, || -> &'static str { unreachable!("the client has it") });
        let known = known.expect("a valid tag");
        assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(known.headers()[ETAG], "\"abc\"");
        let whole = tag().answer(&HeaderMap::new(), || "body").expect("a valid tag");
        assert_eq!(whole.status(), StatusCode::OK);
        assert_eq!(whole.headers()[ETAG], "\"abc\"");
    }
}
