//! When rotations are due.

use super::*;

fn schedule(interval_days: u32, hours: u8, minutes: u8) -> Schedule {
    Schedule { is_auto_rotation_enabled: true, interval_days, rotate_at_utc: UtcTime { hours, minutes } }
}

#[test]
fn the_next_rotation_is_at_its_time_of_day_an_interval_later() {
    use Trigger::{Creation, Manual, Schedule as Due};
    for (last, schedule, trigger, next) in [
        ("2026-01-02T03:04:05Z", schedule(30, 0, 0), Due, "2026-02-01T00:00:00Z"),
        ("2026-01-02T03:04:05Z", schedule(30, 0, 0), Manual, "2026-02-02T00:00:00Z"),
        ("2026-01-02T03:04:05Z", schedule(30, 0, 0), Creation, "2026-02-02T00:00:00Z"),
        ("2026-01-02T03:04:05Z", schedule(30, 22, 30), Manual, "2026-02-01T22:30:00Z"),
        ("2026-01-02T03:04:00Z", schedule(1, 3, 4), Manual, "2026-01-03T03:04:00Z"),
        ("2026-01-02T03:04:00.001Z", schedule(1, 3, 4), Manual, "2026-01-04T03:04:00Z"),
        // Late by days: once, and then as if it had been in time.
        ("2026-01-20T00:00:00Z", schedule(7, 23, 59), Due, "2026-01-27T23:59:00Z"),
        ("2024-02-28T12:00:00Z", schedule(1, 0, 0), Due, "2024-02-29T00:00:00Z"),
    ] {
        let found = schedule.next_after(last.parse().unwrap(), trigger);
        assert_eq!(found, Some(next.parse().unwrap()), "{last} {schedule:?} {trigger:?}");
    }
    let off = Schedule { is_auto_rotation_enabled: false, ..schedule(30, 0, 0) };
    assert_eq!(off.next_after(at(0), Trigger::Schedule), None);
}

#[test]
fn another_schedule_counts_from_the_last_rotation() {
    let mut rotation = rotation();
    let progress = with_one_key();
    assert_eq!(progress.next_rotation_at, Some("2026-02-02T00:00:00Z".parse().unwrap()));
    rotation.schedule.interval_days = 7;
    assert_eq!(
        progress.rescheduled(&rotation).next_rotation_at,
        Some("2026-01-10T00:00:00Z".parse().unwrap())
    );
    rotation.schedule.is_auto_rotation_enabled = false;
    assert_eq!(progress.rescheduled(&rotation).next_rotation_at, None);
    assert_eq!(Progress::begin(&[], at(0)).rescheduled(&rotation).next_rotation_at, None);
}

#[test]
fn a_quarter_of_a_short_interval_is_the_most_that_a_previous_key_is_waited_for() {
    for (days, quiet_hours, grace_hours, lead_hours) in
        [(30, 6, 24, 25), (4, 6, 24, 25), (2, 6, 12, 13), (1, 6, 6, 7)]
    {
        let (timings, schedule) = (Timings::default(), schedule(days, 0, 0));
        let hours = |span: std::time::Duration| span.as_secs() / 3_600;
        let found = (
            hours(timings.quiet(&schedule)),
            hours(timings.grace(&schedule)),
            hours(timings.lead(&schedule)),
        );
        assert_eq!(found, (quiet_hours, grace_hours, lead_hours), "{days} days");
        assert_eq!(timings.overlap(&schedule), schedule.interval());
    }
    let own = Timings { overlap_hours: Some(2), quiet_hours: Some(0), grace_hours: Some(1_000) };
    let schedule = schedule(1, 0, 0);
    assert_eq!((own.overlap(&schedule).as_secs(), own.quiet(&schedule).as_secs()), (7_200, 0));
    assert_eq!(own.lead(&schedule), schedule.interval() / 2);
}

#[test]
fn pauses_grow_to_their_longest_and_stay_there() {
    for (mend, failures, seconds) in [
        (Mend::Time, 1, 60),
        (Mend::Time, 4, 480),
        (Mend::Time, 9, 900),
        (Mend::Owner, 1, 900),
        (Mend::Owner, 7, 57_600),
        (Mend::Owner, 8, 86_400),
        (Mend::Owner, u32::MAX, 86_400),
    ] {
        assert_eq!(mend.pause(failures).as_secs(), seconds, "{mend:?} {failures}");
    }
}
