//! Errors in words.

use std::error::Error;

/// An error with its causes on one line, each in its own words: for the log. Not the SDK's `DisplayErrorContext`, which adds
/// the raw answer: an answer of AssumeRole that cannot be read has credentials in it all the same.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let (mut line, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("could not read the table")]
    struct Outer(#[source] std::fmt::Error);

    #[test]
    fn causes_follow_in_their_own_words() {
        assert_eq!(chain(&Outer(std::fmt::Error)), format!("could not read the table: {}", std::fmt::Error));
    }
}
