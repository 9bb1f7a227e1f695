//! How a thing at the destination says whose it is: by two tags, put on it in the call that makes it.

use super::Tag;
use crate::id::SecretSyncId;

/// The tag that says that Drawbridge made or adopted it; its value is [`DRAWBRIDGE`].
pub const MANAGED_BY: &str = "drawbridge:managed-by";
/// The value of [`MANAGED_BY`].
pub const DRAWBRIDGE: &str = "drawbridge";
/// The tag whose value is the id of the sync that owns it.
pub const SECRET_SYNC: &str = "drawbridge:secret-sync";
/// What our tags begin with; nobody else's may.
pub const RESERVED: &str = "drawbridge:";

/// Whose a thing at the destination is, by its tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// This sync's.
    This,
    /// Another sync's; `None` when its tag is not an id of ours.
    Another(Option<SecretSyncId>),
    /// No sync's.
    Nobody,
}

/// The two tags of a thing that `sync` owns.
#[must_use]
pub fn tags(sync: SecretSyncId) -> [Tag; 2] {
    let tag = |key: &str, value: String| Tag { key: key.to_owned(), value };
    [tag(MANAGED_BY, DRAWBRIDGE.to_owned()), tag(SECRET_SYNC, sync.to_string())]
}

/// Whose a thing with these tags is, asked by `sync`. The sync's tag alone decides: who removes the other one by hand has
/// not given the thing away.
#[must_use]
pub fn owner<'t>(sync: SecretSyncId, tags: impl IntoIterator<Item = (&'t str, &'t str)>) -> Owner {
    match tags.into_iter().find(|(key, _)| *key == SECRET_SYNC) {
        Some((_, value)) if value == sync.to_string() => Owner::This,
        Some((_, value)) => Owner::Another(value.parse().ok()),
        None => Owner::Nobody,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_sync_s_own_tag_makes_a_thing_the_sync_s() {
        let (this, other) = (SecretSyncId::random(), SecretSyncId::random());
        let asked = |tags: &[(&str, &str)]| owner(this, tags.iter().copied());
        let [managed, owned] = tags(this);
        assert_eq!(asked(&[(&managed.key, &managed.value), (&owned.key, &owned.value)]), Owner::This);
        assert_eq!(asked(&[(SECRET_SYNC, &this.to_string())]), Owner::This);
        assert_eq!(asked(&[(SECRET_SYNC, &other.to_string())]), Owner::Another(Some(other)));
        assert_eq!(asked(&[(SECRET_SYNC, "")]), Owner::Another(None));
        assert_eq!(asked(&[(MANAGED_BY, DRAWBRIDGE), ("team", "a")]), Owner::Nobody);
        assert_eq!(asked(&[("Drawbridge:secret-sync", &this.to_string())]), Owner::Nobody);
        assert_eq!(asked(&[]), Owner::Nobody);
    }
}
