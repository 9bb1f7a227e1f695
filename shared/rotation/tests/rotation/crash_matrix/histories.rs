//! Random histories of the whole executor: ticks, wishes, deaths at any call, throttling, lost answers, late keys and late
//! lists, clocks that differ, permissions that come and go, and people who make and delete keys of their own.
//!
//! `ROTATION_HISTORIES` says how many; a dozen by default.

use std::collections::BTreeSet;
use std::time::Duration;

use model::Timestamp;
use model::id::KeyRotationId;
use model::key_rotation::{Trigger, Wanted};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use testkit::fuse::Fault;
use testkit::iam::Key;
use testkit::matrix;

use crate::clock;
use crate::world::{DAY, HOUR, ID, USER, World};

const ACTIONS: [&str; 7] = [
    "iam:ListUsers",
    "iam:ListAccessKeys",
    "iam:GetAccessKeyLastUsed",
    "iam:CreateAccessKey",
    "iam:UpdateAccessKey",
    "iam:DeleteAccessKey",
    "sts:GetCallerIdentity",
];

/// Something breaks before so many calls.
const FAULTY: u32 = 60;

#[derive(Debug, Clone)]
enum Event {
    Work(Fault),
    Want(Wanted, Fault),
    Pass(u64),
    Throttle(usize, usize),
    LoseAnswer(usize),
    Deny(usize),
    Allow,
    HumanCreates,
    HumanDeletes,
    HumanUses(usize),
    Slowness(u64),
    Lag(u64),
    Skew(i64),
}

fn faults() -> impl Strategy<Value = Fault> {
    let call = || 1..FAULTY;
    prop_oneof![
        6 => Just(Fault::None),
        1 => call().prop_map(Fault::Die),
        1 => call().prop_map(Fault::DieAfter),
        1 => call().prop_map(Fault::Fail),
        1 => call().prop_map(Fault::LoseAnswer),
    ]
}

fn events() -> impl Strategy<Value = Event> {
    let manual = |ignores_use| Wanted::Rotation { trigger: Trigger::Manual, ignores_use };
    let wanted = prop_oneof![3 => any::<bool>().prop_map(manual), 1 => Just(Wanted::Rollback)];
    let spans = [1, 12, 61, 150, 700, HOUR, 5 * HOUR, DAY, 7 * DAY, 31 * DAY];
    prop_oneof![
        12 => faults().prop_map(Event::Work),
        8 => proptest::sample::select(spans.to_vec()).prop_map(Event::Pass),
        3 => (wanted, faults()).prop_map(|(wanted, fault)| Event::Want(wanted, fault)),
        1 => (0..ACTIONS.len(), 1..4_usize).prop_map(|(action, times)| Event::Throttle(action, times)),
        1 => (0..ACTIONS.len()).prop_map(Event::LoseAnswer),
        1 => (0..ACTIONS.len()).prop_map(Event::Deny),
        1 => Just(Event::Allow),
        1 => Just(Event::HumanCreates),
        1 => Just(Event::HumanDeletes),
        2 => (0..2_usize).prop_map(Event::HumanUses),
        1 => (0..45_u64).prop_map(Event::Slowness),
        1 => (0..20_u64).prop_map(Event::Lag),
        1 => (-4..5_i64).prop_map(Event::Skew),
    ]
}

/// A world, and what is known to be true of it so far.
struct History {
    world: World,
    id: KeyRotationId,
    /// Keys that people made.
    foreign: BTreeSet<String>,
    denied: BTreeSet<&'static str>,
    /// The key in the secrets at the last look.
    published: Option<String>,
    publications: usize,
}

impl History {
    async fn begin() -> Self {
        let world = World::new().await;
        let rotation = world.made().await;
        let published = world.published().await;
        Self {
            id: rotation.id,
            foreign: BTreeSet::new(),
            denied: BTreeSet::new(),
            published,
            publications: 1,
            world,
        }
    }

    async fn meet(&mut self, event: &Event) {
        let (world, iam) = (&self.world, &self.world.iam);
        match event {
            Event::Work(fault) => {
                world.life.arm(*fault);
                if world.safe.key_rotations_due(clock::now(), 10).await.unwrap().contains(&self.id) {
                    let _ = world.advance(self.id).await;
                }
            }
            Event::Want(wanted, fault) => {
                world.life.arm(*fault);
                let _ = world.want(self.id, *wanted).await;
            }
            Event::Pass(seconds) => clock::advance(Duration::from_secs(*seconds)),
            Event::Throttle(action, times) => iam.throttle(ACTIONS[*action], *times),
            Event::LoseAnswer(action) => iam.lose_answers(ACTIONS[*action], 1),
            Event::Deny(action) => {
                iam.deny(ACTIONS[*action]);
                self.denied.insert(ACTIONS[*action]);
            }
            Event::Allow => self.allow_all(),
            Event::HumanCreates => self.human_creates().await,
            Event::HumanDeletes => self.human_deletes(),
            Event::HumanUses(which) => self.somebody_uses(*which),
            Event::Slowness(seconds) => iam.set_slowness(Duration::from_secs(*seconds)),
            Event::Lag(seconds) => iam.set_listing_lag(Duration::from_secs(*seconds)),
            Event::Skew(seconds) => iam.set_skew(*seconds),
        }
        self.world.life.arm(Fault::None);
    }

    fn allow_all(&mut self) {
        self.denied.clear();
        ACTIONS.iter().for_each(|action| self.world.iam.allow(action));
    }

    /// Whoever makes a key uses it. Where that cannot be known, nobody makes one while a call is interrupted: what becomes of
    /// that is told in `orphans`.
    async fn human_creates(&mut self) {
        let is_blind = self.denied.contains("iam:GetAccessKeyLastUsed");
        let intent = self.world.read(self.id).await.state.value.progress.intent;
        if self.world.iam.keys(USER).len() < 2 && !(is_blind && intent.is_some()) {
            let id = self.world.iam.put_key(USER);
            self.world.iam.change_key(&id, |key| Some(Key { last_used: Some(clock::now()), ..key }));
            self.foreign.insert(id);
        }
    }

    fn human_deletes(&self) {
        for key in self.world.iam.keys(USER).into_iter().filter(|key| self.foreign.contains(&key.id)) {
            self.world.iam.change_key(&key.id, |_| None);
        }
    }

    /// Who read the secrets uses what was in them; who has a key of their own, that.
    fn somebody_uses(&self, which: usize) {
        let keys = self.world.iam.keys(USER);
        let known = keys.get(which).filter(|key| {
            let is_known = self.foreign.contains(&key.id) || !self.world.iam.proofs(&key.id).is_empty();
            key.is_active && is_known
        });
        if let Some(key) = known {
            self.world.iam.change_key(&key.id, |key| Some(Key { last_used: Some(clock::now()), ..key }));
        }
    }

    /// What must hold at every moment.
    async fn check(&mut self, what: &Event) {
        let keys = self.world.iam.keys(USER);
        assert!(keys.len() <= 2, "{what:?}: {keys:?}");
        for call in self.world.iam.calls() {
            let touches = ["iam:UpdateAccessKey", "iam:DeleteAccessKey"].contains(&call.action.as_str());
            assert!(!touches || !self.foreign.contains(&call.key), "{what:?}: {call:?} is somebody else's");
        }
        self.world.iam.forget_calls();
        // Both halves are of one key, and it works.
        let published = self.world.published().await;
        assert!(published.is_some(), "{what:?}: nothing is published");
        if published != self.published {
            let id = published.clone().unwrap();
            assert!(!self.foreign.contains(&id));
            let rotated_at = self.world.read(self.id).await.state.progress.rotated_at.unwrap();
            // A key that comes back is proved anew.
            let since = rotated_at.minus(Duration::from_secs(900));
            let proofs: Vec<Timestamp> = self.world.iam.proofs(&id);
            let proofs: Vec<_> = proofs.into_iter().filter(|at| (since..=rotated_at).contains(at)).collect();
            let apart = proofs.first().zip(proofs.last()).map(|(first, last)| last.since(*first));
            assert!(apart >= Some(Duration::from_secs(10)), "{what:?}: {id} was proved at {proofs:?}");
            self.published = published;
            self.publications += 1;
        }
    }

    /// In peace everything that the rotation ever made is its own again, and the schedule is kept.
    async fn end(&mut self) {
        self.allow_all();
        self.human_deletes();
        for action in ACTIONS {
            self.world.iam.throttle(action, 0);
            self.world.iam.lose_answers(action, 0);
        }
        self.world.iam.set_slowness(Duration::from_secs(3));
        self.world.settle(self.id, 4 * DAY).await;
        self.check(&Event::Pass(4 * DAY)).await;
        let before = self.publications;
        for _ in 0..62 {
            self.world.settle(self.id, DAY).await;
            self.check(&Event::Pass(DAY)).await;
        }
        let progress = self.world.read(self.id).await.state.value.progress;
        assert!(self.publications > before, "nothing was rotated in two months: {progress:?}");
        let own: BTreeSet<String> = progress.keys.iter().map(|key| key.id.to_string()).collect();
        for key in self.world.iam.keys(USER) {
            assert!(own.contains(&key.id), "{} is nobody's: {progress:?}", key.id);
        }
        assert_eq!(self.world.secrets().await.get(ID), self.published.as_ref());
    }
}

#[test]
fn whatever_happens_a_proved_key_is_published_works_and_nobody_elses_is_touched() {
    #[expect(clippy::disallowed_methods, reason = "how long a test goes on is for its runner to say")]
    let cases = std::env::var("ROTATION_HISTORIES").ok().and_then(|count| count.parse().ok());
    let cases = cases.unwrap_or(12);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 40, ..Config::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let histories = proptest::collection::vec(events(), 1..60);
    TestRunner::new(config)
        .run(&histories, |events| {
            runtime.block_on(async {
                let mut history = History::begin().await;
                for event in &events {
                    history.meet(event).await;
                    history.check(event).await;
                }
                history.end().await;
            });
            Ok(())
        })
        .unwrap();
    matrix::tell(
        "random histories of up to 60 events",
        FAULTY,
        cases as usize,
        "the key in the secrets works",
    );
}
