//! What fits into one transaction.

use model::secret::Secret;
use secrecy::ExposeSecret as _;
use store::items_of_deletion;

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

/// The first deeds that fit into a transaction of `room` items.
pub(super) fn sheaf(deeds: Vec<Deed>, room: usize) -> Result<Sheaf, Error> {
    let mut sheaf = Sheaf { deeds: Vec::new(), items: 0, bytes: 0 };
    for deed in deeds {
        let (items, bytes) = weight(&deed);
        if items > room || bytes > MOST_BYTES {
            return Err(Error::TooMuchAtOnce);
        }
        if sheaf.items + items > room || sheaf.bytes + bytes > MOST_BYTES {
            break;
        }
        sheaf.items += items;
        sheaf.bytes += bytes;
        sheaf.deeds.push(deed);
    }
    Ok(sheaf)
}

/// How many items a deed writes at most, and about how many bytes.
fn weight(deed: &Deed) -> (usize, usize) {
    match deed {
        Deed::Nothing(_) => (0, 0),
        // The item, the guard of its id, and the check of a shared one.
        Deed::Create { contents, .. } => (3, bytes(contents)),
        Deed::Replace { read, next, before, contents, moved } => {
            // The item, its archived version, the oldest version; another place is one more, and the guard of the id another.
            let items = if read.name == next.name { 3 } else { 5 };
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
