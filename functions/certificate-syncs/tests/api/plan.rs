//! What a run would do: told, and not done.

use serde_json::{Value, json};

use crate::world::{ACM, ELB, World};

fn verbs(answer: &Value) -> Vec<String> {
    let steps = answer["steps"].as_array().unwrap().iter();
    steps.map(|step| step["action"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_plan_tells_what_a_run_would_do_and_does_nothing() {
    let world = World::new().await;
    for (destination, sync) in [(ACM, world.acm_sync("acm").await), (ELB, world.elb_sync("elb").await)] {
        let empty = world.ok("POST", &format!("{destination}/{sync}/plan"), None).await;
        assert_eq!((verbs(&empty), &empty["failures"]), (vec![], &json!([])), "{empty}");
        let id = world.certificate().await;
        world.attach(&sync, &[id]).await;
        world.calm(&sync).await;
        let plan = world.ok("POST", &format!("{destination}/{sync}/plan"), None).await;
        assert!(!verbs(&plan).is_empty(), "{plan}");
        for step in plan["steps"].as_array().unwrap() {
            assert_eq!(step["certificateId"], json!(id), "{plan}");
            assert!(!step["description"].as_str().unwrap().is_empty());
        }
        assert_eq!(world.run(&sync).await.due_at, None);
        assert!(world.slots(&sync).await.iter().all(|slot| slot.held == Default::default()));
    }
    assert_eq!(world.fleet.changes(), []);
}

#[tokio::test]
async fn what_cannot_be_done_is_told_by_certificate() {
    let world = World::new().await;
    let sync = world.acm_sync("web").await;
    let ids = world.certificates(2).await;
    world.attach(&sync, &ids).await;
    world.revoke(ids[1]).await;
    let plan = world.ok("POST", &format!("{ACM}/{sync}/plan"), None).await;
    let told: Vec<_> = plan["failures"].as_array().unwrap().iter().map(|one| &one["certificateId"]).collect();
    assert_eq!(told, [&json!(ids[1])], "{plan}");
}

#[tokio::test]
async fn what_aws_refuses_to_tell_is_named() {
    let world = World::new().await;
    let sync = world.acm_sync("web").await;
    let path = format!("{ACM}/{sync}/plan");
    assert_eq!(world.refused("POST", &format!("{path}?allowDeletions=x"), None).await.0, 422);
    world.fleet.deny("acm:ListCertificates");
    let (status, message) = world.refused("POST", &path, None).await;
    assert_eq!((status, message.contains("acm:ListCertificates")), (400, true), "{message}");
}
