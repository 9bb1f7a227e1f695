//! What is wanted of slots.

use proptest::prelude::*;

use crate::Timestamp;
use crate::certificate_sync::slot::{SlotStatus, Told};
use crate::certificate_sync::{CertificateSyncs, Held, Place, Role, Slot, Standing, Wanted};
use crate::id::{CertificateId, CertificateSlotId, CertificateSyncId};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(1_767_323_045 + seconds)
}

#[test]
fn a_renewal_leaves_the_way_back_and_a_rollback_the_way_forward() {
    let (a, b, c) = (CertificateId::random(), CertificateId::random(), CertificateId::random());
    let wanted = Wanted::attached(a, at(0));
    assert!(wanted.rolled_back(at(1)).is_err());
    let renewed = wanted.moved(b, at(1));
    assert_eq!((renewed.certificate_id, renewed.previous, renewed.revision), (b, Some(a), 2));
    let back = renewed.rolled_back(at(2)).unwrap();
    assert_eq!((back.certificate_id, back.previous), (a, Some(b)));
    assert_eq!(back.rolled_back(at(3)).unwrap().certificate_id, b, "twice is as before");
    let again = back.moved(c, at(3));
    assert_eq!((again.certificate_id, again.previous), (c, Some(a)), "what is there now is the way back");
}

#[test]
fn what_is_detached_needs_no_certificate_and_has_no_way_back() {
    let (a, b) = (CertificateId::random(), CertificateId::random());
    let wanted = Wanted::attached(a, at(0)).moved(b, at(1));
    assert_eq!(wanted.places().collect::<Vec<_>>(), [(b, Role::Present), (a, Role::Previous)]);
    for (goes, standing) in [(true, Standing::Leaving), (false, Standing::Left)] {
        let detached = wanted.detached(goes, at(2));
        assert_eq!((detached.standing, detached.places().count()), (standing, 0));
        assert!(detached.rolled_back(at(3)).is_err());
        let again = detached.attached_again(b, at(3));
        assert_eq!((again.is_attached(), again.revision), (true, wanted.revision + 2));
    }
}

#[test]
fn a_slot_is_pending_until_its_own_revision_was_told() {
    let told = |revision, status| Told { revision, status, message: None, at: at(5), synced_at: None };
    let slot = |told: Option<Told>| Slot {
        id: CertificateSlotId::random(),
        certificate_sync_id: CertificateSyncId::random(),
        wanted: Wanted::attached(CertificateId::random(), at(0)),
        held: Held { told, ..Held::default() },
    };
    assert_eq!(slot(None).status(), SlotStatus::Pending);
    for status in [SlotStatus::Succeeded, SlotStatus::Failed] {
        let slot = slot(Some(told(1, status)));
        assert_eq!((slot.status(), slot.is_open()), (status, false));
        let renewed = Slot { wanted: slot.wanted.moved(CertificateId::random(), at(6)), ..slot };
        assert_eq!((renewed.status(), renewed.is_open()), (SlotStatus::Pending, true));
    }
}

#[test]
fn a_slot_of_which_only_what_is_wanted_is_stored_is_read() {
    let wanted = Wanted::attached(CertificateId::random(), at(0));
    let slot = serde_json::json!({
        "id": CertificateSlotId::random(), "certificate_sync_id": CertificateSyncId::random(), "wanted": wanted
    });
    assert_eq!(serde_json::from_value::<Slot>(slot).unwrap().held, Held::default());
}

proptest! {
    /// Steps of attaching, renewing, rolling back and detaching, in any order.
    #[test]
    fn a_revision_never_stands_for_two_wishes_and_places_name_each_certificate_once(
        steps in proptest::collection::vec(0_u8..5, 0..20)
    ) {
        let mut wanted = Wanted::attached(CertificateId::random(), at(0));
        for (number, step) in steps.iter().enumerate() {
            let now = at(i64::try_from(number).unwrap());
            let next = match step {
                0 => wanted.moved(CertificateId::random(), now),
                1 => wanted.rolled_back(now).unwrap_or_else(|_| wanted.next(now)),
                2 => wanted.detached(true, now),
                3 => wanted.detached(false, now),
                _again => wanted.attached_again(wanted.certificate_id, now),
            };
            prop_assert_eq!(next.revision, wanted.revision + 1);
            let mut ids: Vec<_> = next.places().map(|(id, _)| id).collect();
            let count = ids.len();
            ids.sort_unstable();
            ids.dedup();
            prop_assert_eq!(ids.len(), count);
            prop_assert_eq!(next.is_attached(), count > 0);
            wanted = next;
        }
    }
}

#[test]
fn a_certificate_has_one_place_in_a_sync() {
    let (sync, other) = (CertificateSyncId::random(), CertificateSyncId::random());
    let place = |sync_id, role| Place { sync_id, slot_id: CertificateSlotId::random(), role };
    let none = CertificateSyncs::none(CertificateId::random());
    let both = none.with(place(sync, Role::Present)).with(place(other, Role::Present));
    let moved = both.with(place(sync, Role::Previous));
    assert_eq!(moved.syncs().len(), 2);
    assert_eq!(moved.place(sync).map(|place| place.role), Some(Role::Previous));
    assert_eq!(moved.without(sync).syncs(), [other]);
    assert_eq!(moved.without(sync).without(other), none);
}
