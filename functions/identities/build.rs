//! The document of the API as it is linked: compressed, without the white space that people read it by.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use miniz_oxide::deflate::compress_to_vec_zlib;

const DOCUMENT: &str = "openapi.json";
/// As small as it gets.
const LEVEL: u8 = 10;

#[expect(clippy::disallowed_methods, reason = "cargo says there where a build script writes")]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={DOCUMENT}");
    let document: serde_json::Value = serde_json::from_str(&fs::read_to_string(DOCUMENT)?)?;
    let compressed = compress_to_vec_zlib(document.to_string().as_bytes(), LEVEL);
    fs::write(Path::new(&env::var("OUT_DIR")?).join("openapi.zlib"), compressed)?;
    Ok(())
}
