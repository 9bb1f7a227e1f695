//! One step at a time.

use std::time::Duration;

use super::*;

const NEVER: LastUsed = LastUsed::Never;

fn next(progress: &Progress, seen: &Seen, now: i64) -> Step {
    progress.next(&rotation(), seen, at(now))
}

fn manual(ignores_use: bool) -> Wanted {
    Wanted::Rotation { trigger: Trigger::Manual, ignores_use }
}

#[test]
fn a_first_key_is_made_proved_once_and_published() {
    let begun = Progress::begin(&[], at(0));
    assert_eq!(next(&begun, &seen(&[]), 0), Step::Create);
    let made = begun.creating(&seen(&[]), at(0)).created(key('a'), at(1));
    assert_eq!(made.user_id.as_deref(), Some("AIDAEXAMPLE"));
    let shown = seen(&[('a', true, 1, NEVER)]);
    assert_eq!(next(&made, &shown, 1), Step::Prove(key('a')));
    let refused = made.tried(&key('a'), false, at(2));
    assert_eq!(next(&refused, &shown, 3), Step::WaitUntil(at(12)));
    assert_eq!(next(&refused, &shown, 12), Step::Prove(key('a')));
    let taken = refused.tried(&key('a'), true, at(12));
    assert_eq!(next(&taken, &shown, 12), Step::Publish(key('a')));
    let published = taken.published_key(&rotation(), &key('a'), at(13));
    assert_eq!((published.active_index(), published.status), (0, RotationStatus::Success));
    assert_eq!(next(&published, &shown, 14), Step::WaitUntil("2026-02-02T00:00:00Z".parse().unwrap()));
}

#[test]
fn a_key_that_replaces_another_is_proved_twice_ten_seconds_apart() {
    let shown = seen(&[('a', true, 1, NEVER), ('b', true, DAY, NEVER)]);
    let made = with_one_key().creating(&seen(&[('a', true, 1, NEVER)]), at(DAY)).created(key('b'), at(DAY));
    let once = made.tried(&key('b'), true, at(DAY + 1));
    assert_eq!(next(&once, &shown, DAY + 2), Step::WaitUntil(at(DAY + 11)));
    // A server that does not know it yet undoes the first proof.
    let undone = once.tried(&key('b'), false, at(DAY + 11)).tried(&key('b'), true, at(DAY + 21));
    assert_eq!(next(&undone, &shown, DAY + 31), Step::Prove(key('b')));
    assert_eq!(next(&undone.tried(&key('b'), true, at(DAY + 31)), &shown, DAY + 31), Step::Publish(key('b')));
    assert_eq!(next(&made, &shown, DAY + 600), Step::Discard(key('b')), "AWS never took it");
}

#[test]
fn a_previous_key_goes_after_the_overlap_quietly_and_slowly_and_in_time_for_the_next_rotation() {
    let progress = with_two_keys();
    let due: Timestamp = progress.next_rotation_at.unwrap();
    let lead = 25 * HOUR;
    let goes_at = due.unix_seconds() - 1_767_323_045 - lead;
    let shown = |used: LastUsed, active| seen(&[('a', active, 1, used), ('b', true, DAY, NEVER)]);
    assert_eq!(next(&progress, &shown(NEVER, true), goes_at - 1), Step::WaitUntil(at(goes_at)));
    let used = LastUsed::At(at(goes_at - HOUR));
    assert_eq!(next(&progress, &shown(used, true), goes_at), Step::WaitUntil(at(goes_at + 5 * HOUR)));
    let long_ago = LastUsed::At(at(goes_at - 6 * HOUR));
    for quiet in [NEVER, LastUsed::Unknown, long_ago] {
        assert_eq!(next(&progress, &shown(quiet, true), goes_at), Step::Deactivate(key('a')), "{quiet:?}");
    }
    let inactive = progress.deactivated(&key('a'), at(goes_at));
    assert_eq!(next(&inactive, &shown(NEVER, false), goes_at + 1), Step::WaitUntil(at(goes_at + DAY)));
    assert_eq!(next(&inactive, &shown(NEVER, false), goes_at + DAY), Step::Delete(key('a')));
    // Somebody needed it: from then on it has a whole overlap again.
    assert_eq!(next(&inactive, &shown(NEVER, true), goes_at + HOUR), Step::Revive(key('a')));
    let gone = inactive.deleted(&key('a'), at(goes_at + DAY));
    assert_eq!(
        next(&gone, &shown(NEVER, false), goes_at + DAY + 1),
        Step::WaitUntil(due),
        "IAM still shows it"
    );
    assert_eq!(next(&gone, &seen(&[('b', true, DAY, NEVER)]), goes_at + lead), Step::Create);
}

#[test]
fn a_rotation_that_somebody_waits_for_takes_the_previous_keys_place_at_once_unless_it_is_in_use() {
    let (now, wanted) = (2 * DAY, with_two_keys().wanting(manual(false)));
    let shown = |used, active| seen(&[('a', active, 1, used), ('b', true, DAY, NEVER)]);
    assert_eq!(next(&wanted, &shown(NEVER, true), now), Step::Deactivate(key('a')));
    let inactive = wanted.deactivated(&key('a'), at(now));
    assert_eq!(next(&inactive, &shown(NEVER, false), now), Step::Delete(key('a')));
    assert_eq!(
        next(&inactive.deleted(&key('a'), at(now)), &seen(&[('b', true, DAY, NEVER)]), now),
        Step::Create
    );

    let used = LastUsed::At(at(now - HOUR));
    let Step::Stop(blocked) = next(&wanted, &shown(used, true), now) else { panic!("a used key goes") };
    let said = blocked.to_string();
    assert!(said.contains("…aaaa (1 days old, last used") && !said.contains("AKIA"), "{said}");
    let kept = wanted.blocked(&rotation(), &blocked, at(now));
    assert_eq!((kept.status, kept.wanted), (RotationStatus::Failed, wanted.wanted));
    assert_eq!(next(&kept, &shown(NEVER, true), now), Step::WaitUntil(at(now + 900)));
    assert_eq!(next(&kept, &shown(NEVER, true), now + 900), Step::Deactivate(key('a')));
    let ignoring = with_two_keys().wanting(manual(true));
    assert_eq!(next(&ignoring, &shown(used, true), now), Step::Deactivate(key('a')));
}

#[test]
fn foreign_keys_stay_and_are_named_and_keys_that_were_given_go_the_usual_way() {
    let foreign =
        seen(&[('x', true, -DAY * 400, LastUsed::At(at(-DAY))), ('y', false, 0, LastUsed::Unknown)]);
    let Step::Stop(blocked) = next(&Progress::begin(&[], at(0)), &foreign, 0) else {
        panic!("there is no room")
    };
    let said = blocked.to_string();
    assert!(said.contains("…xxxx (400 days old, last used 2026-01-01T03:04:05.000Z)"), "{said}");
    assert!(said.contains("…yyyy (0 days old, last use unknown") && said.contains(", inactive)"), "{said}");

    let given = Progress::begin(&[key('x'), key('y')], at(0));
    assert_eq!(next(&given, &foreign, 0), Step::Deactivate(key('y')), "out of use for longest");
    let one = Progress::begin(&[key('x')], at(0));
    let alone = seen(&[('x', true, -DAY, LastUsed::At(at(-HOUR)))]);
    assert_eq!(next(&one, &alone, 0), Step::Create, "while there is room, nobody loses anything");
    let made = one.creating(&alone, at(0)).created(key('a'), at(1)).tried(&key('a'), true, at(2));
    let published = made.published_key(&rotation(), &key('a'), at(HOUR));
    assert_eq!((published.active_index(), published.keys.len()), (0, 2));
    let previous = published.keys.iter().find(|own| own.origin == Origin::TakenOver).unwrap();
    assert_eq!(
        previous.phase,
        Phase::Superseded { since: at(HOUR) },
        "its overlap begins when there is another"
    );
    let back = published.wanting(Wanted::Rollback);
    let both = seen(&[('x', true, -DAY, NEVER), ('a', true, 1, NEVER)]);
    assert_eq!(
        next(&back, &both, HOUR),
        Step::Stop(Blocked::NothingToReturnTo),
        "nobody knows its secret half"
    );
}

#[test]
fn the_key_that_the_connection_runs_on_never_makes_room() {
    let by = |letter, seen: Seen| Seen { signed_by: Some(key(letter)), ..seen };
    for used in [NEVER, LastUsed::Unknown, LastUsed::At(at(-DAY))] {
        let shown =
            by('x', seen(&[('x', true, -DAY * 400, used), ('y', true, 0, LastUsed::At(at(-2 * DAY)))]));
        let Step::Stop(blocked) = next(&Progress::begin(&[key('x')], at(0)), &shown, 0) else {
            panic!("it is cut off")
        };
        let said = blocked.to_string();
        assert!(said.contains("is the connection's own and stays until") && said.contains("…yyyy"), "{said}");
        let both = Progress::begin(&[key('x'), key('y')], at(0));
        assert_eq!(next(&both, &shown, 0), Step::Deactivate(key('y')), "{used:?}");
    }
    // Somebody has given the connection the previous key again: it is looked at again, and goes when the connection has another.
    let shown = seen(&[('a', true, 1, NEVER), ('b', true, DAY, NEVER)]);
    let (progress, far) = (with_two_keys(), 31 * DAY);
    let wanted = progress.wanting(manual(true));
    assert!(matches!(next(&wanted, &by('a', shown.clone()), far), Step::Stop(Blocked::NoRoom(_))));
    assert_eq!(next(&progress, &by('a', shown.clone()), far), Step::WaitUntil(at(far + HOUR)));
    assert_eq!(next(&progress, &by('b', shown), far), Step::Deactivate(key('a')));
}

#[test]
fn another_user_of_the_same_name_and_no_user_at_all_stop_everything() {
    let stranger = Seen { user_id: Some("AIDAOTHER".into()), ..seen(&[('a', true, 1, NEVER)]) };
    assert_eq!(next(&with_one_key(), &stranger, DAY), Step::Stop(Blocked::UserRecreated));
    let nobody = Seen { user_id: None, ..seen(&[]) };
    assert_eq!(next(&with_one_key(), &nobody, DAY), Step::Stop(Blocked::UserAbsent));
}

#[test]
fn an_orphan_is_what_was_made_since_the_intent_and_nobody_has_used() {
    let before = seen(&[('a', true, 1, NEVER)]);
    let interrupted = with_one_key().creating(&before, at(DAY));
    let with = |created: i64, used| seen(&[('a', true, 1, NEVER), ('o', true, created, used)]);
    for (created, used, is_orphan) in [
        (DAY, NEVER, true),
        (DAY - 5, NEVER, true),
        (DAY + 30, LastUsed::Unknown, true),
        (DAY - 6, NEVER, false),
        (DAY + 31, NEVER, false),
        (DAY, LastUsed::At(at(DAY + 1)), false),
    ] {
        let step = next(&interrupted, &with(created, used), DAY + 40);
        let expected = if is_orphan { Step::Suspend(key('o')) } else { Step::WaitUntil(at(DAY + 150)) };
        assert_eq!(step, expected, "{created} {used:?}");
    }
    assert_eq!(next(&interrupted, &before, DAY + 149), Step::WaitUntil(at(DAY + 150)), "it may still appear");
    assert_eq!(next(&interrupted, &before, DAY + 150), Step::Settle);
    let removed = interrupted.orphan_removed(&key('o'), at(DAY + 130)).wanting(manual(false));
    assert_eq!(next(&removed, &with(DAY, NEVER), DAY + 131), Step::Create, "IAM shows it for a moment more");
    let two = seen(&[('o', true, DAY, NEVER), ('p', true, DAY, NEVER)]);
    let first = Progress::begin(&[], at(DAY)).creating(&seen(&[]), at(DAY));
    assert_eq!(next(&first, &two, DAY + 1), Step::Stop(Blocked::Ambiguous));
}

#[test]
fn a_key_that_seems_to_be_an_orphan_is_inactive_for_an_hour_and_whoever_misses_it_keeps_it() {
    let before = seen(&[('a', true, 1, NEVER)]);
    let interrupted = with_one_key().creating(&before, at(DAY));
    let shown = |active, used| seen(&[('a', true, 1, NEVER), ('o', active, DAY, used)]);
    let suspended = interrupted.suspended(&key('o'), at(DAY + 40));
    let until = DAY + 40 + HOUR;
    let said = suspended.message.clone().unwrap();
    assert!(said.contains("…oooo") && !said.contains("AKIA"), "{said}");
    // IAM may show it as it was for a moment.
    for (active, now) in [(true, DAY + 41), (false, DAY + 41), (false, until - 1)] {
        assert_eq!(
            next(&suspended, &shown(active, NEVER), now),
            Step::WaitUntil(at(until)),
            "{active} {now}"
        );
    }
    assert_eq!(next(&suspended, &shown(false, NEVER), until), Step::RemoveOrphan(key('o')));
    assert_eq!(next(&suspended, &shown(false, LastUsed::Unknown), until), Step::RemoveOrphan(key('o')));
    assert_eq!(next(&suspended, &before, DAY + 41), Step::WaitUntil(at(DAY + 160)));
    assert_eq!(next(&suspended, &before, DAY + 160), Step::Settle, "somebody has deleted it");
    for missed in [shown(true, NEVER), shown(false, LastUsed::At(at(DAY + 20)))] {
        assert_eq!(next(&suspended, &missed, DAY + 200), Step::Spare(key('o')), "{missed:?}");
    }
    let spared = suspended.spared(&key('o'));
    assert_eq!(next(&spared, &shown(true, NEVER), until), Step::Settle, "it is nobody's here");
    let wanted = spared.settled().wanting(manual(true));
    assert!(matches!(next(&wanted, &shown(true, NEVER), until), Step::Stop(Blocked::NoRoom(_))));
}

#[test]
fn what_goes_wrong_is_tried_five_times_and_then_once_a_day() {
    let due = with_one_key().next_rotation_at.unwrap();
    let tomorrow: Timestamp = "2026-02-03T00:00:00Z".parse().unwrap();
    let (mut progress, mut now) = (with_one_key(), due);
    for pause in [60, 120, 240, 480] {
        progress = progress.failed(&rotation(), Mend::Time, "AWS could not be reached", now);
        now = now.plus(Duration::from_secs(pause));
        assert_eq!((progress.retry_at, progress.next_rotation_at), (Some(now), Some(tomorrow)));
        assert!(matches!(progress.wanted, Some(Wanted::Rotation { trigger: Trigger::Schedule, .. })));
    }
    for day in [tomorrow, "2026-02-04T00:00:00Z".parse().unwrap()] {
        progress = progress.failed(&rotation(), Mend::Owner, "no", now);
        assert_eq!((progress.retry_at, progress.next_rotation_at), (Some(day), Some(day)));
        now = day;
    }
    // Somebody asks: it begins anew.
    assert_eq!(progress.wanting(manual(false)).retry_at, None);
    // A key that is on its way is not left lying for a day, nor does anybody wait so long for a first one.
    let under_way = with_one_key().creating(&seen(&[]), due);
    for mut progress in [under_way, Progress::begin(&[], at(0))] {
        for _ in 0..9 {
            progress = progress.failed(&rotation(), Mend::Time, "x", due);
        }
        assert_eq!(progress.retry_at, Some(due.plus(Duration::from_secs(900))));
    }
    // What is wrong with a previous key does not bring the next rotation forward.
    let kept = with_two_keys().failed(&rotation(), Mend::Owner, "x", at(2 * DAY));
    assert_eq!((kept.wanted, kept.next_rotation_at), (None, with_two_keys().next_rotation_at));
}

#[test]
fn a_rotation_that_was_due_is_not_made_once_rotations_do_not_happen_by_themselves() {
    let mut manually = rotation();
    manually.schedule.is_auto_rotation_enabled = false;
    let due = with_two_keys().next_rotation_at.unwrap();
    let in_use = Blocked::InUse { key: "…aaaa".into(), until: due.plus(Duration::from_secs(3_600)) };
    let blocked = with_two_keys().blocked(&rotation(), &in_use, due);
    assert!(matches!(blocked.wanted, Some(Wanted::Rotation { trigger: Trigger::Schedule, .. })));
    let off = blocked.rescheduled(&manually);
    assert_eq!((off.wanted, off.next_rotation_at, off.retry_at, off.failures), (None, None, None, 0));
    assert_eq!((off.status, off.message.as_ref()), (RotationStatus::Success, None));
    // With another interval it is as due as before, and so is what somebody asked for.
    let mut sooner = rotation();
    sooner.schedule.interval_days = 1;
    assert_eq!(blocked.rescheduled(&sooner).wanted, blocked.wanted);
    let asked = with_two_keys().wanting(manual(false)).blocked(&rotation(), &in_use, due);
    let kept = asked.rescheduled(&manually);
    assert_eq!((kept.wanted, kept.status, kept.retry_at), (asked.wanted, asked.status, asked.retry_at));
    let without = blocked.deleted(&key('b'), due);
    assert_eq!(without.rescheduled(&manually).wanted, blocked.wanted, "the secrets hold a key that is gone");
}

#[test]
fn a_key_that_was_begun_comes_into_the_secrets_or_goes_although_nothing_happens_by_itself_any_more() {
    let mut manually = rotation();
    manually.schedule.is_auto_rotation_enabled = false;
    let (due, before) = (with_one_key().next_rotation_at.unwrap(), seen(&[('a', true, 1, NEVER)]));
    let failed = |progress: Progress| progress.failed(&rotation(), Mend::Time, "no answer", due);
    let interrupted = failed(with_one_key().creating(&before, due)).rescheduled(&manually);
    let said = interrupted.message.as_deref();
    assert_eq!(
        (interrupted.wanted, interrupted.status, said),
        (None, RotationStatus::Failed, Some("no answer"))
    );
    let later = due.plus(Duration::from_secs(200));
    assert_eq!(interrupted.next(&manually, &before, later), Step::Settle);
    assert_eq!(interrupted.settled().next(&manually, &before, later), Step::Idle);
    assert_eq!(interrupted.settled().recovered().unwrap().status, RotationStatus::Success);

    let made = with_one_key().creating(&before, due).created(key('b'), due);
    let made = failed(made).rescheduled(&manually);
    let shown = Seen {
        keys: vec![
            before.keys[0].clone(),
            SeenKey { id: key('b'), created_at: due, ..before.keys[0].clone() },
        ],
        ..before
    };
    assert_eq!(made.next(&manually, &shown, due), Step::Prove(key('b')));
    let proved = made.tried(&key('b'), true, due).tried(&key('b'), true, due.plus(Duration::from_secs(10)));
    assert_eq!(proved.next(&manually, &shown, due), Step::Publish(key('b')));
    let published = proved.published_key(&manually, &key('b'), due);
    assert_eq!((published.wanted, published.next_rotation_at), (None, None));
}

#[test]
fn a_user_with_another_name_is_the_same_user_and_is_told_by_its_name() {
    let renamed = Seen { user_id: None, renamed_to: Some("svc2".into()), ..seen(&[]) };
    let stop = Step::Stop(Blocked::UserRenamed("svc2".into()));
    assert_eq!(next(&with_one_key(), &renamed, DAY), stop);
    assert_eq!(with_one_key().ending(&renamed, at(DAY)), stop, "its keys are still there");
}

#[test]
fn a_rollback_proves_the_previous_key_again_and_publishes_it() {
    let shown = |active| seen(&[('a', active, 1, NEVER), ('b', true, DAY, NEVER)]);
    let inactive = with_two_keys().deactivated(&key('a'), at(2 * DAY)).wanting(Wanted::Rollback);
    assert_eq!(next(&inactive, &shown(false), 2 * DAY), Step::Reactivate(key('a')));
    let back = inactive.returning(&key('a'), at(2 * DAY));
    assert_eq!(back.active_index(), 1, "the current one stays until the other is proved");
    assert_eq!(next(&back, &shown(true), 2 * DAY), Step::Prove(key('a')));
    let proved = back.tried(&key('a'), true, at(2 * DAY)).tried(&key('a'), true, at(2 * DAY + 10));
    let published = proved.published_key(&rotation(), &key('a'), at(2 * DAY + 10));
    assert_eq!(
        (published.active_index(), published.wanted, published.last_trigger),
        (0, None, Some(Trigger::Manual))
    );
    assert!(published.keys.iter().any(|own| own.id == key('b') && own.is_previous()));

    let failed = back.tried(&key('a'), false, at(2 * DAY + 590));
    assert_eq!(next(&failed, &shown(true), 2 * DAY + 600), Step::LeaveOut(key('a')));
    let left = failed.not_returned(&key('a'), at(2 * DAY + 600));
    assert_eq!((left.wanted, left.active_index(), left.keys.len()), (None, 1, 2));
    let none = with_one_key().wanting(Wanted::Rollback);
    let stop = Step::Stop(Blocked::NothingToReturnTo);
    assert_eq!(next(&none, &seen(&[('a', true, 1, NEVER)]), DAY), stop);
    assert_eq!(none.blocked(&rotation(), &Blocked::NothingToReturnTo, at(DAY)).wanted, None);
}

#[test]
fn what_somebody_else_did_to_our_keys_is_noticed() {
    let one = seen(&[('b', true, DAY, NEVER)]);
    assert_eq!(next(&with_two_keys(), &one, 2 * DAY), Step::Forget(key('a')));
    assert_eq!(next(&with_one_key(), &seen(&[]), DAY), Step::Forget(key('a')));
    let without = with_one_key().deleted(&key('a'), at(DAY));
    assert_eq!(next(&without, &seen(&[]), DAY), Step::Create, "the secrets hold a key that is gone");
    let inactive = seen(&[('a', true, 1, NEVER), ('b', false, DAY, NEVER)]);
    let far = 29 * DAY + 12 * HOUR;
    assert!(
        matches!(next(&with_two_keys(), &inactive, far), Step::WaitUntil(_)),
        "the previous one is all there is"
    );
    let wanted = with_two_keys().wanting(manual(true));
    assert_eq!(next(&wanted, &inactive, 2 * DAY), Step::Stop(Blocked::CurrentInactive("…bbbb".into())));
}

#[test]
fn only_what_it_says_is_an_access_keys_id() {
    for text in ["", "AKIA", "AKIA EXAMPLE 12345", "AKIA/EXAMPLE*12345", &"A".repeat(129)] {
        assert_eq!(text.parse::<AccessKeyId>(), Err(NotAnAccessKeyId), "{text:?}");
    }
    assert_eq!(key('z').last_four(), "zzzz");
}

#[test]
fn a_deleted_rotation_removes_the_keys_that_it_made_and_no_other() {
    let shown = seen(&[('a', true, 1, LastUsed::Never), ('x', true, 1, LastUsed::Never)]);
    let progress = with_one_key();
    assert_eq!(progress.ending(&shown, at(DAY)), Step::Delete(key('a')));
    assert_eq!(progress.deleted(&key('a'), at(DAY)).ending(&shown, at(DAY)), Step::Idle);
    let given = Progress::begin(&[key('x')], at(0)).pinned(&shown);
    assert_eq!(given.ending(&shown, at(DAY)), Step::Idle, "one that was taken over was not generated");
    let recreated = Seen { user_id: Some("AIDAOTHER".into()), ..shown.clone() };
    assert_eq!(progress.ending(&recreated, at(DAY)), Step::Idle, "another user's keys are not touched");
    let interrupted = progress.creating(&shown, at(DAY));
    assert!(matches!(interrupted.ending(&shown, at(DAY)), Step::WaitUntil(_)), "one may still come");
}

#[test]
fn a_rotation_of_another_user_forgets_the_keys_of_the_former_one() {
    let next = with_two_keys().retargeted();
    assert_eq!((next.user_id.as_ref(), next.keys.len()), (None, 0));
    assert_eq!(next.next(&rotation(), &seen(&[]), at(2 * DAY)), Step::Create);
}

#[test]
fn a_look_that_went_wrong_is_forgotten_when_the_next_one_finds_nothing_to_do() {
    let failed = with_two_keys().failed(&rotation(), Mend::Time, "AWS could not be reached", at(2 * DAY));
    let again = failed.recovered().unwrap();
    assert_eq!((again.status, again.message.clone(), again.failures), (RotationStatus::Success, None, 0));
    assert_eq!(again.recovered(), None, "nothing to take back");
    let wanted = failed.wanting(manual(false));
    assert_eq!(
        wanted.failed(&rotation(), Mend::Time, "x", at(2 * DAY)).recovered(),
        None,
        "it is still to be done"
    );
    let refused =
        with_one_key().wanting(Wanted::Rollback).blocked(&rotation(), &Blocked::NothingToReturnTo, at(DAY));
    assert_eq!(refused.recovered(), None, "what was refused stays said");
}
