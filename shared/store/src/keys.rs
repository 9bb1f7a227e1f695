//! Keys: how nouns are spread over partitions. The layout of the whole table is this page.
//!
//! | item | pk | sk | list (GSI1: gsi1pk / gsi1sk) |
//! |---|---|---|---|
//! | project, with its environments | `PROJECT#<id>` | same | `ORG#<org>` / `PROJECT#<name>#<id>` |
//! | identity | `IDENTITY#<id>` | same | `ORG#<org>` / `IDENTITY#<name>#<id>` |
//! | login method of an identity | `IDENTITY#<id>` | `AUTH#<METHOD>` | |
//! | client secret | `IDENTITY#<id>` | `CLIENT_SECRET#<id>` | |
//! | lockout counter | `IDENTITY#<id>` | `LOCKOUT#UNIVERSAL` | |
//! | access token | `TOKEN#<id>` | same | |
//! | signature seen by aws-auth | `SIGNATURE#<sha256>` | same | |
//! | membership | `ACTOR#<KIND>#<id>` | `MEMBERSHIP#<project>` | `PROJECT#<project>` / `MEMBERSHIP#<KIND>#<name>` |
//! | connection | `CONNECTION#<id>` | same | `ORG#<org>` / `CONNECTION#<SCOPE>#<name>` |
//! | PAM resource | `PAM_RESOURCE#<id>` | same | `ORG#<org>` / `PAM_RESOURCE#<project>#<name>` |
//! | PAM account | `PAM_ACCOUNT#<id>` | same | `ORG#<org>` / `PAM_ACCOUNT#<project>#<resource>#<name>` |
//! | PAM session | `PAM_SESSION#<id>` | same | `PROJECT#<project>` / `PAM_SESSION#<time>#<id>` |
//! | folders of an environment, with their imports | `ENV#<environment>` | `FOLDERS` | |
//! | state of a folder; the root's id is the environment's | `ENV#<environment>` | `FOLDER#<folder>` | |
//! | secret, shared | `ENV#<environment>` | `FOLDER#<folder>#SECRET#<name>` | |
//! | secret, personal | `ENV#<environment>` | `FOLDER#<folder>#PERSONAL#<kind>:<actor>#<name>` | |
//! | earlier version of a secret | `ENV#<environment>` | `VERSION#<secret>#<version>` | |
//! | tag | `TAGS#<project>` | `TAG#<id>` | |
//! | secret sync | `SECRET_SYNC#<id>` | same | `ORG#<org>` / `SECRET_SYNC#<project>#<name>` |
//! | its runs | `SECRET_SYNC#<id>` | `RUN` | `PROJECT#<project>` / `SECRET_SYNC_RUN#<id>` |
//! | folders that it reads | `SECRET_SYNC#<id>` | `WATCHES` | |
//! | its drift check | `SECRET_SYNC#<id>` | `DRIFT` | |
//! | what it owns at the destination | `SECRET_SYNC#<id>` | `OWNED#<name there>` | |
//! | key rotation | `KEY_ROTATION#<id>` | same | `PROJECT#<project>` / `KEY_ROTATION#<name>#<id>` |
//! | how far it got, with its sealed keys | `KEY_ROTATION#<id>` | `STATE` | `PROJECT#<project>` / `KEY_ROTATION_STATE#<id>` |
//! | certificate authority | `CERTIFICATE_AUTHORITY#<id>` | same | `PROJECT#<project>` / `CERTIFICATE_AUTHORITY#<name>#<id>` |
//! | what was ordered from it in a month | `CERTIFICATE_AUTHORITY#<id>` | `SPEND#<month>` | |
//! | certificate policy | `CERTIFICATE_POLICY#<id>` | same | `PROJECT#<project>` / `CERTIFICATE_POLICY#<name>#<id>` |
//! | certificate profile | `CERTIFICATE_PROFILE#<id>` | same | `PROJECT#<project>` / `CERTIFICATE_PROFILE#<name>#<id>` |
//! | application of certificates | `APPLICATION#<id>` | same | `PROJECT#<project>` / `APPLICATION#<name>#<id>` |
//! | profile of an application, with how it is enrolled for | `APPLICATION#<id>` | `PROFILE#<profile>` | |
//! | order of a certificate | `CERTIFICATE_REQUEST#<id>` | same | `PROJECT#<project>` / `CERTIFICATE_REQUEST#<time>#<id>` |
//! | certificate | `CERTIFICATE#<id>` | same | `PROJECT#<project>` / `CERTIFICATE#<its end>#<id>` |
//! | its bytes, with its sealed key | `CERTIFICATE#<id>` | `BUNDLE` | |
//! | where a project's recordings are kept | `PROJECT#<id>` | `RECORDING_CONFIG` | |
//! | recording of a session | `RECORDING#<session>` | same | `PROJECT#<project>` / `RECORDING#<time>#<session>` |
//! | chunk of a recording | `RECORDING#<session>` | `CHUNK#<index>` | |
//! | where a certificate is attached | `CERTIFICATE#<id>` | `SYNCS` | |
//! | certificate sync | `CERTIFICATE_SYNC#<id>` | same | `PROJECT#<project>` / `CERTIFICATE_SYNC#<name>#<id>` |
//! | its runs | `CERTIFICATE_SYNC#<id>` | `RUN` | `PROJECT#<project>` / `CERTIFICATE_SYNC_RUN#<id>` |
//! | a certificate attached to it, through all its renewals | `CERTIFICATE_SYNC#<id>` | `SLOT#<id>` | |
//! | data key | `DATA_KEY#<scope>` | `DATA_KEY#<version>` | |
//! | unique name | `NAME#<noun>#<scope>#<name>` | `NAME` | |
//! | audit record (its own table) | `AUDIT#<scope>#<day>` | `<time>#<uuid>` | |
//!
//! GSI2 (`gsi2pk`, `gsi2sk`) is the index of due work; an item is in it only while something is due: a PAM session in
//! `DUE#PAM_DENY` / `<time>#<id>` while a Deny that ends it is on its role; a secret sync in `DUE#SECRET_SYNC` / `<time>#<id>`
//! while a run is wanted or goes on, and in `DUE#SECRET_SYNC_DRIFT` / `<time>#<id>` for its next drift check; a key
//! rotation in `DUE#KEY_ROTATION` / `<time>#<id>` for its next step; an order of a certificate in
//! `DUE#CERTIFICATE_REQUEST` / `<time>#<id>` for its next step; a certificate in `DUE#CERTIFICATE` / `<time>#<id>` for its
//! renewal, its next notice or its revocation; a certificate sync in `DUE#CERTIFICATE_SYNC` / `<time>#<id>` while a run is
//! wanted, goes on or is to look again; the folders of an environment in `DUE#PURGE` /
//! `<environment>` while what deleted folders left behind is not removed yet.

/// Where an item lives and in which lists it appears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// The partition.
    pub pk: String,
    /// The position in the partition.
    pub sk: String,
    /// The list it appears in, by GSI1.
    pub list: Option<Index>,
    /// When it wants attention, by GSI2.
    pub due: Option<Index>,
}

/// A partition and a position of a secondary index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// The partition of the index.
    pub pk: String,
    /// The position in it.
    pub sk: String,
}

impl Keys {
    /// An entity alone in its partition, `<NOUN>#<id>` twice.
    #[must_use]
    pub fn own(noun_and_id: String) -> Self {
        Self { sk: noun_and_id.clone(), pk: noun_and_id, list: None, due: None }
    }

    /// An entity that shares a partition.
    #[must_use]
    pub fn within(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into(), list: None, due: None }
    }

    /// Also in a list, under this partition and position of GSI1.
    #[must_use]
    pub fn listed(self, pk: impl Into<String>, sk: impl Into<String>) -> Self {
        let mut sk = sk.into();
        // A name may be longer than DynamoDB's keys. A list only sorts by it; the id in the item is what counts.
        sk.truncate(sk.floor_char_boundary(LONGEST_SK));
        Self { list: Some(Index { pk: pk.into(), sk }), ..self }
    }
}

/// The longest partition key, in bytes.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>
pub(crate) const LONGEST_PK: usize = 2_048;

/// The longest sort key, in bytes.
const LONGEST_SK: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_position_in_a_list_fits_into_a_key_however_long_the_name() {
        let name = "\u{1f511}".repeat(255);
        let keys = Keys::own("IDENTITY#1".to_owned()).listed("ORG#1", format!("IDENTITY#{name}#1"));
        let position = keys.list.expect("listed").sk;
        assert!((LONGEST_SK - 3..=LONGEST_SK).contains(&position.len()), "{}", position.len());
        assert_eq!(
            Keys::own("A".to_owned()).listed("O", "IDENTITY#a#1").list.expect("listed").sk,
            "IDENTITY#a#1"
        );
    }
}
