//! The page's own scripts, in Node: whatever is changed of a recording, the chunk is named and nothing of it is played.

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tests::clients;

#[test]
fn whatever_was_changed_is_named_by_its_chunk_and_nothing_of_it_is_played() -> Result<()> {
    let told = clients::page()?;
    let sound = json!({
        "played": ["chunk 0", "chunk 1", "chunk 2", "chunk 3", "chunk 4"], "troubles": [], "remarks": [],
    });
    ensure!(told["untouched"] == sound, "{}", told["untouched"]);
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
        ensure!(told["played"] == json!(all), "{change}: {}", told["played"]);
        let found = told["troubles"].as_array().context("no troubles")?;
        ensure!(found.len() == troubles.len(), "{change}: {found:?}");
        for (found, expected) in found.iter().zip(troubles) {
            ensure!(found.as_str().is_some_and(|found| found.starts_with(expected)), "{change}: {found}");
        }
    }
    Ok(())
}

#[test]
fn a_list_or_a_manifest_that_was_changed_is_said() -> Result<()> {
    let told = clients::page()?;
    for (change, words) in [
        ("swapped in the list too", "hash chain of this recording is broken"),
        ("left out of the list", "hash chain of this recording is broken"),
        ("another length in the list", "hash chain of this recording is broken"),
        ("forged manifest", "the manifest is forged"),
    ] {
        let remarks = told[change]["remarks"].to_string();
        ensure!(remarks.contains(words), "{change}: {remarks}");
    }
    Ok(())
}
