//! One kind of work in the background through a day, second by second: the list of due things, the tick that reads it each
//! minute, the queue, and the workers that claim.

use std::collections::{BTreeSet, VecDeque};

use super::constants::Worker;
use super::load::{CALL, DAY};

/// One kind of work.
#[derive(Debug, Clone)]
pub struct Lane {
    /// What the worker is allowed.
    pub worker: Worker,
    /// Seconds of one look.
    pub look: f64,
    /// Looks until it is done; between two of them it is due again after ten seconds, and the tick finds it.
    pub looks: u64,
    /// Whether whoever wants the work sends a message, and does not leave it to the tick.
    pub wakes: bool,
    /// Write units of the index's partition when a thing becomes due, is claimed, and is put away.
    pub writes: [f64; 3],
    /// Seconds that a message waits in the queue before it is seen.
    pub delay: u64,
}

/// What a day was like.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Day {
    /// Things that were done.
    pub done: u64,
    /// Write units a second of the list's partition, in the worst minute.
    pub writes: f64,
    /// Messages a second that were sent, in the worst minute.
    pub messages: f64,
    /// Workers at once, in the worst minute.
    pub workers: f64,
    /// The longest that a thing waited from when it was due until a worker took it, in seconds.
    pub wait: u64,
    /// Things still waiting when the day was over.
    pub left: u64,
}

impl Lane {
    /// A day on which `arrivals` says how many things become due by each second.
    #[must_use]
    pub fn day(&self, mut arrivals: impl FnMut(u64) -> f64) -> Day {
        let mut day = Day::default();
        let (mut owed, mut next_id) = (0.0, 0);
        // What is due and not taken, oldest first: since when, which, and how many looks it had.
        let mut due: BTreeSet<(u64, u64, u64)> = BTreeSet::new();
        let mut queue: VecDeque<(u64, (u64, u64, u64))> = VecDeque::new();
        let (mut minute, mut capacity) = ([0.0; 3], 0.0);
        for second in 0..DAY {
            owed += arrivals(second);
            while owed >= 1.0 {
                owed -= 1.0;
                let thing = (second, next_id, 0);
                next_id += 1;
                due.insert(thing);
                minute[0] += self.writes[0];
                if self.wakes {
                    queue.push_back((second + self.delay, thing));
                    minute[1] += 1.0;
                }
            }
            if second % 60 == 0 {
                let a_tick = usize::try_from(self.worker.a_tick).unwrap_or(usize::MAX);
                for thing in due.iter().take_while(|(at, _, _)| *at <= second).take(a_tick) {
                    queue.push_back((second + self.delay, *thing));
                    minute[1] += 1.0;
                }
            }
            capacity = capacity_of(self.worker.at_once).min(capacity + capacity_of(self.worker.at_once));
            while capacity > 0.0 && queue.front().is_some_and(|(seen, _)| *seen <= second) {
                let Some((_, thing)) = queue.pop_front() else { break };
                // A message about something that was taken meanwhile costs one read.
                if !due.remove(&thing) {
                    capacity -= CALL;
                    minute[2] += CALL;
                    continue;
                }
                let (at, id, looks) = thing;
                day.wait = day.wait.max(second - at);
                capacity -= self.look;
                minute[2] += self.look;
                minute[0] += self.writes[1] + self.writes[2];
                if looks + 1 < self.looks {
                    due.insert((second + 10, id, looks + 1));
                } else {
                    day.done += 1;
                }
            }
            if second % 60 == 59 {
                let [writes, messages, busy] = minute.map(|sum| sum / 60.0);
                day.writes = day.writes.max(writes);
                day.messages = day.messages.max(messages);
                day.workers = day.workers.max(busy);
                minute = [0.0; 3];
            }
        }
        day.left = u64::try_from(due.len()).unwrap_or(u64::MAX);
        day
    }
}

/// Seconds of work that so many workers do in a second.
fn capacity_of(workers: u64) -> f64 {
    f64::from(u32::try_from(workers).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(at_once: u64, a_tick: u64) -> Lane {
        let worker = Worker { at_once, a_tick };
        Lane { worker, look: 1.0, looks: 1, wakes: false, writes: [1.0, 2.0, 1.0], delay: 2 }
    }

    /// So many things at the first second of the second minute.
    fn at_once(count: f64) -> impl FnMut(u64) -> f64 {
        move |second| if second == 60 { count } else { 0.0 }
    }

    #[test]
    fn what_is_due_at_once_is_done_as_fast_as_the_tick_and_the_workers_allow() {
        let slow_tick = lane(100, 50).day(at_once(500.0));
        assert_eq!((slow_tick.done, slow_tick.left), (500, 0));
        assert_eq!(slow_tick.wait, 9 * 60 + 2, "ten ticks of fifty");
        let slow_workers = lane(1, 1_000).day(at_once(500.0));
        assert_eq!(slow_workers.done, 500);
        assert!((500..700).contains(&slow_workers.wait), "{}", slow_workers.wait);
        assert!(slow_workers.workers <= 1.0 + f64::EPSILON);
    }

    #[test]
    fn a_day_that_brings_more_than_the_workers_do_leaves_the_rest() {
        let day = Lane { wakes: true, ..lane(1, 1) }.day(|_| 2.0);
        assert!(day.left > 80_000 && day.wait > 40_000, "{day:?}");
    }

    #[test]
    fn a_thing_costs_its_writes_once_and_its_looks_each() {
        let day = Lane { looks: 4, ..lane(100, 1_000) }.day(at_once(60.0));
        assert_eq!(day.done, 60);
        assert!((day.writes - 4.0).abs() < 1e-9, "sixty things of four units in one minute: {}", day.writes);
        assert!(day.wait <= 62, "{}", day.wait);
    }
}
