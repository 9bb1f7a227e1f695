//! What fits into one transaction.

use model::secret::{Secret, SecretKind};
use secrecy::ExposeSecret as _;
use store::{Stored, items_of_deletion};

use super::decide::Deed;
use crate::Error;
use crate::sealing::Contents;

/// The most items of one transaction, its line in the audit trail and the folder's state already taken off.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
pub(super) const MOST_ITEMS: usize = 98;
/// The most bytes of one transaction: DynamoDB takes 4 MB.
const MOST_BYTES: usize = 3_500_000;
/// What an item has besides its values.
const BYTES_OF_AN_ITEM: usize = 2_048;

/// A transaction: what it does, and how much that is.
pub(super) struct Sheaf {
    pub(super) deeds: Vec<Deed>,
    pub(super) items: usize,
    bytes: usize,
}

/// How much one transaction of a batch takes.
pub(super) struct Room {
    /// The most items, the syncs that it wakes already taken off.
    pub(super) items: usize,
    /// Whether the batch is to be one transaction.
    pub(super) is_one: bool,
}

impl Room {
    /// Refuses deeds that fit into no transaction, also when the personal secrets go before the shared ones that are deleted.
    pub(super) fn check(&self, deeds: &[Deed]) -> Result<(), Error> {
        let overfull = |deed: &&Deed| !self.holds(weight_alone(deed));
        let fits_as_one = !self.is_one || self.holds(sum(deeds.iter().map(weight_alone)));
        let moves_personal = |deed: &&Deed| matches!(deed, Deed::Replace { moved, .. } if !moved.is_empty());
        let blamed = match deeds.iter().find(overfull) {
            None if fits_as_one => return Ok(()),
            None => deeds.iter().find(moves_personal),
            Some(deed) => Some(deed),
        };
        Err(blamed.map_or(Error::TooMuchAtOnce, refusal))
    }

    /// The personal secrets that go before the shared ones in whose place they are, in transactions of their own: those that do
    /// not fit into one with it.
    pub(super) fn personal_before(&self, deeds: &[Deed]) -> Vec<Stored<Secret>> {
        let fits_as_one = !self.is_one || self.holds(sum(deeds.iter().map(weight)));
        let before = deeds.iter().filter_map(|deed| match deed {
            Deed::Delete { personal, .. } if !fits_as_one || !self.holds(weight(deed)) => Some(personal),
            Deed::Delete { .. } | Deed::Nothing(_) | Deed::Create { .. } | Deed::Replace { .. } => None,
        });
        before.flatten().cloned().collect()
    }

    /// The first deeds that fit into a transaction; all of them where they are to be one.
    pub(super) fn sheaf(&self, deeds: Vec<Deed>) -> Sheaf {
        let mut sheaf = Sheaf { deeds: Vec::new(), items: 0, bytes: 0 };
        for deed in deeds {
            let (items, bytes) = sum([(sheaf.items, sheaf.bytes), weight(&deed)].into_iter());
            if !self.holds((items, bytes)) {
                break;
            }
            (sheaf.items, sheaf.bytes) = (items, bytes);
            sheaf.deeds.push(deed);
        }
        sheaf
    }

    const fn holds(&self, (items, bytes): (usize, usize)) -> bool {
        items <= self.items && bytes <= MOST_BYTES
    }
}

fn sum(weights: impl Iterator<Item = (usize, usize)>) -> (usize, usize) {
    weights.fold((0, 0), |(items, bytes), (more_items, more_bytes)| (items + more_items, bytes + more_bytes))
}

/// Why a deed does not fit.
fn refusal(deed: &Deed) -> Error {
    match deed {
        Deed::Replace { read, moved, .. } if !moved.is_empty() => {
            Error::TooManyPersonal { name: read.name.clone(), count: moved.len() }
        }
        Deed::Nothing(_) | Deed::Create { .. } | Deed::Replace { .. } | Deed::Delete { .. } => {
            Error::TooMuchAtOnce
        }
    }
}

/// The weight of a deed, of a deletion without the personal secrets.
fn weight_alone(deed: &Deed) -> (usize, usize) {
    match deed {
        Deed::Delete { read, .. } => (items_of_deletion(read), 0),
        Deed::Nothing(_) | Deed::Create { .. } | Deed::Replace { .. } => weight(deed),
    }
}

/// How many items a deed writes at most, and about how many bytes.
fn weight(deed: &Deed) -> (usize, usize) {
    match deed {
        Deed::Nothing(_) => (0, 0),
        // The item, the guard of its id, and the check of a shared one.
        Deed::Create { contents, .. } => (3, bytes(contents)),
        Deed::Replace { read, next, before, contents, moved } => {
            // The item, its archived version, the oldest version; another place is one more, the guard of the id another, and the
            // check of a shared one another.
            let items = match read.kind {
                _ if read.name == next.name => 3,
                SecretKind::Shared => 5,
                SecretKind::Personal(_) => 6,
            };
            let moved_bytes: usize = moved.iter().map(|one| 2 * stored_bytes(one)).sum();
            (items + 5 * moved.len(), bytes(before) + bytes(contents) + moved_bytes)
        }
        Deed::Delete { read, personal, .. } => {
            let items: usize = personal.iter().map(items_of_deletion).sum();
            (items_of_deletion(read) + items, 0)
        }
    }
}

/// Sealed text is longer by a half: base64, and what comes with each value.
fn bytes(contents: &Contents) -> usize {
    let metadata = contents.metadata.iter().map(|one| one.key.len() + one.value.expose_secret().len() + 128);
    let open = contents.value.expose_secret().len()
        + contents.comment.expose_secret().len()
        + metadata.sum::<usize>();
    BYTES_OF_AN_ITEM + open + open / 2
}

fn stored_bytes(secret: &Secret) -> usize {
    let metadata: usize = secret.metadata.iter().map(|one| one.key.len() + one.value.len()).sum();
    BYTES_OF_AN_ITEM + secret.value.len() + secret.comment.as_ref().map_or(0, String::len) + metadata
}
