//! Time that passes only when nothing else can happen: an hour of waiting takes no time.

use std::collections::BTreeMap;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

/// A clock that [`SimulatedClock::run`] moves. Clones are the same clock.
#[derive(Debug, Clone)]
pub struct SimulatedClock(Arc<Mutex<Timers>>);

#[derive(Debug)]
struct Timers {
    now: Instant,
    waiting: BTreeMap<(Instant, u64), Waker>,
    next: u64,
}

impl Default for SimulatedClock {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Timers { now: Instant::now(), waiting: BTreeMap::new(), next: 0 })))
    }
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl SimulatedClock {
    fn timers(&self) -> MutexGuard<'_, Timers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it shows.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.timers().now
    }

    /// Waits until it shows `at`.
    #[must_use]
    pub fn sleep_until(self, at: Instant) -> Sleep {
        Sleep { clock: self, at, entry: None }
    }

    /// Waits as long.
    pub async fn sleep(self, span: Duration) {
        let at = self.now() + span;
        self.sleep_until(at).await;
    }

    /// Moves to the next moment that somebody waits for; `false` when nobody waits. For futures that wait for other things too,
    /// and for which [`SimulatedClock::run`] cannot tell when it is time.
    #[must_use]
    pub fn advance(&self) -> bool {
        let mut timers = self.timers();
        let Some(((at, _), waker)) = timers.waiting.pop_first() else { return false };
        timers.now = timers.now.max(at);
        drop(timers);
        waker.wake();
        true
    }

    /// Runs a future to its end. Whenever it waits for nothing but this clock, the clock moves to the next moment that
    /// somebody waits for.
    ///
    /// # Panics
    /// When the future waits for something that never comes.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        #[expect(clippy::expect_used, reason = "a mistake of the test's")]
        // The SDKs make timers of their own, which need a runtime and never ring here.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let _guard = runtime.enter();
        let woken = Arc::new(Woken(AtomicBool::new(true)));
        let waker = Waker::from(woken.clone());
        let mut future = pin!(future);
        loop {
            while woken.0.swap(false, Ordering::SeqCst) {
                if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return done;
                }
            }
            assert!(self.advance(), "the future waits for something that never comes");
        }
    }
}

/// Ends when its clock shows its moment.
#[derive(Debug)]
pub struct Sleep {
    clock: SimulatedClock,
    at: Instant,
    entry: Option<(Instant, u64)>,
}

impl Sleep {
    fn forget(&mut self) {
        if let Some(entry) = self.entry.take() {
            self.clock.timers().waiting.remove(&entry);
        }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.forget();
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.forget();
        let mut timers = self.clock.timers();
        if timers.now >= self.at {
            return Poll::Ready(());
        }
        timers.next += 1;
        let entry = (self.at, timers.next);
        timers.waiting.insert(entry, context.waker().clone());
        drop(timers);
        self.entry = Some(entry);
        Poll::Pending
    }
}
