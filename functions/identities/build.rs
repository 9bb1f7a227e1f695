//! The document of the API without the white space that people read it by, which is more than half of it.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

const DOCUMENT: &str = "openapi.json";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={DOCUMENT}");
    let document: serde_json::Value = serde_json::from_str(&fs::read_to_string(DOCUMENT)?)?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join(DOCUMENT), document.to_string())?;
    Ok(())
}
