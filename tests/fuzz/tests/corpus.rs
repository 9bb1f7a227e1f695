//! What the fuzzer kept still holds, without the fuzzer: on any compiler, in moments.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use fuzz::{TARGETS, Target};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn target(name: &str) -> Target {
    TARGETS.into_iter().find(|(known, _)| *known == name).map(|(_, target)| target).unwrap()
}

/// Tries each file of a target's folder, and the folder must not be empty.
fn holds_for_its_corpus(name: &str) {
    let target = target(name);
    let files: Vec<PathBuf> =
        fs::read_dir(corpus().join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty());
    for file in files {
        // Printed with the test's failure only, and then the last one is the one that broke the promise.
        println!("{}", file.display());
        target(&fs::read(&file).unwrap());
    }
}

macro_rules! each {
    ($($target:ident)*) => {
        $(
            #[test]
            fn $target() {
                holds_for_its_corpus(stringify!($target));
            }
        )*

        #[test]
        fn every_target_has_its_folder_and_its_binary_and_every_folder_its_test() {
            let sorted = |mut names: Vec<String>| {
                names.sort();
                names
            };
            let listed = |folder: PathBuf| {
                sorted(fs::read_dir(folder).unwrap().map(|entry| {
                    entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()
                }).collect())
            };
            let tested = sorted(vec![$(stringify!($target).to_owned()),*]);
            assert_eq!(sorted(TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect()), tested);
            assert_eq!(listed(corpus()), tested);
            let binaries = Path::new(env!("CARGO_MANIFEST_DIR")).join("libfuzzer/src/bin");
            assert_eq!(listed(binaries), tested);
        }
    };
}

each! { arn key_schema references signed_request request pem name_schema }
