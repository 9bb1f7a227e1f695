//! The page's own scripts, in Node: whatever is changed of a recording, the chunk is named and nothing of it is played.

use std::process::Command;

use serde_json::{Value, json};

/// What the page makes of a recording of five chunks after each change.
fn loaded() -> Value {
    let home = env!("CARGO_MANIFEST_DIR");
    let mut node = Command::new("node");
    let ran = node.arg(format!("{home}/tests/watching/recording.mjs")).arg(format!("{home}/page"));
    let ran = ran.output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    serde_json::from_slice(&ran.stdout).unwrap()
}

#[test]
fn whatever_was_changed_is_named_by_its_chunk_and_nothing_of_it_is_played() {
    let told = loaded();
    let sound = json!({
        "played": ["chunk 0", "chunk 1", "chunk 2", "chunk 3", "chunk 4"], "troubles": [], "remarks": [],
    });
    assert_eq!(told["untouched"], sound);
    for (change, played, troubles) in [
        ("altered", [0, 2, 3, 4].as_slice(), ["chunk 1 was altered after it was recorded"].as_slice()),
        ("truncated", &[0, 1, 3, 4], &["chunk 2 was truncated or altered: it has 34 bytes instead of 35"]),
        ("gone", &[0, 1, 2, 4], &["chunk 3 is missing: its object is no longer in the bucket"]),
        (
            "swapped",
            &[1, 2, 3],
            &[
                "chunk 0 was swapped: its object holds chunk 4",
                "chunk 4 was swapped: its object holds chunk 0",
            ],
        ),
        (
            "swapped in the list too",
            &[1, 2, 3],
            &[
                "chunk 0 does not open with this recording's key in this place: it was swapped",
                "chunk 4 does not open with this recording's key in this place: it was swapped",
            ],
        ),
        ("never came", &[0, 1, 2, 3, 4], &["chunk 5 is missing: it was announced and never arrived"]),
        ("another length in the list", &[0, 2, 3, 4], &["chunk 1 was truncated or altered"]),
    ] {
        let told = &told[change];
        let all: Vec<String> = played.iter().map(|index| format!("chunk {index}")).collect();
        assert_eq!(told["played"], json!(all), "{change}");
        let found = told["troubles"].as_array().unwrap();
        assert_eq!(found.len(), troubles.len(), "{change}: {found:?}");
        for (found, expected) in found.iter().zip(troubles) {
            assert!(found.as_str().unwrap().starts_with(expected), "{change}: {found}");
        }
    }
}

#[test]
fn a_list_or_a_manifest_that_was_changed_is_said() {
    let told = loaded();
    for (change, words) in [
        ("swapped in the list too", "hash chain of this recording is broken"),
        ("left out of the list", "hash chain of this recording is broken"),
        ("another length in the list", "hash chain of this recording is broken"),
        ("forged manifest", "the manifest is forged"),
    ] {
        let remarks = told[change]["remarks"].to_string();
        assert!(remarks.contains(words), "{change}: {remarks}");
    }
}
