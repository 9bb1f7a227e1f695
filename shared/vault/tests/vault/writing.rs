//! Writing: what a batch does, and what it leaves alone.

use super::world::*;
use model::id::TagId;
use model::secret::{LONGEST_VALUE, SecretKind};
use secrecy::ExposeSecret as _;
use vault::{Absent, Error, NewMetadata, NewSecret, SecretChange, Write};

fn entry(key: &str, value: &str, is_encrypted: bool) -> NewMetadata {
    NewMetadata { key: key.into(), value: value.into(), is_encrypted }
}

#[tokio::test]
async fn everything_that_is_written_reads_back() {
    let world = World::new().await;
    let tags = vec![TagId::random(), TagId::random()];
    let full = NewSecret {
        comment: "why".into(),
        metadata: vec![
            entry("team", "payments", false),
            entry("pin", "1234", true),
            entry("team", "b", true),
        ],
        tags: tags.clone(),
        reminder_note: Some("rotate".into()),
        reminder_repeat_days: Some(30),
        skip_multiline_encoding: true,
        ..NewSecret::new(name("K"), "line one\nline two\n".into())
    };
    world.write("dev", "/", vec![Write::Create(full)]).await.unwrap();
    let read = world.get("dev", "/", "K").await.unwrap();
    assert_eq!((value(&read), read.comment.expose_secret()), ("line one\nline two\n", "why"));
    let metadata: Vec<_> = read
        .metadata
        .iter()
        .map(|one| (one.key.as_str(), one.value.as_ref().unwrap().expose_secret(), one.is_encrypted))
        .collect();
    assert_eq!(metadata, [("team", "payments", false), ("pin", "1234", true), ("team", "b", true)]);
    let stored = &read.stored;
    assert_eq!((stored.tags.clone(), stored.reminder_repeat_days, stored.version), (tags, Some(30), 1));
    assert_eq!((stored.actor.name.as_str(), stored.skip_multiline_encoding), ("ci", true));
    let table = format!("{:?}", stored.value);
    for secret in ["line one", "why", "1234"] {
        assert!(!table.contains(secret), "sealed in the table");
    }
}

#[tokio::test]
async fn an_update_changes_what_it_names_keeps_the_id_and_counts_the_version() {
    let world = World::new().await;
    let tag = TagId::random();
    let first = NewSecret { comment: "c".into(), tags: vec![tag], ..NewSecret::new(name("K"), "1".into()) };
    let made = world.write("dev", "/", vec![Write::Create(first)]).await.unwrap();
    let id = made.secrets[0].as_ref().unwrap().stored.id;
    let updated = world.write("dev", "/", vec![set("K", "2")]).await.unwrap();
    let read = world.get("dev", "/", "K").await.unwrap();
    assert_eq!((value(&read), read.comment.expose_secret(), read.stored.version), ("2", "c", 2));
    assert_eq!((read.stored.id, read.stored.tags.clone()), (id, vec![tag]));
    assert_eq!(updated.secrets[0].as_ref().unwrap().stored, read.stored, "the answer is what is stored");
    let clear = SecretChange {
        comment: Some("".into()),
        tags: Some(Vec::new()),
        value: Some("".into()),
        ..SecretChange::default()
    };
    world.write("dev", "/", vec![change("K", clear)]).await.unwrap();
    let read = world.get("dev", "/", "K").await.unwrap();
    assert_eq!((value(&read), read.comment.expose_secret(), read.stored.tags.len()), ("", "", 0));
}

#[tokio::test]
async fn where_nothing_is_different_nothing_is_written_and_nobody_is_woken() {
    let world = World::new().await;
    world.put("dev", "/", &[("K", "1")]).await;
    let sync = world.sync(&[("dev", "/")]).await;
    let same = SecretChange {
        new_name: Some(name("K")),
        value: Some("1".into()),
        comment: Some("".into()),
        metadata: Some(Vec::new()),
        tags: Some(Vec::new()),
        reminder_repeat_days: Some(None),
        ..SecretChange::default()
    };
    let lines = world.trail.actions().await.unwrap().len();
    let written = world.write("dev", "/", vec![change("K", same)]).await.unwrap();
    assert_eq!(written.secrets[0].as_ref().unwrap().stored.version, 1);
    assert!(written.syncs.is_empty() && !world.was_woken(sync).await);
    assert_eq!(world.trail.actions().await.unwrap().len(), lines);
}

#[tokio::test]
async fn a_batch_is_refused_as_a_whole_and_says_why() {
    let world = World::new().await;
    world.put("dev", "/", &[("A", "1")]).await;
    let long = "x".repeat(LONGEST_VALUE + 1);
    let cases: Vec<(Vec<Write>, &str)> = vec![
        (vec![new("B", "1"), new("A", "2")], "Secret with name 'A' already exists"),
        (vec![new("B", "1"), set("NONE", "2")], "Secret with name 'NONE' was not found in path '/'"),
        (vec![new("B", "1"), delete("NONE")], "Secret with name 'NONE' was not found in path '/'"),
        (vec![new("B", "1"), new("B", "2")], "The request names secret 'B' more than once"),
        (vec![new("B", "1"), rename("A", "B")], "The request names secret 'B' more than once"),
        (vec![new("B", &long)], "The value of secret 'B' is too long: at most 131072 bytes"),
        (vec![new("B", "1"), set("A", &long)], "The value of secret 'A' is too long: at most 131072 bytes"),
    ];
    for (writes, words) in cases {
        assert_eq!(world.write("dev", "/", writes).await.unwrap_err().to_string(), words);
        assert_eq!(world.list("dev", "/", &OPEN).await, [pair("A", "1")]);
    }
    let longest = "x".repeat(LONGEST_VALUE);
    world.put("dev", "/", &[("B", &longest)]).await;
    assert_eq!(value(&world.get("dev", "/", "B").await.unwrap()), longest);
    world.put("dev", "/", &[("C", "1")]).await;
    let onto = world.write("dev", "/", vec![rename("C", "B")]).await.unwrap_err();
    assert_eq!(onto.to_string(), "Secret with name 'B' already exists");
}

#[tokio::test]
async fn absent_secrets_of_an_update_are_left_out_or_made_as_asked() {
    let world = World::new().await;
    world.put("dev", "/", &[("A", "1")]).await;
    let update = |key: &str, absent| Write::Update {
        name: name(key),
        change: SecretChange { value: Some("2".into()), ..SecretChange::default() },
        absent,
    };
    let writes = vec![update("X", Absent::Ignore), update("A", Absent::Ignore), update("Y", Absent::Create)];
    let written = world.write("dev", "/", writes).await.unwrap();
    let versions: Vec<_> =
        written.secrets.iter().map(|one| one.as_ref().map(|one| one.stored.version)).collect();
    assert_eq!(versions, [None, Some(2), Some(1)]);
    assert_eq!(world.list("dev", "/", &OPEN).await, [pair("A", "2"), pair("Y", "2")]);
}

#[tokio::test]
async fn a_batch_larger_than_a_transaction_is_written_whole() {
    let world = World::new().await;
    world.sync(&[("dev", "/")]).await;
    let names: Vec<String> = (0..250).map(|number| format!("K{number:03}")).collect();
    let all = |writes: &dyn Fn(&str) -> Write| names.iter().map(|name| writes(name)).collect::<Vec<_>>();
    world.write("dev", "/", all(&|name| new(name, name))).await.unwrap();
    let listed = world.list("dev", "/", &OPEN).await;
    assert_eq!(listed, names.iter().map(|name| pair(name, name)).collect::<Vec<_>>());
    let written = world.write("dev", "/", all(&|name| set(name, "2"))).await.unwrap();
    let order: Vec<_> =
        written.secrets.iter().map(|one| one.as_ref().unwrap().stored.name.to_string()).collect();
    assert_eq!((order, written.syncs.len()), (names.clone(), 1));
    world.write("dev", "/", all(&|name| delete(name))).await.unwrap();
    assert!(world.list("dev", "/", &OPEN).await.is_empty());
}

#[tokio::test]
async fn large_values_are_spread_over_transactions_by_their_size() {
    let world = World::new().await;
    let large = "x".repeat(LONGEST_VALUE);
    let names: Vec<String> = (0..40).map(|number| format!("K{number:02}")).collect();
    let writes = names.iter().map(|name| new(name, &large)).collect();
    world.write("dev", "/", writes).await.unwrap();
    let writes = names.iter().map(|name| set(name, &large[1..])).collect();
    world.write("dev", "/", writes).await.unwrap();
    let listed = world.list("dev", "/", &OPEN).await;
    assert!(listed.len() == 40 && listed.iter().all(|(_, value)| value.len() == LONGEST_VALUE - 1));
}

#[tokio::test]
async fn a_batch_is_one_line_in_the_audit_trail_for_each_transaction() {
    let world = World::new().await;
    world.write("dev", "/", vec![new("A", "1")]).await.unwrap();
    world.write("dev", "/", vec![new("B", "1"), set("A", "2")]).await.unwrap();
    world.write("dev", "/", vec![delete("A"), delete("B")]).await.unwrap();
    let mut actions = world.trail.actions().await.unwrap();
    actions.retain(|action| action.starts_with("secret."));
    actions.sort();
    assert_eq!(actions, ["secret.create A", "secret.delete /", "secret.write /"]);
}

#[tokio::test]
async fn ten_earlier_versions_are_kept_and_any_of_them_comes_back() {
    let world = World::new().await;
    let made = world.write("dev", "/", vec![new("K", "v1")]).await.unwrap();
    let id = made.secrets[0].as_ref().unwrap().stored.id;
    for version in 2..=14 {
        let next = SecretChange {
            value: Some(format!("v{version}").into()),
            comment: Some(format!("c{version}").into()),
            ..SecretChange::default()
        };
        world.write("dev", "/", vec![change("K", next)]).await.unwrap();
    }
    let secret = world.store.secret_by_id(id).await.unwrap().unwrap();
    let versions = world.vault.versions(&world.project, &secret, true).await.unwrap();
    let shown: Vec<_> = versions.iter().map(|one| (one.stored.version, value(one).to_owned())).collect();
    let expected: Vec<_> = (4..=14).rev().map(|version| (version, format!("v{version}"))).collect();
    assert_eq!(shown, expected);
    let back = world.vault.rollback(&world.project, &author(), &secret, 5).await.unwrap();
    let back = back.secrets[0].as_ref().unwrap();
    assert_eq!((value(back), back.comment.expose_secret(), back.stored.version), ("v5", "c5", 15));
    assert_eq!(back.stored.id, id);
    let gone = world.vault.rollback(&world.project, &author(), &back.stored, 3).await.unwrap_err();
    assert_eq!(gone.to_string(), "Version 3 of secret 'K' was not found");
    world.write("dev", "/", vec![rename("K", "L")]).await.unwrap();
    let renamed = world.store.secret_by_id(id).await.unwrap().unwrap();
    let oldest = world.vault.versions(&world.project, &renamed, true).await.unwrap().pop().unwrap();
    assert_eq!((value(&oldest), oldest.stored.name.as_str()), ("v6", "K"));
    world.write("dev", "/", vec![delete("L")]).await.unwrap();
    let left = world.store.secret_versions(world.environment("dev"), id).await.unwrap();
    assert!(left.is_empty(), "versions go with their secret");
}

#[tokio::test]
async fn a_version_is_read_by_its_number() {
    let world = World::new().await;
    world.put("dev", "/", &[("K", "v1")]).await;
    world.write("dev", "/", vec![set("K", "v2")]).await.unwrap();
    let place = path("/");
    let read = async |version| {
        let lookup = vault::Lookup {
            kind: SecretKind::Shared,
            version: Some(version),
            values: true,
            expand: true,
            imports: false,
        };
        let found = world.vault.get(&world.place("dev", &place), &name("K"), &lookup).await?;
        Ok::<_, Error>((value(&found.secret).to_owned(), found.secret.stored.version))
    };
    assert_eq!(read(1).await.unwrap(), ("v1".to_owned(), 1));
    assert_eq!(read(2).await.unwrap(), ("v2".to_owned(), 2));
    assert!(matches!(read(3).await, Err(Error::NoVersion { version: 3, .. })));
}
