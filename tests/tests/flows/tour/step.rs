//! One call of the tour.

use anyhow::{Result, ensure};
use http::Method;
use serde_json::Value;
use tests::api::{Answer, Api};

/// An id that nothing has.
const NOTHING: &str = "00000000-0000-4000-8000-000000000000";

/// A call that works, and what the same call must give to others.
#[derive(Debug)]
pub(crate) struct Step {
    pub(super) method: Method,
    pub(super) template: &'static str,
    pub(super) body: Option<Value>,
    pub(super) outsider: Outsider,
    pub(super) audited: Option<&'static str>,
    /// What even the right caller gets, when that is a refusal.
    pub(super) refused: Option<(u16, &'static str)>,
    /// What a gateway sends besides its own token.
    pub(super) upload_token: Option<String>,
    values: Vec<String>,
    query: String,
    /// The values that are names too, or words of a fixed list: there is no malformed one, or no absent one.
    by_name: bool,
    made: bool,
    fixed: Option<usize>,
}

/// What another project's caller gets.
#[derive(Debug)]
pub(crate) enum Outsider {
    /// 404: the same as where nothing is.
    Absent,
    /// 403 `PermissionDenied`.
    Denied,
    /// 400: what the body names is not there for this caller.
    Unknown,
    /// A list of what the caller itself belongs to, without this text.
    ListWithout(String),
    /// An answer that is the same for everybody, or about the caller itself.
    Anything,
}

impl Outsider {
    pub(super) fn check(&self, answer: &Answer) -> Result<()> {
        match self {
            Self::Absent => answer.refused(404, "NotFound").map(drop),
            Self::Denied => answer.refused(403, "PermissionDenied").map(drop),
            Self::Unknown => answer.refused(400, "BadRequest").map(drop),
            Self::ListWithout(text) => {
                ensure!(answer.status == 200, "answered {}: {}", answer.status, answer.body);
                ensure!(!answer.body.to_string().contains(text), "an outsider sees {text}: {}", answer.body);
                Ok(())
            }
            Self::Anything => {
                ensure!(answer.status == 200, "answered {}: {}", answer.status, answer.body);
                Ok(())
            }
        }
    }
}

fn step(method: Method, template: &'static str, values: &[&str]) -> Step {
    Step {
        method,
        template,
        body: None,
        outsider: Outsider::Absent,
        audited: None,
        refused: None,
        upload_token: None,
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        query: String::new(),
        by_name: false,
        made: false,
        fixed: None,
    }
}

/// A read.
pub(crate) fn get(template: &'static str, values: &[&str]) -> Step {
    step(Method::GET, template, values)
}

/// A `POST` with a body, and what the audit trail calls it.
pub(crate) fn post(template: &'static str, values: &[&str], body: Value) -> Step {
    Step { body: Some(body), ..step(Method::POST, template, values) }
}

/// A `PATCH` with a body.
pub(crate) fn patch(template: &'static str, values: &[&str], body: Value) -> Step {
    Step { body: Some(body), ..step(Method::PATCH, template, values) }
}

/// A `PUT` with a body.
pub(crate) fn put(template: &'static str, values: &[&str], body: Value) -> Step {
    Step { body: Some(body), ..step(Method::PUT, template, values) }
}

/// A `DELETE`.
pub(crate) fn delete(template: &'static str, values: &[&str]) -> Step {
    step(Method::DELETE, template, values)
}

impl Step {
    /// What the audit trail calls it.
    pub(crate) fn audited(self, action: &'static str) -> Self {
        Self { audited: Some(action), ..self }
    }

    /// What an outsider gets instead of a 404.
    pub(crate) fn outsider(self, outsider: Outsider) -> Self {
        Self { outsider, ..self }
    }

    /// What looks like an id may be a name as well.
    pub(crate) fn or_by_name(self) -> Self {
        Self { by_name: true, ..self }
    }

    /// The names in the path are those of what is made.
    pub(crate) fn makes_names(self) -> Self {
        Self { made: true, ..self }
    }

    /// The value at this place is a word of a list that the API has.
    pub(crate) fn fixed(self, at: usize) -> Self {
        Self { fixed: Some(at), ..self }
    }

    /// Even the right caller is refused.
    pub(crate) fn refused(self, status: u16, error: &'static str) -> Self {
        Self { refused: Some((status, error)), ..self }
    }

    /// With the upload token of a recording.
    pub(crate) fn upload_token(self, token: &str) -> Self {
        Self { upload_token: Some(token.to_owned()), ..self }
    }

    /// With a query string.
    pub(crate) fn query(self, query: &str) -> Self {
        Self { query: format!("?{query}"), ..self }
    }

    /// With a body, for a method that usually has none.
    pub(crate) fn body(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    /// The caller, with what this call needs besides its token.
    pub(super) fn by(&self, caller: &Api) -> Api {
        self.upload_token.as_deref().map_or_else(|| caller.clone(), |token| caller.with_upload_token(token))
    }

    pub(super) fn question(&self) -> String {
        format!("{} {}", self.method, self.template)
    }

    pub(super) fn path(&self) -> String {
        self.filled(&self.values)
    }

    /// The path with one value after the other replaced by what nothing has.
    pub(super) fn paths_to_nothing(&self) -> Vec<String> {
        let nothing = |name: &str| if name.ends_with("Id") { NOTHING } else { "of-nothing" };
        let open = (0..self.values.len()).filter(|at| !self.made && self.fixed != Some(*at));
        open.map(|at| self.with(at, nothing(self.parameter(at)))).collect()
    }

    /// The path with one id after the other replaced by what is no UUID.
    pub(super) fn paths_with_malformed_ids(&self) -> Vec<String> {
        let ids = (0..self.values.len()).filter(|at| !self.by_name && self.parameter(*at).ends_with("Id"));
        ids.map(|at| self.with(at, "not-a-uuid")).collect()
    }

    fn parameter(&self, at: usize) -> &str {
        let name = self.template.split('{').nth(at + 1).and_then(|rest| rest.split('}').next());
        name.unwrap_or_default()
    }

    fn with(&self, at: usize, value: &str) -> String {
        let mut values = self.values.clone();
        values[at] = value.to_owned();
        self.filled(&values)
    }

    fn filled(&self, values: &[String]) -> String {
        let mut values = values.iter();
        let segments = self.template.split('/').map(|segment| match segment.starts_with('{') {
            true => values.next().map_or(segment, String::as_str),
            false => segment,
        });
        segments.collect::<Vec<_>>().join("/") + &self.query
    }
}
