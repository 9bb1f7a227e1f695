//! References: what they mean, and what is refused.

use super::world::*;
use secrecy::ExposeSecret as _;
use vault::Error;

#[tokio::test]
async fn references_lead_through_folders_environments_and_imports() {
    let world = World::new().await;
    for folder in ["/app", "/shared", "/deep/er"] {
        world.folder("dev", folder).await;
    }
    world.put("dev", "/", &[("ROOT", "root")]).await;
    world.put("dev", "/deep/er", &[("D", "[${NEAR_D}]"), ("NEAR_D", "near")]).await;
    world.put("dev", "/shared", &[("IMPORTED", "imported ${OF_SHARED}"), ("OF_SHARED", "its own")]).await;
    world.put("prod", "/", &[("P", "prod")]).await;
    world.import(("dev", "/app"), ("dev", "/shared")).await.unwrap();
    let values = [
        ("A", "${B}-${B}"),
        ("B", "b"),
        ("C", "${dev.ROOT}"),
        ("D", "${dev.deep.er.D}"),
        ("E", "${IMPORTED}"),
        ("F", "${prod.P}"),
        ("G", "${dev.app.IMPORTED}"),
        ("H", "${MISSING} ${dev.nowhere.X} ${qa.X} ${prod.MISSING}"),
        ("I", "no ${reference} at $all{} ${a b}"),
    ];
    world.put("dev", "/app", &values).await;
    let listed = world.list("dev", "/app", &EXPANDED).await;
    let expected = [
        pair("A", "b-b"),
        pair("B", "b"),
        pair("C", "root"),
        pair("D", "[near]"),
        pair("E", "imported its own"),
        pair("F", "prod"),
        pair("G", "imported its own"),
        pair("H", "${MISSING} ${dev.nowhere.X} ${qa.X} ${prod.MISSING}"),
        pair("I", "no ${reference} at $all{} ${a b}"),
    ];
    assert_eq!(listed, expected);
    let raw = world.list("dev", "/app", &OPEN).await;
    assert_eq!(raw[0], pair("A", "${B}-${B}"));
}

#[tokio::test]
async fn a_cycle_through_three_environments_is_refused_and_named() {
    let world = World::new().await;
    world.folder("staging", "/api").await;
    world.put("dev", "/", &[("A", "${staging.api.B}")]).await;
    world.put("staging", "/api", &[("B", "b ${prod.C}")]).await;
    let refused = world.write("prod", "/", vec![new("C", "${dev.A}")]).await.unwrap_err();
    let words = "The references lead back to themselves: prod:/C -> dev:/A -> staging:/api/B -> prod:/C";
    assert_eq!(refused.to_string(), words);
    assert!(world.get("prod", "/", "C").await.is_err(), "nothing was written");
    world.put("prod", "/", &[("C", "c")]).await;
    assert!(matches!(world.write("prod", "/", vec![set("C", "${dev.A}")]).await, Err(Error::Cycle { .. })));
    assert_eq!(world.list("dev", "/", &EXPANDED).await, [pair("A", "b c")]);
}

#[tokio::test]
async fn cycles_within_one_batch_and_by_renaming_are_refused() {
    let world = World::new().await;
    let both = vec![new("A", "${B}"), new("B", "${A}")];
    assert!(matches!(world.write("dev", "/", both).await, Err(Error::Cycle { .. })));
    assert!(matches!(world.write("dev", "/", vec![new("A", "${A}")]).await, Err(Error::Cycle { .. })));
    world.put("dev", "/", &[("A", "${B}"), ("X", "${A}")]).await;
    let renamed = world.write("dev", "/", vec![rename("X", "B")]).await.unwrap_err();
    assert!(matches!(renamed, Error::Cycle { .. }), "{renamed}");
    // One that goes in the same batch is no part of a cycle.
    let batch = vec![delete("A"), new("B", "${A}")];
    world.write("dev", "/", batch).await.unwrap();
}

#[tokio::test]
async fn a_cycle_that_two_writers_closed_together_stays_as_it_is_written() {
    let world = World::new().await;
    // Each of them finds nothing wrong with its own half: an import closes it.
    world.folder("dev", "/app").await;
    world.folder("dev", "/shared").await;
    world.put("dev", "/app", &[("A", "a ${B}")]).await;
    world.put("dev", "/shared", &[("B", "b ${dev.app.A}")]).await;
    world.import(("dev", "/app"), ("dev", "/shared")).await.unwrap();
    assert_eq!(world.list("dev", "/app", &EXPANDED).await, [pair("A", "a ${B}")]);
    let folder = world.folder_id("dev", "/app").await;
    let source = world.vault.source(&world.project, world.environment("dev"), folder, false).await.unwrap();
    for secret in &source.secrets {
        let unresolved = secret.value.as_ref().unwrap_err();
        assert!(unresolved.iter().any(|reason| reason.to_string().contains("leads back to itself")));
    }
    // What hangs on the cycle can be changed as long as the reference is not touched.
    let comment = vault::SecretChange { comment: Some("why".into()), ..vault::SecretChange::default() };
    let written = world.write("dev", "/app", vec![change("A", comment)]).await.unwrap();
    assert_eq!(written.secrets[0].as_ref().unwrap().comment.expose_secret(), "why");
}

#[tokio::test]
async fn imports_that_lead_back_are_refused_with_the_way() {
    let world = World::new().await;
    for folder in ["/a", "/b"] {
        world.folder("dev", folder).await;
    }
    world.import(("dev", "/a"), ("dev", "/b")).await.unwrap();
    world.import(("dev", "/b"), ("prod", "/")).await.unwrap();
    let refused = world.import(("prod", "/"), ("dev", "/a")).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "The imports lead back to themselves: prod:/ -> dev:/a -> dev:/b -> prod:/"
    );
    assert!(
        world.vault.tree(&world.project, world.environment("prod")).await.unwrap().imports().next().is_none()
    );
}
