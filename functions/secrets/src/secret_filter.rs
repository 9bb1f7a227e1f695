//! Which of a folder's secrets a list is about: those with one of some tags, and those with some metadata.

use model::form::{Fault, Form, Rule, rule};

/// The most pairs of `metadataFilter`.
const MAX_PAIRS: usize = 10;

const FORM: &str = "Correct format is key=name1,value=value1|key=name2,value=value2";

/// The filters of a list, both of which a secret has to pass. Imported secrets pass all: they are not the folder's own.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// At least one of these tags; empty means any.
    pub(crate) tag_slugs: Vec<String>,
    /// All of these pairs of key and value.
    pub(crate) metadata: Vec<(String, String)>,
}

impl Filter {
    pub(crate) fn form(form: &mut Form<'_>) -> Option<Self> {
        let tag_slugs = form.or("tagSlugs", tag_slugs(), Vec::new());
        let metadata = form.or("metadataFilter", metadata(), Vec::new());
        Some(Self { tag_slugs: tag_slugs?, metadata: metadata? })
    }

    /// Whether a secret with these tags and this metadata is wanted.
    pub(crate) fn wants<'a>(
        &self,
        mut tags: impl Iterator<Item = &'a str>,
        metadata: impl Iterator<Item = (&'a str, &'a str)> + Clone,
    ) -> bool {
        let tagged =
            self.tag_slugs.is_empty() || tags.any(|slug| self.tag_slugs.iter().any(|one| one == slug));
        tagged
            && self.metadata.iter().all(|(key, value)| {
                metadata.clone().any(|(other_key, other_value)| other_key == key && other_value == value)
            })
    }
}

fn tag_slugs() -> impl Rule<Output = Vec<String>> {
    rule::text(|text| {
        Ok(text.split(',').map(str::trim).filter(|slug| !slug.is_empty()).map(str::to_owned).collect())
    })
}

/// A filter that cannot be read is refused: leaving a pair out would answer more than was asked for.
fn metadata() -> impl Rule<Output = Vec<(String, String)>> {
    rule::text(|text| {
        let pairs: Option<Vec<_>> = text.split('|').map(pair).collect();
        match pairs {
            Some(pairs) if pairs.len() <= MAX_PAIRS => Ok(pairs),
            Some(_) => {
                Err(vec![Fault::custom(format!("You can only filter by up to {MAX_PAIRS} metadata fields"))])
            }
            None => Err(vec![Fault::custom(format!("Invalid metadata filter. {FORM}"))]),
        }
    })
}

/// `key=a,value=b`, in either order.
fn pair(text: &str) -> Option<(String, String)> {
    let (mut key, mut value) = (None, None);
    for part in text.split(',') {
        let (name, content) = part.split_once('=')?;
        let content = Some(content.trim()).filter(|content| !content.is_empty());
        match name.trim().to_ascii_lowercase().as_str() {
            "key" => key = content,
            "value" => value = content,
            _ => return None,
        }
    }
    Some((key?.to_owned(), value?.to_owned()))
}

#[cfg(test)]
mod tests {
    use model::form;
    use serde_json::json;

    use super::*;

    fn read(tag_slugs: &str, metadata: &str) -> Result<Filter, form::Issues> {
        form::read(&json!({ "tagSlugs": tag_slugs, "metadataFilter": metadata }), Filter::form)
    }

    #[test]
    fn both_filters_are_lists() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        for (text, pairs) in [
            ("key=a,value=b", vec![pair("a", "b")]),
            ("value=b , key=a", vec![pair("a", "b")]),
            ("key=a,value=b|key=c,value=d=e", vec![pair("a", "b"), pair("c", "d=e")]),
            ("KEY=a,Value=b", vec![pair("a", "b")]),
        ] {
            assert_eq!(read("x, y ,,", text).expect(text).metadata, pairs, "{text}");
        }
        assert_eq!(read("x, y ,,", "key=a,value=b").expect("read").tag_slugs, ["x", "y"]);
        let none = form::read(&json!({}), Filter::form).expect("read");
        assert_eq!(none, Filter::default());
    }

    #[test]
    fn a_filter_that_cannot_be_read_is_refused() {
        for text in
            ["key=a", "value=b", "a=b", "key=,value=b", "key=a,value=b|", "nonsense", "key=a,value=b,c=d"]
        {
            assert!(read("x", text).is_err(), "{text}");
        }
        let pairs = |count| vec!["key=a,value=b"; count].join("|");
        assert!(read("x", &pairs(10)).is_ok());
        assert!(read("x", &pairs(11)).is_err());
    }

    #[test]
    fn a_secret_passes_with_one_tag_of_the_list_and_all_of_the_metadata() {
        let filter = read("x,y", "key=a,value=1|key=b,value=2").expect("read");
        let both = [("a", "1"), ("b", "2")];
        let wants = |tags: &[&'static str], metadata: &[(&'static str, &'static str)]| {
            filter.wants(tags.iter().copied(), metadata.iter().copied())
        };
        assert!(wants(&["y", "z"], &both));
        assert!(!wants(&["z"], &both));
        assert!(!wants(&[], &both));
        assert!(!wants(&["x"], &both[..1]));
        assert!(!wants(&["x"], &[("a", "2"), ("b", "1")]));
        assert!(Filter::default().wants([].into_iter(), [].into_iter()));
    }
}
