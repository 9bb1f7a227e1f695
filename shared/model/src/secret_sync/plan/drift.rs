//! What somebody else changed at the destination, told from the ledger alone: the source is not asked, so what it has
//! changed since is no drift.

use std::collections::BTreeMap;

use super::each::entries;
use super::kms::Compared;
use super::{Found, FoundItem, FoundKey, FoundValue, Place, tags};
use crate::secret_sync::{Difference, DriftedName, Owned};

/// The names that are not as the sync left them, each with what is different first.
///
/// `found` must answer for every name of the ledger. What could not be found out of a name is no drift.
#[must_use]
pub fn drift(place: &Place<'_>, found: &Found, ledger: &[Owned]) -> Vec<DriftedName> {
    let differs = |entry: &Owned| {
        let difference = match found.items.get(&entry.name) {
            None => Some(Difference::Missing),
            Some(item) if !item.is_live() => Some(Difference::Missing),
            Some(item) => difference(item, entry, found),
        };
        difference.map(|difference| DriftedName {
            name: entry.name.clone(),
            secret_key: entry.secret_key.clone(),
            difference,
        })
    };
    // An entry without a version is of something that was adopted and never written: nobody knows how it should be.
    let written = entries(place, ledger).into_values().filter(|entry| !entry.left_version.is_empty());
    written.filter_map(differs).collect()
}

fn difference(item: &FoundItem, entry: &Owned, found: &Found) -> Option<Difference> {
    if item.owner.is_some() && !item.is_ours() {
        return Some(Difference::Owner);
    }
    if matches!(item.value, FoundValue::OtherType(_)) {
        return Some(Difference::Type);
    }
    // Another KMS key makes another version at Parameter Store, so it is looked at before the version is.
    let another_key = match &item.kms_key {
        FoundKey::Known(key) => {
            found.keys.compare(entry.key_id.as_deref(), key.as_deref()) == Compared::Different
        }
        FoundKey::Unknown => false,
    };
    // A sync that never set a key leaves the key to whoever does.
    if another_key && entry.key_id.is_some() {
        return Some(Difference::KmsKey);
    }
    if item.version.is_some() && !item.has_version(&entry.left_version) {
        return Some(Difference::Value);
    }
    let there = item.tags.as_ref()?;
    let set: BTreeMap<String, String> =
        entry.tag_keys.iter().filter_map(|key| Some((key.clone(), there.get(key)?.clone()))).collect();
    let differ = entry.tags_digest.as_ref().is_some_and(|left| *left != tags::digest(&set));
    differ.then_some(Difference::Tags)
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;
    use crate::arn::AccountId;
    use crate::id::SecretSyncId;
    use crate::secret_sync::ownership::Owner;
    use crate::secret_sync::plan::{KmsKeys, Presence};
    use crate::secret_sync::{Affixes, Destination, DestinationConfig, InitialSyncBehavior, SyncOptions};

    const KEY: &str = "11111111-12ab-34cd-56ef-1234567890ab";
    const OTHER: &str = "22222222-12ab-34cd-56ef-1234567890ab";

    struct World {
        sync: SecretSyncId,
        account: AccountId,
        config: DestinationConfig,
        options: SyncOptions,
    }

    impl World {
        fn new() -> Self {
            let path = "/app/".to_owned();
            let region = "us-east-1".parse().expect("a region");
            Self {
                sync: SecretSyncId::random(),
                account: "123456789012".parse().expect("an account"),
                config: DestinationConfig::AwsParameterStore { region, path },
                options: SyncOptions::new(InitialSyncBehavior::OverwriteDestination),
            }
        }

        fn entry(&self) -> Owned {
            let set = BTreeMap::from([("team".to_owned(), "a".to_owned())]);
            Owned {
                secret_sync_id: self.sync,
                account_id: self.account.clone(),
                region: self.config.region().clone(),
                name: "/app/A".to_owned(),
                secret_key: Some("A".to_owned()),
                left_version: "3".to_owned(),
                key_id: Some(KEY.to_owned()),
                tag_keys: vec!["team".to_owned()],
                tags_digest: Some(tags::digest(&set)),
            }
        }

        fn item() -> FoundItem {
            let tags = [("team", "a"), ("somebody-else's", "tag")];
            FoundItem {
                value: FoundValue::Text(SecretString::from("value".to_owned())),
                owner: Some(Owner::This),
                owner_unknown: None,
                version: Some("3".to_owned()),
                kms_key: FoundKey::Known(Some(KEY.to_owned())),
                tags: Some(tags.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()),
                presence: Presence::Live,
            }
        }

        fn found(&self, item: Option<FoundItem>, entry: Owned) -> Vec<Difference> {
            let affixes = Affixes::default();
            let Self { sync, account, config, options } = self;
            let place = Place { sync: *sync, account, config, affixes: &affixes, options };
            let items = item.map(|item| ("/app/A".to_owned(), item)).into_iter().collect();
            let keys = KmsKeys::of(Destination::AwsParameterStore);
            let found = Found { items, keys, ..Found::default() };
            drift(&place, &found, &[entry]).into_iter().map(|drifted| drifted.difference).collect()
        }
    }

    #[test]
    fn what_is_as_it_was_left_has_not_drifted() {
        let world = World::new();
        assert_eq!(world.found(Some(World::item()), world.entry()), []);
    }

    #[test]
    fn each_change_behind_our_back_has_its_name() {
        let world = World::new();
        let tags = BTreeMap::from([("team".to_owned(), "b".to_owned())]);
        let gone = Presence::Deleted { at: None };
        for (item, difference) in [
            (None, Difference::Missing),
            (Some(FoundItem { presence: gone, ..World::item() }), Difference::Missing),
            (Some(FoundItem { version: Some("4".into()), ..World::item() }), Difference::Value),
            (Some(FoundItem { owner: Some(Owner::Nobody), ..World::item() }), Difference::Owner),
            (Some(FoundItem { owner: Some(Owner::Another(None)), ..World::item() }), Difference::Owner),
            (
                Some(FoundItem { value: FoundValue::OtherType("String".into()), ..World::item() }),
                Difference::Type,
            ),
            (
                Some(FoundItem {
                    kms_key: FoundKey::Known(Some(OTHER.into())),
                    version: Some("4".into()),
                    ..World::item()
                }),
                Difference::KmsKey,
            ),
            (Some(FoundItem { tags: Some(tags), ..World::item() }), Difference::Tags),
            (Some(FoundItem { tags: Some(BTreeMap::new()), ..World::item() }), Difference::Tags),
        ] {
            assert_eq!(world.found(item.clone(), world.entry()), [difference], "{item:?}");
        }
    }

    #[test]
    fn what_nobody_knows_and_what_is_of_another_place_is_no_drift() {
        let world = World::new();
        let unknown =
            FoundItem { owner: None, version: None, kms_key: FoundKey::Unknown, tags: None, ..World::item() };
        assert_eq!(world.found(Some(unknown), world.entry()), []);
        let elsewhere = Owned { region: "eu-west-1".parse().expect("a region"), ..world.entry() };
        assert_eq!(world.found(None, elsewhere), []);
        let adopted = Owned { left_version: String::new(), ..world.entry() };
        assert_eq!(world.found(None, adopted), []);
        // A key that the sync never set is anybody's.
        let entry = Owned { key_id: None, ..world.entry() };
        assert_eq!(world.found(Some(World::item()), entry), []);
    }
}
