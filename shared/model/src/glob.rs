//! Patterns with wildcards, in the dialects of the contract. Everything but the wildcards is literal.

use serde::{Deserialize, Serialize};
use wildmatch::WildMatchPattern;

/// Whether `text` matches an ARN pattern as a whole: `*` stands for any characters, `/` and `:` included.
///
/// `?` is literal: the peer translates `*` alone. So is `.`, which the peer takes for any character.
#[must_use]
pub fn matches_arn(pattern: &str, text: &str) -> bool {
    // NUL cannot occur in an ARN pattern (they are validated), so that it can stand for "no such wildcard".
    WildMatchPattern::<'*', '\0'>::new(pattern).matches(text)
}

/// Whether `text` matches the pattern of a certificate policy as a whole: `*` stands for any characters, dots included.
#[must_use]
pub fn matches_value(pattern: &str, text: &str) -> bool {
    // Control characters are refused in patterns, so that NUL can stand for "no such wildcard".
    WildMatchPattern::<'*', '\0'>::new(pattern).matches(text)
}

/// A comma-separated list of patterns for a claim of an OIDC token, as it was written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClaimPatterns(String);

impl ClaimPatterns {
    /// The list as it was written.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The list as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is no pattern at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patterns().next().is_none()
    }

    /// Whether one of the patterns matches `text` as a whole.
    #[must_use]
    pub fn admit(&self, text: &str) -> bool {
        self.patterns().any(|pattern| matches_claim(pattern, text))
    }

    fn patterns(&self) -> impl Iterator<Item = &str> {
        self.0.split(',').map(str::trim).filter(|pattern| !pattern.is_empty())
    }
}

/// Whether `text` matches a claim pattern as a whole: `*` stands for any characters but `/`, `**` for any.
///
/// So `repo:acme/*:ref:refs/heads/main` is every repository of `acme`, and no other owner's.
#[must_use]
pub fn matches_claim(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    // open[i]: the pattern read so far matches the first i characters of the text.
    let mut open = vec![false; text.len() + 1];
    open[0] = true;
    let mut pattern = pattern.chars().peekable();
    while let Some(symbol) = pattern.next() {
        if symbol != '*' {
            for end in (0..text.len()).rev() {
                open[end + 1] = open[end] && text[end] == symbol;
            }
            open[0] = false;
            continue;
        }
        let mut crosses_slashes = false;
        while pattern.next_if_eq(&'*').is_some() {
            crosses_slashes = true;
        }
        for end in 0..text.len() {
            open[end + 1] |= open[end] && (crosses_slashes || text[end] != '/');
        }
    }
    open[text.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_arn_pattern_knows_one_wildcard_and_no_regular_expressions() {
        for (pattern, text, matches) in [
            ("arn:aws:iam::123456789012:role/*", "arn:aws:iam::123456789012:role/App", true),
            ("arn:aws:iam::123456789012:*", "arn:aws:iam::123456789012:role/App", true),
            ("arn:aws:iam::123456789012:role/my.app", "arn:aws:iam::123456789012:role/my-app", false),
            ("arn:aws:iam::123456789012:role/my.app", "arn:aws:iam::123456789012:role/my.app", true),
            ("arn:aws:iam::123456789012:role/App", "arn:aws:iam::123456789012:role/App2", false),
            ("arn:aws:iam::123456789012:role/App", "arn:aws:iam::123456789012:role/app", false),
            ("arn:aws:iam::123456789012:role/a?p", "arn:aws:iam::123456789012:role/app", false),
            ("arn:aws:iam::123456789012:role/a+", "arn:aws:iam::123456789012:role/aa", false),
            (
                "arn:aws:iam::123456789012:role/Deploy*Prod",
                "arn:aws:iam::123456789012:role/DeployToProd",
                true,
            ),
        ] {
            assert_eq!(matches_arn(pattern, text), matches, "{pattern} {text}");
        }
    }

    #[test]
    fn a_claim_pattern_stops_at_a_slash_unless_doubled() {
        for (pattern, text, matches) in [
            ("repo:acme/api:ref:refs/heads/main", "repo:acme/api:ref:refs/heads/main", true),
            ("repo:acme/*:ref:refs/heads/main", "repo:acme/api:ref:refs/heads/main", true),
            ("repo:acme/*", "repo:acme/api:ref:refs/heads/main", false),
            ("repo:acme/**", "repo:acme/api:ref:refs/heads/main", true),
            ("repo:acme/**", "repo:acme-evil/api", false),
            ("my.app", "my-app", false),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "a1b2", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(matches_claim(pattern, text), matches, "{pattern} {text}");
        }
    }

    #[test]
    fn a_list_admits_what_any_of_its_patterns_matches() {
        let list = ClaimPatterns::new("alpha, beta-*");
        assert!(list.admit("alpha") && list.admit("beta-1"));
        assert!(!list.admit("alpha, beta-*x") && !list.admit(""));
        assert!(ClaimPatterns::new(" , ").is_empty());
        assert!(!ClaimPatterns::new("").admit(""));
    }

    proptest! {
        #[test]
        fn text_without_wildcards_matches_itself_alone(a in "[a-z/:.]{0,12}", b in "[a-z/:.]{0,12}") {
            prop_assert_eq!(matches_claim(&a, &b), a == b);
            prop_assert_eq!(matches_arn(&a, &b), a == b);
        }

        #[test]
        fn a_doubled_star_admits_whatever_a_single_one_does(head in "[a-z/]{0,5}", tail in "[a-z/]{0,5}", text in "[a-z/]{0,14}") {
            let single = matches_claim(&format!("{head}*{tail}"), &text);
            let double = matches_claim(&format!("{head}**{tail}"), &text);
            prop_assert!(!single || double);
            prop_assert_eq!(double, text.len() >= head.len() + tail.len() && text.starts_with(&head) && text.ends_with(&tail));
        }
    }
}
