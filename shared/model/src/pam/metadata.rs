//! Labels that people put on resources and accounts.

use serde::{Deserialize, Serialize};

use crate::form::{Form, rule};

/// A label. It means nothing to us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// Its name, 1 to 255 characters.
    pub key: String,
    /// Its text, up to 1,020 characters.
    pub value: String,
}

/// So many labels at most on one thing: an item of the table is limited.
const MOST: usize = 50;

impl Metadata {
    /// Reads the field `metadata`; `None` inside when it is absent.
    #[expect(
        clippy::option_option,
        reason = "the outer None is an issue that was noted, the inner an absent field"
    )]
    pub(super) fn read(form: &mut Form<'_>) -> Option<Option<Vec<Self>>> {
        let read = form.optional_objects("metadata", 0, |form| {
            let key = form.required("key", rule::trimmed(1, 255));
            let value = form.or("value", rule::string(0, 1_020), String::new());
            Some(Self { key: key?, value: value? })
        })?;
        if read.as_ref().is_some_and(|labels| labels.len() > MOST) {
            return form.refuse("metadata", format!("At most {MOST} labels"));
        }
        Some(read)
    }
}
