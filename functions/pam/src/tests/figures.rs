//! How long an access takes when every call to AWS takes 20 ms, beside a straight port of what the peer does: the first role,
//! the second role and the sign-in page, one after the other, every time.

use std::time::{Duration, Instant};

use ::access::{Access, ConsoleChain, Stay};
use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::HttpConnectorFuture;
use model::pam::{Destination, SessionDuration, SessionName};
use model::partition::Partition;
use testkit::cloud::READONLY;

use super::sign_in::Mood;
use super::world::{ADA, World, access, path};

/// What each call to AWS takes.
const CALL: Duration = Duration::from_millis(20);
const ROUNDS: usize = 7;

fn slow(config: &SdkConfig) -> SdkConfig {
    testkit::between(config, |onward, request| {
        let answer = onward.call(request);
        HttpConnectorFuture::new(async move {
            // What is measured is time: the stand-in takes some.
            tokio::time::sleep(CALL).await;
            answer.await
        })
    })
}

async fn peer(world: &World) {
    let access = Access::new(&world.config, "us-east-1".parse().unwrap());
    let resources = world.store.pam_resources(world.ctx.organization, Some(world.project)).await.unwrap();
    let chain = ConsoleChain::of(&resources[0], READONLY.parse().unwrap());
    let name = SessionName::of_person(ADA).unwrap();
    let stay = Stay::of_person(&name, SessionDuration::SHORTEST);
    let credentials = access.enter(&chain, stay, testkit::now()).await.unwrap().issue().unwrap();
    let destination = Destination::home(Partition::Aws, None).unwrap();
    let page = world.ctx.federation.fetch_login_url(
        chain.target_role(),
        None,
        &credentials,
        "https://x/",
        &destination,
    );
    page.await.unwrap();
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[tokio::test]
async fn an_access_makes_three_calls_cold_and_two_warm_one_after_the_other() {
    let mut world = World::furnished().await;
    world.sign_in.be(Mood::Slow(CALL));
    world.config = slow(&world.config);
    let calls = |world: &World| world.cloud.calls("AssumeRole").len() + world.sign_in.requests().len();
    let (mut cold, mut warm, mut peers) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let started_cold = world.cold();
        for (times, expected) in [(&mut cold, 3), (&mut warm, 2)] {
            let world = &started_cold;
            let (before, started) = (calls(world), Instant::now());
            world.ok(access(ADA, &path("production/readonly"))).await;
            times.push(started.elapsed());
            assert_eq!(calls(world) - before, expected);
        }
        let (before, started) = (calls(&world), Instant::now());
        peer(&world).await;
        peers.push(started.elapsed());
        assert_eq!(calls(&world) - before, 3);
    }
    println!(
        "an access, median of {ROUNDS}, {CALL:?} for each call to AWS: cold {:?} (3 calls), warm {:?} (2 calls), with every \
         read and write of the table; a straight port of the peer {:?} (3 calls), without any",
        median(cold),
        median(warm),
        median(peers)
    );
}
