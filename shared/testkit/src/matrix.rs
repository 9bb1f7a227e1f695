//! What dying anywhere was shown to do: rows for the table that `tests/crash_matrix/run` prints.
//!
//! Tests that tell rows are in modules named `crash_matrix`, which is how that command finds them; each of them tells at
//! least one row, after what the row says was asserted.

mod requests;

use std::thread;

use crate::fuse::Fault;

pub use requests::{Again, Deployment, Row, clean_up, fence, requests};

/// In which ways something breaks that makes so many calls.
pub type Faults = fn(u32) -> Vec<Fault>;

/// Every way to die in a deed of `calls` calls: before each of them, and after each of them, unheard.
#[must_use]
pub fn deaths(calls: u32) -> Vec<Fault> {
    (1..=calls).flat_map(|call| [Fault::Die(call), Fault::DieAfter(call)]).collect()
}

/// Every state in which a deed of `calls` calls can leave the world by dying, each once: where calls follow one another, dying
/// after one of them leaves the world as dying before the next one does. Half as many cases as [`deaths`].
#[must_use]
pub fn moments(calls: u32) -> Vec<Fault> {
    (1..=calls).map(Fault::Die).chain([Fault::DieAfter(calls)]).collect()
}

/// Each of `calls` calls does not get through, or its answer is lost; the process goes on.
#[must_use]
pub fn hiccups(calls: u32) -> Vec<Fault> {
    (1..=calls).flat_map(|call| [Fault::Fail(call), Fault::LoseAnswer(call)]).collect()
}

/// Does `attempt` without a fault, and then once for each [`sample`]d way in which its calls break; tells the row. `attempt` asserts what
/// holds, and answers how many calls it made.
///
/// # Panics
/// When an undisturbed attempt makes no more than `least` calls, too few to be true.
pub async fn everywhere(
    operation: &str,
    least: u32,
    faults: Faults,
    verdict: &str,
    attempt: impl AsyncFn(Fault) -> u32,
) {
    let calls = Box::pin(attempt(Fault::None)).await;
    assert!(calls > least, "{operation}: {calls} calls are too few to be true");
    let faults = sample(faults(calls));
    for fault in &faults {
        Box::pin(attempt(*fault)).await;
    }
    tell(operation, calls, faults.len(), verdict);
}

/// Those of `faults` that this run tries: all of them where the environment says `CRASH_MATRIX=whole`, as
/// `tests/crash_matrix/run` does. Otherwise, so that the ordinary tests stay quick, the first, the last, and every third of
/// those between, which third depending on their number.
#[must_use]
pub fn sample(faults: Vec<Fault>) -> Vec<Fault> {
    #[expect(clippy::disallowed_methods, reason = "how much is tried is the caller's of the tests to say")]
    let is_whole = std::env::var("CRASH_MATRIX").is_ok_and(|asked| asked == "whole");
    let count = faults.len();
    let is_meant = |place: usize| is_whole || place == 0 || place + 1 == count || place % 3 == count % 3;
    faults.into_iter().enumerate().filter(|(place, _)| is_meant(*place)).map(|(_, fault)| fault).collect()
}

/// Prints one row: what was done, how many calls to AWS and the table it makes undisturbed, how many times it was disturbed,
/// and what held each time.
///
/// Call it last, when everything was asserted: a row stands for what was seen.
///
/// # Panics
/// When nothing was disturbed, of which there is nothing to tell.
pub fn tell(operation: &str, calls: u32, cases: usize, verdict: &str) {
    assert!(cases > 0, "{operation}: no case");
    #[expect(clippy::disallowed_methods, reason = "cargo tells a test which crate it is of")]
    let of = std::env::var("CARGO_PKG_NAME").unwrap_or_else(|_| "?".into());
    let thread = thread::current();
    let test = thread.name().unwrap_or("?");
    // One write, so that rows of tests that run at the same time stay whole.
    print!("{}", row(&of, operation, calls, cases, verdict, test));
}

fn row(of: &str, operation: &str, calls: u32, cases: usize, verdict: &str, test: &str) -> String {
    format!("crash-matrix\t{of}\t{operation}\t{calls}\t{cases}\t{verdict}\t{test}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_one_line_of_fields_between_tabs() {
        let row = row("worker", "first sync", 12, 24, "converges", "crash_matrix::a");
        assert_eq!(row, "crash-matrix\tworker\tfirst sync\t12\t24\tconverges\tcrash_matrix::a\n");
    }

    #[test]
    fn deaths_come_before_and_after_every_call() {
        let all = [Fault::Die(1), Fault::DieAfter(1), Fault::Die(2), Fault::DieAfter(2)];
        assert_eq!(deaths(2), all);
        assert_eq!(moments(2), [Fault::Die(1), Fault::Die(2), Fault::DieAfter(2)]);
    }

    #[test]
    fn a_sample_has_the_first_and_the_last_fault_and_a_third_of_those_between() {
        for all in (1..40).flat_map(|calls| [moments(calls), deaths(calls), hiccups(calls)]) {
            let some = sample(all.clone());
            assert!(some.iter().all(|fault| all.contains(fault)));
            assert_eq!((some.first(), some.last()), (all.first(), all.last()), "{}", all.len());
            assert!(some.len() * 3 >= all.len(), "{}", all.len());
        }
    }

    #[test]
    #[should_panic(expected = "no case")]
    fn a_row_about_nothing_is_not_told() {
        tell("nothing", 1, 0, "converges");
    }
}
