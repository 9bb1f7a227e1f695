//! Where a secret lives in its environment: `/`, `/api`, `/api/db`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest path, in bytes.
pub const LONGEST_PATH: usize = 1_024;

/// The way from an environment's root to a folder, always with a slash in front and none behind, but for the root `/` itself.
///
/// Its names need not be names that a folder can have; such a path leads nowhere.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretPath(String);

/// The text was too long for a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Secret path must have at most {LONGEST_PATH} characters")]
pub struct InvalidSecretPath;

impl SecretPath {
    /// The root, `/`.
    #[must_use]
    pub fn root() -> Self {
        Self("/".to_owned())
    }

    /// As the wire spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is `/`.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0 == "/"
    }

    /// The names on the way, from the root's child on.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|segment| !segment.is_empty())
    }

    /// The path of these names.
    #[must_use]
    pub fn of<'a>(segments: impl IntoIterator<Item = &'a str>) -> Self {
        let mut path = String::new();
        for segment in segments.into_iter().filter(|segment| !segment.is_empty()) {
            path.push('/');
            path.push_str(segment);
        }
        if path.is_empty() { Self::root() } else { Self(path) }
    }

    /// The path of `name` in this folder.
    #[must_use]
    pub fn join(&self, name: &str) -> Self {
        Self::of(self.segments().chain(name.split('/')))
    }

    /// The path of the folder that this one is in, and its own name; `None` for the root.
    #[must_use]
    pub fn split(&self) -> Option<(Self, &str)> {
        let (parent, name) = self.0.rsplit_once('/')?;
        (!name.is_empty()).then(|| (Self::of(parent.split('/')), name))
    }
}

impl Default for SecretPath {
    fn default() -> Self {
        Self::root()
    }
}

impl FromStr for SecretPath {
    type Err = InvalidSecretPath;

    /// White space around it, slashes too many, the one in front that is missing and those at the end are set right.
    fn from_str(text: &str) -> Result<Self, InvalidSecretPath> {
        if text.len() > LONGEST_PATH {
            return Err(InvalidSecretPath);
        }
        Ok(Self::of(text.trim().split('/')))
    }
}

impl TryFrom<String> for SecretPath {
    type Error = InvalidSecretPath;

    fn try_from(text: String) -> Result<Self, InvalidSecretPath> {
        text.parse()
    }
}

impl From<SecretPath> for String {
    fn from(path: SecretPath) -> Self {
        path.0
    }
}

impl fmt::Display for SecretPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SecretPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_path_is_the_same_path() {
        for (text, path) in [
            ("", "/"),
            ("/", "/"),
            (" // ", "/"),
            ("api", "/api"),
            ("/api/", "/api"),
            ("/api//db/", "/api/db"),
            (" /api/db ", "/api/db"),
        ] {
            assert_eq!(text.parse::<SecretPath>().as_ref().map(SecretPath::as_str), Ok(path), "{text:?}");
        }
        assert_eq!("a".repeat(1_025).parse::<SecretPath>(), Err(InvalidSecretPath));
    }

    #[test]
    fn a_path_is_its_parent_and_its_name() {
        let path: SecretPath = "/api/db".parse().expect("a path");
        let (parent, name) = path.split().expect("not the root");
        assert_eq!((parent.as_str(), name), ("/api", "db"));
        assert_eq!(parent.join(name), path);
        assert_eq!(parent.split(), Some((SecretPath::root(), "api")));
        assert_eq!(SecretPath::root().split(), None);
        assert_eq!(SecretPath::root().join("a/b").as_str(), "/a/b");
    }
}
