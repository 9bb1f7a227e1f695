//! Several pages: they join, and nobody begins one elsewhere.

use serde_json::Value;

use crate::world::World;

#[tokio::test]
async fn pages_join_by_the_chain_and_the_first_and_the_last_sum_up() {
    let world = World::new().await;
    let recording = world.recorded(250, &[17]).await;
    let (mut query, mut pages, mut shown) = ("?limit=100".to_owned(), Vec::<Value>::new(), 0);
    loop {
        let (status, page) = world.play(&recording, &query).await;
        assert_eq!(status, 200, "{page}");
        shown += page["chunks"].as_array().unwrap().len();
        if let Some(before) = pages.last() {
            assert_eq!(before["chain"]["after"], page["chain"]["before"]);
        }
        let next = page["nextCursor"].as_str().map(str::to_owned);
        pages.push(page);
        let Some(next) = next else { break };
        query = format!("?limit=100&cursor={next}");
    }
    assert_eq!((pages.len(), shown), (3, 249));
    assert_eq!(pages[0]["manifest"], pages[2]["manifest"]);
    assert_eq!(pages[1]["manifest"], Value::Null);
    assert_eq!(pages[2]["chain"]["after"], pages[2]["manifest"]["chainHead"]);
    assert_eq!(pages[0]["manifest"]["chunkCount"], 249);
    assert_eq!(pages[0]["manifest"]["missing"], serde_json::json!([17]));

    assert_eq!((world.unwrapped(), world.watched().await), (3, 3), "each unwrap is written down");
    let looks = world.calls.all().iter().filter(|call| call.uri.contains(".s3.")).count();
    assert_eq!(looks, 1, "S3 is asked on the first page alone");
}

#[tokio::test]
async fn a_cursor_of_another_recording_or_a_changed_one_begins_nothing() {
    let world = World::new().await;
    let (one, other) = (world.recorded(3, &[]).await, world.recorded(3, &[]).await);
    let (_, page) = world.play(&one, "?limit=1").await;
    let cursor = page["nextCursor"].as_str().unwrap();
    assert_eq!(world.play(&one, &format!("?cursor={cursor}")).await.0, 200);
    for (recording, cursor) in
        [(&other, cursor.to_owned()), (&one, cursor.replacen('1', "2", 1)), (&one, "x".into())]
    {
        let (status, answer) = world.play(recording, &format!("?cursor={cursor}")).await;
        assert_eq!(status, 400, "{answer}");
        assert!(answer["message"].as_str().unwrap().contains("cursor"), "{answer}");
    }
    assert_eq!((world.unwrapped(), world.watched().await), (5, 5), "a refusal, too, unwrapped a key");
    for query in ["?limit=0", "?limit=1001", "?limit=x"] {
        assert_eq!(world.play(&one, query).await.0, 422, "{query}");
    }
}
