//! No value is ever in a log, a status, a ledger, a message or the trail, whatever goes wrong.

use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use model::message::Noun;
use model::secret_sync::run::Removal;
use testkit::account::{Fault, Secret};
use tracing_subscriber::fmt::MakeWriter;

use super::clock;
use super::world::{ALL, World};

const CANARY: &str = "canary-in-a-coal-mine";

/// Everything that the tests of this process log, at the most that an operator can choose.
#[derive(Debug, Clone, Default)]
struct Watch(Arc<Mutex<(usize, Vec<String>)>>);

impl io::Write for Watch {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(bytes);
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.0 += usize::from(line.contains("secret_sync"));
        if line.contains(CANARY) {
            seen.1.push(line.into_owned());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Watch {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

fn watch() -> Watch {
    static WATCH: OnceLock<Watch> = OnceLock::new();
    let begin = || {
        let watch = Watch::default();
        // As `web::start` filters it: our own crates alone speak below `info`.
        let filter =
            tracing_subscriber::filter::Targets::new().with_default(tracing::Level::INFO).with_targets(
                [
                    "access",
                    "destination",
                    "job",
                    "model",
                    "queue",
                    "seal",
                    "secret_sync_worker",
                    "store",
                    "vault",
                ]
                .map(|name| (name, tracing::Level::TRACE)),
            );
        use tracing_subscriber::layer::SubscriberExt as _;
        let lines = tracing_subscriber::fmt::layer().with_writer(watch.clone());
        let log = tracing_subscriber::registry().with(filter).with(lines);
        tracing::subscriber::set_global_default(log).expect("the only log of this process");
        watch
    };
    WATCH.get_or_init(begin).clone()
}

#[tokio::test]
async fn no_value_leaves_its_way_to_the_destination() {
    let watch = watch();
    let value = |n: usize| format!("{CANARY}-{n}");
    for kind in ALL {
        let world = World::new().await;
        world.put(&[("A", Some(&value(1))), ("B", Some(&format!("{} ${{A}} ${{NOWHERE}}", value(2))))]).await;
        world.aws.account.put_secret("C", Secret::of(&value(3)));
        let sync = world.sync(kind).await;
        world.settle().await;
        // An AWS that repeats what it was sent, in every kind of refusal.
        for (status, code) in
            [(400, "ValidationException"), (400, "AccessDeniedException"), (500, "InternalServiceError")]
        {
            let words = "Value 'canary-in-a-coal-mine-4' at 'value' failed to satisfy constraint";
            world.aws.account.set_faults(move |call| {
                let writes = ["Put", "Create", "Update"].iter().any(|verb| call.action.contains(verb));
                (writes && call.before < 20).then_some(Fault::Error(status, code, words))
            });
            world.put(&[("D", Some(&value(4)))]).await;
            clock::advance(3);
            let ends = clock::now().plus(std::time::Duration::from_secs(61));
            let deadline = job::Deadline::new(clock::now, ends);
            let _ = job::Worker::work(&world.worker, Noun::SecretSync, &sync.id.to_string(), deadline).await;
            let state = format!("{:?}", world.run_of(sync.id).await);
            assert!(!state.contains(CANARY), "{kind} {code}: {state}");
            world.aws.account.mend();
        }
        world.spoil("A").await;
        world.put(&[("E", Some(&value(5)))]).await;
        world.recover(sync.id).await;
        assert!(world.outcome(sync.id).await.1.contains("'A'"), "{kind}");
        world.want_removal(sync.id, Removal::Keep).await;
        world.settle().await;
        let state = format!("{:?}", world.run_of(sync.id).await);
        let ledger = format!("{:?}", world.safe.secret_sync_ledger(sync.id).await.unwrap());
        assert!(!state.contains(CANARY) && !ledger.contains(CANARY), "{kind}: {state}");
    }
    let seen = watch.0.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(seen.0 > 0, "the watch slept");
    assert_eq!(seen.1, Vec::<String>::new());
}
